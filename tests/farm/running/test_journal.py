"""The journal of a run: written together, shown once durable, kept when writing fails."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.running.journal import FLUSH_SECONDS, Journal
from farm.running.plain import PlainProgress
from farm.store.records import BoardEvent, RunBoard
from tests.farm.running.driver_helpers import vector

ATTEMPT = Attempt(1, "fake:n300:0", Outcome("v", Verdict.FAIL_WATCHER, message="tripped"))
CONCLUSION = Conclusion("v", Verdict.FAIL_WATCHER, message="tripped")


class Recorder:
    """Keeps what is recorded; fails as long as it is full."""

    def __init__(self) -> None:
        self.full = False
        self.attempts: list[Attempt] = []
        self.conclusions: list[Conclusion] = []

    def board(self, run_id: str, board: RunBoard) -> None:
        raise NotImplementedError

    def record(
        self,
        run_id: str,  # noqa: ARG002 - see `Recorder`
        attempts: Sequence[Attempt],
        conclusions: Sequence[Conclusion],
        events: Sequence[BoardEvent],  # noqa: ARG002 - see `Recorder`
    ) -> None:
        if self.full:
            raise StoreError("the disk is full")
        self.attempts += attempts
        self.conclusions += conclusions


def journal_of(recorder: Recorder) -> tuple[Journal, io.StringIO]:
    """A journal that holds one attempt and one verdict, and its display."""
    stream = io.StringIO()
    journal = Journal("run", recorder, PlainProgress(stream))
    journal.vectors["v"] = vector("v")
    journal.attempt(ATTEMPT)
    journal.conclusion(CONCLUSION)
    return journal, stream


def test_records_are_shown_once_they_are_written() -> None:
    recorder = Recorder()
    journal, stream = journal_of(recorder)
    assert stream.getvalue() == ""
    journal.flush()
    journal.flush()
    assert (recorder.attempts, recorder.conclusions) == ([ATTEMPT], [CONCLUSION])
    assert stream.getvalue() == "farm: fail_watcher ttnn.add on fake:n300:0: tripped\n"
    assert journal.vectors == {}


def test_records_that_could_not_be_written_are_kept() -> None:
    recorder = Recorder()
    journal, stream = journal_of(recorder)
    recorder.full = True
    with pytest.raises(StoreError):
        journal.flush()
    assert stream.getvalue() == ""
    recorder.full = False
    journal.flush()
    assert (recorder.attempts, recorder.conclusions) == ([ATTEMPT], [CONCLUSION])


def test_attempts_are_kept_by_vector_until_its_verdict() -> None:
    journal, _ = journal_of(Recorder())
    journal.resume("w", {1: ATTEMPT})
    assert journal.take_attempts("v") == {1: ATTEMPT}
    assert journal.take_attempts("v") == {}
    assert journal.take_attempts("w") == {1: ATTEMPT}


def test_a_flush_is_due_after_a_while() -> None:
    now = [100.0]
    journal = Journal("run", Recorder(), PlainProgress(io.StringIO()), lambda: now[0])
    assert not journal.is_due
    now[0] += 2 * FLUSH_SECONDS
    assert journal.is_due
    journal.flush()
    assert not journal.is_due
