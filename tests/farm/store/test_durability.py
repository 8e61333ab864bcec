"""The results store when things go wrong: a kill during a commit, a full disk, a read-only file, a lock, a clock."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.core.attempt import Attempt
from farm.core.errors import ExitCode, StoreAway, StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.vectors import Vector
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, Store
from farm.store.databases import sqlite
from farm.store.migrations import REVISION
from farm.store.opening import store_errors
from tests.farm.payloads import text_of
from tests.farm.store.former_store import store_of_former_ids
from tracer.device_config import DeviceConfig

COUNT = 400


def vectors(count: int = COUNT) -> list[Vector]:
    return [
        Vector(f"v{n}", "ttnn.add", "", "", DeviceConfig(), device_config_inferred=False, text=text_of(f"v{n}"))
        for n in range(count)
    ]


def attempt(name: str, number: int = 1, **more: Any) -> Attempt:
    return Attempt(number, "mock:n300:0", Outcome(name, Verdict.VALIDATED, started=1_700_000_000.0, **more))


WRITER = """
import sys
from tests.farm.store.test_durability import attempt, vectors
from farm.store import RunInfo, Store
with Store.open(sys.argv[1]) as store:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors())
    print(run_id, flush=True)
    for n in range(0, 400, 2):
        store.record(run_id, [attempt(f"v{n}"), attempt(f"v{n + 1}")])
        print(n + 1, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [3, 60])
def test_acknowledged_results_survive_sigkill_at_any_moment(tmp_path: Path, acknowledged: int) -> None:
    place = tmp_path / "farm.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        run_id = writer.stdout.readline().strip()
        for _ in range(acknowledged):
            last = int(writer.stdout.readline())
        time.sleep(0.0004 * acknowledged % 0.003)  # somewhere within the next commit
        writer.send_signal(signal.SIGKILL)
        writer.stdout.read()
    with Store.open(place) as store:
        view = store.view(run_id)
        tried = [int(each.vector_id[1:]) for each in view.vectors if each.history]
        assert set(range(last + 1)) <= set(tried), "an acknowledged attempt is lost"
        assert len(tried) % 2 == 0, "half a commit is there"
        assert view.run.finished is None
        store.record(run_id, [attempt(f"v{n}") for n in range(COUNT)])
        assert all(len(each.history) == 1 for each in store.view(run_id).vectors)
        assert sqlite3.connect(place).execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_commit_is_on_disk_when_it_is_acknowledged(store: Store) -> None:
    # the test can't cut the power: this is the setting with which SQLite survives that
    with store.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


FULL = """
import resource, signal, sys
from tests.farm.store.test_durability import attempt, vectors
from farm.core.errors import ExitCode, StoreAway, StoreError
from farm.store import RunInfo, Store
with Store.open(sys.argv[1]) as store:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors())
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    done = 0
    try:
        for n in range(400):
            store.record(run_id, [attempt(f"v{n}", message="x" * 20_000)])
            done += 1
    except StoreError as error:
        print(f"{run_id}|{done}|{error}", flush=True)
"""


def test_a_full_disk_is_reported_and_loses_no_recorded_result(tmp_path: Path) -> None:
    place = tmp_path / "farm.db"
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(place)], capture_output=True, text=True, check=False, timeout=60
    )
    run_id, done, message = ended.stdout.strip().split("|")
    assert 0 < int(done) < COUNT
    assert str(place) in message
    assert "\n" not in message
    with Store.open(place) as store:
        assert sum(bool(each.history) for each in store.view(run_id).vectors) == int(done)
        store.record(run_id, [attempt(f"v{n}") for n in range(COUNT)])  # there is room again
        assert store.view(run_id).counts["validated"] == COUNT


def test_a_read_only_store_can_be_read_and_explains_why_it_cannot_be_written(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = store.start_run(RunInfo("test"))
        store.plan(run_id, vectors(2))
    with Store.open(tmp_path / "farm.db") as store:
        with store._readers.connect() as connection:  # root may write whatever the file's mode says
            connection.exec_driver_sql("PRAGMA query_only=ON")
            with pytest.raises(StoreError, match="is read-only: name a file you may"), store_errors(store.place):
                connection.exec_driver_sql("delete from attempts")
            connection.exec_driver_sql("PRAGMA query_only=OFF")
        assert store.view(run_id).counts["planned"] == 2


@pytest.mark.parametrize("folder_too", [False, True])
def test_a_store_where_nothing_may_be_written_is_read(
    folder_too: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a ?%41#.db"
    with Store.open(file) as store:
        run_id = store.start_run(RunInfo("test"))
        store.plan(run_id, vectors(2))
    before = file.read_bytes()
    writable = [] if folder_too else [tmp_path]
    monkeypatch.setattr(os, "access", lambda path, _mode: path in writable)  # root may write anything
    with Store.open(file, create=False) as store:
        assert store.view(run_id).counts["planned"] == 2
        with pytest.raises(StoreError, match="is read-only: name a file you may"):
            store.start_run(RunInfo("test"))
        if folder_too:
            assert [each.name for each in tmp_path.iterdir()] == [file.name]
    assert file.read_bytes() == before


@pytest.mark.parametrize("folder_too", [False, True])
def test_an_older_store_that_may_not_be_written_is_refused_in_one_line(
    folder_too: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "farm.db"
    with Store.open(file) as store:
        store_of_former_ids(store)
    before = file.read_bytes()
    writable = [] if folder_too else [tmp_path]
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK or path in writable)  # root may write all
    with pytest.raises(StoreError) as refused:
        Store.open(file, create=False)
    assert str(refused.value) == (
        f"results store {file} is of an older farm (schema revision 0006, this farm's is {REVISION}) and can't be "
        "upgraded: it is read-only for you: copy the file to where you may write, and name the copy with --store"
    )
    assert refused.value.exit_code is ExitCode.NOT_RUN
    assert not isinstance(refused.value, StoreAway), "no later try may succeed"
    assert file.read_bytes() == before
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(StoreError, match=r"empty.db holds no runs, and its tables can't be made: it is read-only"):
        Store.open(empty, create=False)


def test_what_a_writer_left_beside_a_store_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path / "farm.db") as writer:
        run_id = writer.start_run(RunInfo("test"))
        monkeypatch.setattr(os, "access", lambda _path, _mode: False)
        with Store.open(tmp_path / "farm.db", create=False) as reader:
            assert [run.id for run in reader.runs()] == [run_id]


def test_a_writer_waits_for_the_lock(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors(1))
    other = sqlite3.connect(store.place.reveal(), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, other.execute, ("ROLLBACK",))
    release.start()
    store.record(run_id, [attempt("v0")])
    release.join()
    other.close()
    assert store.view(run_id).counts["validated"] == 1


def test_a_lock_that_stays_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    place = tmp_path / "farm.db"
    with Store.open(place) as store:
        run_id = store.start_run(RunInfo("test"))
        store.plan(run_id, vectors(2))
        other = sqlite3.connect(place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another process"):
            store.record(run_id, [attempt("v0"), attempt("v1")])
        assert store.view(run_id).counts["planned"] == 2, "readers don't wait for a writer"
        other.execute("ROLLBACK")
        other.close()
        store.record(run_id, [attempt("v0")])
        assert store.view(run_id).counts["validated"] == 1


def test_a_writing_transaction_has_the_lock_from_its_beginning(store: Store) -> None:
    # SQLite refuses a transaction that reads first and takes the lock later, if another one wrote in between
    other = sqlite3.connect(store.place.reveal(), timeout=0, isolation_level=None)
    with store.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_clock_that_jumps_loses_no_result(store: Store) -> None:
    run_id = store.start_run(RunInfo("test", started=2_000_000_000.0))
    store.plan(run_id, vectors(4))
    store.board(run_id, RunBoard(mock_boards(KINDS["n300"], 1)[0]))
    times = [4e9, -1.0, float("nan"), 0.0]
    for number, moment in enumerate(times):
        outcome = Outcome(f"v{number}", Verdict.VALIDATED, started=moment, seconds=-moment)
        store.record(run_id, [Attempt(1, "mock:n300:0", outcome)])
        store.record(run_id, events=[BoardEvent("mock:n300:0", BoardEventKind.STATE, at=moment)])
    store.finish_run(run_id, Ended.COMPLETED, finished=1_000_000_000.0)  # before it started
    view = store.view(run_id)
    assert view.counts["validated"] == 4
    assert len(view.run.boards[0].events) == 4


@pytest.mark.parametrize(
    "odd",
    [
        {"message": None},
        {"metrics": {"pcc": object()}},
        {"details": {1: {2, 3}}},
        {"message": "\x00\ud800" * 10},
        {"seconds": "soon"},
    ],
)
def test_a_result_that_does_not_fit_is_kept_raw_and_loses_no_other(store: Store, odd: dict[str, Any]) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors(3))
    store.record(run_id, [attempt("v0"), attempt("v1", **odd), attempt("v2")])
    views = {each.vector_id: each for each in store.view(run_id).vectors}
    assert (views["v0"].verdict, views["v2"].verdict) == (Verdict.VALIDATED, Verdict.VALIDATED)
    [recorded] = views["v1"].history
    if recorded.verdict is not Verdict.VALIDATED:
        assert (recorded.verdict, recorded.reason) == (Verdict.FARM_FAULT, Reason.INTERNAL)
        assert "does not match" in recorded.message
        assert "validated" in recorded.details["raw"]
