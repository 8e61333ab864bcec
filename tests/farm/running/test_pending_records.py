"""The records of a run: written together, shown once durable, kept when writing fails."""

from __future__ import annotations

import io
import signal
from collections.abc import Sequence
from typing import Any

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.running.pending_records import FLUSH_SECONDS, PendingRecords
from farm.running.plain import PlainProgress
from farm.store.records import BoardEvent, BoardEventKind, RunBoard
from tests.farm.running.driver_helpers import vector

ATTEMPT = Attempt(1, "fake:n300:0", Outcome("v", Verdict.FAIL_WATCHER, message="tripped"))
CONCLUSION = Conclusion("v", Verdict.FAIL_WATCHER, message="tripped")


class Recorder:
    """Keeps what is recorded; fails as long as it is full."""

    def __init__(self) -> None:
        self.full = False
        self.attempts: list[Attempt] = []
        self.conclusions: list[Conclusion] = []
        self.events: list[BoardEvent] = []

    def board(self, run_id: str, board: RunBoard) -> None:
        raise NotImplementedError

    def record(
        self,
        run_id: str,  # noqa: ARG002 - see `Recorder`
        attempts: Sequence[Attempt],
        conclusions: Sequence[Conclusion],
        events: Sequence[BoardEvent],
    ) -> None:
        if self.full:
            raise StoreError("the disk is full")
        self.events += events
        self.attempts += attempts
        self.conclusions += conclusions


def records_of(recorder: Recorder) -> tuple[PendingRecords, io.StringIO]:
    """Records of one attempt and one verdict, and its display."""
    stream = io.StringIO()
    records = PendingRecords("run", recorder, PlainProgress(stream))
    records.vectors["v"] = vector("v")
    records.attempt(ATTEMPT)
    records.conclusion(CONCLUSION)
    return records, stream


def test_records_are_shown_once_they_are_written() -> None:
    recorder = Recorder()
    records, stream = records_of(recorder)
    assert stream.getvalue() == ""
    records.flush()
    records.flush()
    assert (recorder.attempts, recorder.conclusions) == ([ATTEMPT], [CONCLUSION])
    assert stream.getvalue() == "farm: fail_watcher ttnn.add on fake:n300:0: tripped\n"
    assert records.vectors == {}


def test_records_that_could_not_be_written_are_kept() -> None:
    recorder = Recorder()
    records, stream = records_of(recorder)
    recorder.full = True
    with pytest.raises(StoreError):
        records.flush()
    assert stream.getvalue() == ""
    recorder.full = False
    records.flush()
    assert (recorder.attempts, recorder.conclusions) == ([ATTEMPT], [CONCLUSION])


def test_attempts_are_kept_by_vector_until_its_verdict() -> None:
    records, _ = records_of(Recorder())
    records.resume("w", {1: ATTEMPT})
    assert records.take_attempts("v") == {1: ATTEMPT}
    assert records.take_attempts("v") == {}
    assert records.take_attempts("w") == {1: ATTEMPT}


def test_a_flush_is_due_after_a_while() -> None:
    now = [100.0]
    records = PendingRecords("run", Recorder(), PlainProgress(io.StringIO()), lambda: now[0])
    assert not records.is_due
    now[0] += 2 * FLUSH_SECONDS
    assert records.is_due
    records.flush()
    assert not records.is_due


class InterruptedRecorder(Recorder):
    """Gets Ctrl-C when everything is written, before it returns."""

    def record(self, *records: Any) -> None:
        super().record(*records)
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_during_a_commit_repeats_nothing() -> None:
    recorder = InterruptedRecorder()
    records, _ = records_of(recorder)
    records.event(BoardEvent("fake:n300:0", BoardEventKind.FAULT, "hot"))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            records.flush()
    assert (len(recorder.events), len(recorder.attempts), len(recorder.conclusions)) == (1, 1, 1)
    assert not records.vectors
