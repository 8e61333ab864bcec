"""A store that is away: results wait on the disk, each is recorded once, and a long absence stops the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import LeaseLost, StoreAway, StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.running import patient_recorder
from farm.running.patient_recorder import PatientRecorder
from farm.running.record_spool import RecordSpool, abandoned_spools
from farm.running.run_lease import own_holder, take
from farm.running.spool_owner import SpoolOwner
from farm.store import Ended, RunBoard, RunInfo, Store
from farm.store.records import Batch, BoardEvent, BoardEventKind, RunEnd
from tests.farm.store_helpers import MOCK, Planned, attempt

END = RunEnd(Ended.COMPLETED, 2e9)
NAMES = [f"v{number}" for number in range(6)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def run_id(store: Store) -> str:
    run_id = store.start_run(RunInfo("test"))
    store.take_lease(run_id, own_holder(), None)
    store.plan(run_id, [Planned(name) for name in NAMES])
    return run_id


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_recorder, "RETRY_SECONDS", 0.01)


class AwayStore:
    """A store that may be away: it says so, doesn't answer, or loses the answer to a commit."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refuses = False
        self.loses_answer = False
        self.answers = threading.Event()
        self.answers.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def record(self, *records: Any, batch: int) -> None:
        self.answers.wait()
        if self.refuses:
            raise StoreAway("results store X is restarting")
        self.store.record(*records, batch=batch)
        if self.loses_answer:
            self.loses_answer = False
            raise StoreAway("results store X closed the connection")


def put(recorder: PatientRecorder, run_id: str, name: str) -> None:
    event = BoardEvent(MOCK.id, BoardEventKind.FAULT, name, at=1.0)
    recorder.record(run_id, [attempt(name)], [Conclusion(name, Verdict.VALIDATED)], [event])


def assert_recorded_once(store: Store, run_id: str, names: Sequence[str]) -> None:
    view = store.view(run_id)
    assert [each.vector_id for each in view.vectors if each.concluded] == list(names)
    assert [each.vector_id for each in view.vectors for _ in each.history] == list(names)
    assert [event.message for board in view.run.boards for event in board.events] == list(names)


def make(store: AwayStore, run_id: str, folder: Path, notes: list[str], **options: Any) -> PatientRecorder:
    recorder = PatientRecorder(
        SpoolOwner.of(cast(Store, store), run_id), cast(Store, store), folder, notes.append, **options
    )
    recorder.board(run_id, RunBoard(MOCK))
    return recorder


def test_a_store_that_answers_has_each_result_when_record_returns(store: Store, run_id: str, tmp_path: Path) -> None:
    notes: list[str] = []
    recorder = make(AwayStore(store), run_id, tmp_path, notes, patience=60.0)
    put(recorder, run_id, "v0")
    assert_recorded_once(store, run_id, ["v0"])
    recorder.finish(END)
    assert store.view(run_id).run.ended is Ended.COMPLETED
    assert not notes


def refuse(away: AwayStore) -> Callable[[], None]:
    away.refuses = True
    return lambda: setattr(away, "refuses", False)


def pause(away: AwayStore) -> Callable[[], None]:
    away.answers.clear()
    return away.answers.set


@pytest.mark.parametrize("leave", [refuse, pause])
def test_results_wait_on_the_disk_and_are_recorded_once(
    leave: Callable[[AwayStore], Callable[[], None]], store: Store, run_id: str, tmp_path: Path
) -> None:
    away, notes = AwayStore(store), list[str]()
    recorder = make(away, run_id, tmp_path, notes, patience=60.0 if leave is refuse else 0.0)
    put(recorder, run_id, "v0")
    come_back = leave(away)
    for name in NAMES[1:]:
        put(recorder, run_id, name)
    [spool] = abandoned_spools(run_id, tmp_path)
    assert len(spool.read().batches) >= len(NAMES) - 1
    come_back()
    recorder.finish(END)
    assert_recorded_once(store, run_id, NAMES)
    assert not spool.path.exists()
    assert "wait in" in notes[0]
    assert "is back" in notes[-1]


def test_a_commit_whose_answer_was_lost_is_not_repeated(store: Store, run_id: str, tmp_path: Path) -> None:
    away = AwayStore(store)
    recorder = make(away, run_id, tmp_path, [], patience=60.0)
    away.loses_answer = True
    put(recorder, run_id, "v0")
    put(recorder, run_id, "v1")
    recorder.finish(END)
    assert_recorded_once(store, run_id, ["v0", "v1"])


def test_a_long_absence_stops_the_run_and_the_next_driver_records_what_waits(
    store: Store, run_id: str, tmp_path: Path
) -> None:
    away, notes, now = AwayStore(store), list[str](), [0.0]
    recorder = make(away, run_id, tmp_path, notes, patience=60.0, clock=lambda: now[0])
    away.loses_answer = True  # the first batch that waits is recorded already
    put(recorder, run_id, "v0")
    away.refuses = True
    put(recorder, run_id, "v1")
    assert not recorder.is_overdue
    now[0] = patient_recorder.AWAY_SECONDS
    assert recorder.is_overdue
    resume = f"farm sweep --resume {run_id} --store {store.place}"
    with pytest.raises(StoreAway, match=rf"wait in {tmp_path}.*`{resume}` on this host") as error:
        recorder.finish(END)
    assert error.value.exit_code == 3
    with Store.open(store.place) as other:
        spools = list(abandoned_spools(run_id, tmp_path))
        store.release_lease(run_id)
        take(other, run_id, own_holder(), notes.append, spools=spools)
        assert_recorded_once(other, run_id, ["v0", "v1"])
        assert other.view(run_id).run.ended is Ended.COMPLETED
    assert not list(abandoned_spools(run_id, tmp_path))
    assert "are recorded" in notes[-1]


def test_what_waited_under_an_older_fence_is_not_recorded(store: Store, run_id: str, tmp_path: Path) -> None:
    spool = RecordSpool(SpoolOwner.of(store, run_id), tmp_path)
    spool.add(Batch(1, attempts=[attempt("v0", Verdict.FAIL_CRASH_HANG)]))
    spool.close()
    store.take_lease(run_id, own_holder(), store.lease(run_id))
    store.record(run_id, [attempt("v0")])
    store.release_lease(run_id)
    notes: list[str] = []
    take(store, run_id, own_holder(), notes.append, spools=list(abandoned_spools(run_id, tmp_path)))
    [history] = [each.history for each in store.view(run_id).vectors if each.vector_id == "v0"]
    assert [each.verdict for each in history] == [Verdict.VALIDATED]
    assert "another driver" in notes[0]


def test_a_lost_lease_is_said_each_time(store: Store, run_id: str, tmp_path: Path) -> None:
    recorder = make(AwayStore(store), run_id, tmp_path, [], patience=60.0)
    with Store.open(store.place) as other:
        other.take_lease(run_id, own_holder(), other.lease(run_id))
        for name in ("v0", "v1"):
            with pytest.raises(LeaseLost):
                put(recorder, run_id, name)


def test_a_row_that_is_refused_is_said_once_and_costs_no_other(store: Store, run_id: str, tmp_path: Path) -> None:
    recorder = make(AwayStore(store), run_id, tmp_path, [], patience=60.0)
    with pytest.raises(StoreError, match="unplanned"):
        recorder.record(run_id, [attempt("unplanned"), attempt("v0")], [Conclusion("v0", Verdict.VALIDATED)])
    recorder.finish(END)
    [view] = [each for each in store.view(run_id).vectors if each.concluded]
    assert (view.vector_id, len(view.history)) == ("v0", 1)


def test_a_spool_is_read_back_as_it_was(tmp_path: Path) -> None:
    outcome = Outcome("v", Verdict.PASS, message="\x00\ud800", metrics={"pcc": 0.5}, traceback="t", estimate=1.5)
    batches = [
        Batch(1, [RunBoard(MOCK, "h", "0.81", {"pid": 1})], [Attempt(2, MOCK.id, outcome)]),
        Batch(2, conclusions=[Conclusion("v", Verdict.PASS, message="m")], end=END),
    ]
    spool = RecordSpool(SpoolOwner("run", 7, 1.5, "a store"), tmp_path)
    for batch in batches:
        spool.add(batch)
    spool.close()
    with spool.path.open("ab") as file:
        file.write(b'{"number": 3, "bo')  # the host lost power
    [read] = abandoned_spools("run", tmp_path)
    assert read.fence == 7
    first, second = read.read().batches
    assert (next(iter(first.boards)).ttnn_version, list(first.attempts)) == ("0.81", list(batches[0].attempts))
    assert (list(second.conclusions), second.end) == (list(batches[1].conclusions), END)


def spooled(store: Store, run_id: str, folder: Path) -> RecordSpool:
    """A spool of two batches of a driver that has ended."""
    spool = RecordSpool(SpoolOwner.of(store, run_id), folder)
    for number, name in enumerate(["v0", "v1"], start=1):
        spool.add(Batch(number, attempts=[attempt(name)], conclusions=[Conclusion(name, Verdict.VALIDATED)]))
    spool.close()
    store.release_lease(run_id)
    return spool


def test_the_spool_of_another_store_is_left_alone(store: Store, run_id: str, tmp_path: Path) -> None:
    spool, notes = spooled(store, run_id, tmp_path), list[str]()
    with Store.open(tmp_path / "other.db") as other:
        store.copy_to(other, run_id)
        other.take_lease(run_id, own_holder(), None)
        other.release_lease(run_id)
        for _ in range(2):  # its fence is the spool's, and then a later one
            take(other, run_id, own_holder(), notes.append, spools=list(abandoned_spools(run_id, tmp_path)))
            other.release_lease(run_id)
        assert not [each for each in other.view(run_id).vectors if each.concluded]
    assert spool.path.exists()
    assert notes == [f"{spool.path} has results of this run for another results store, {store.place}, and stays"] * 2


def test_a_damaged_line_costs_no_other(store: Store, run_id: str, tmp_path: Path) -> None:
    spool, notes = spooled(store, run_id, tmp_path), list[str]()
    header, first, second, _ = spool.path.read_bytes().split(b"\n")
    damaged = b"\n".join([header, first[:40], second, b""])
    spool.path.write_bytes(damaged)
    lost = take(store, run_id, own_holder(), notes.append, spools=list(abandoned_spools(run_id, tmp_path)))
    assert [each.vector_id for each in store.view(run_id).vectors if each.concluded] == ["v1"]
    [kept] = tmp_path.glob("*.damaged-1")
    assert kept.read_bytes() == damaged
    assert lost.startswith("1 batch of results")
    assert str(kept) in lost
    assert lost in notes[0]


def test_a_file_that_names_no_store_is_left_alone(store: Store, run_id: str, tmp_path: Path) -> None:
    spool, notes = spooled(store, run_id, tmp_path), list[str]()
    spool.path.write_bytes(b"\x00" * 10 + b"\n")
    take(store, run_id, own_holder(), notes.append, spools=list(abandoned_spools(run_id, tmp_path)))
    assert spool.path.exists()
    assert "doesn't say of which results store" in notes[0]
