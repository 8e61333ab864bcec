"""The store on a real PostgreSQL: the same results, several drivers at once, copies that read the same."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, inspect

from farm import api
from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import ExitCode, StoreError
from farm.core.outcome import Outcome
from farm.core.payload import ModelTrace, ModuleVector, TracedCall, Unreadable, from_json
from farm.core.progress import Progress
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason, Verdict
from farm.report import FORMATS, read_context, write_report
from farm.report.evidence import unfounded_vectors
from farm.running import patient_recorder, store_patience
from farm.running import sweep as sweeping
from farm.running.record_spool import abandoned_spools, spool_folder
from farm.store import Ended, RunBoard, RunInfo, Store, schema
from farm.store.databases.base import WRITING
from farm.store.migrations import REVISION, read_revision
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.local_fleet import LocalFleet
from tests.farm.postgres import make_database, server
from tests.farm.store.former_store import ALIASES, FORMER, rows_of, store_of_former_ids
from tests.farm.store_helpers import MOCK, Planned, recorded_run

_NAMES = itertools.count()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as folder:
        yield folder


@pytest.fixture
def url(postgres: str) -> str:
    return make_database(postgres, f"farm{next(_NAMES)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def make_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes places for stores, in either database."""
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"farm{next(_NAMES)}.db")
    folder = request.getfixturevalue("postgres")
    return lambda: make_database(folder, f"farm{next(_NAMES)}")


def files_of(store: Store, run_id: str, out: Path) -> dict[str, bytes]:
    view = store.view(run_id)
    return {path.name: path.read_bytes() for path in write_report(view, out, FORMATS, read_context(store, view))}


def test_any_text_is_kept(url: str) -> None:
    with Store.open(url) as store:
        run_id = recorded_run(store, [(Verdict.FAIL_CRASH_HANG, Reason.CRASH, HOSTILE)])
        outcome = Outcome(
            "v0", Verdict.PASS, message="\x00", metrics={"pcc": float("nan")}, details={"\x00\ud800": "\x00"}
        )
        store.record(run_id, [Attempt(2, MOCK.id, outcome)])
        (vector,) = store.view(run_id).vectors
    assert vector.message == HOSTILE
    assert vector.history[1].message == "\x00"


def test_two_stores_give_byte_identical_reports(url: str, tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as small, Store.open(url) as team:
        for day in range(3):
            run_id = large_run(small, 200, day, started=1_700_000_000.0 + day * 86_400)
            small.copy_to(team, run_id)
        ours, theirs = files_of(small, run_id, tmp_path / "a"), files_of(team, run_id, tmp_path / "b")
    assert len(ours) == len(FORMATS)
    assert ours == theirs


@pytest.mark.parametrize("reads_only", [False, True])
def test_who_may_not_write_can_not_upgrade_an_older_store(url: str, *, reads_only: bool) -> None:
    with Store.open(url) as store:
        store_of_former_ids(store)
        with store.writing() as connection:
            name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
            connection.exec_driver_sql(f'CREATE ROLE "of {name}" LOGIN')
            connection.exec_driver_sql(f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "of {name}"')
            if reads_only:
                connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    place = url if reads_only else url.replace("farm@", f"of%20{name}@")
    with pytest.raises(StoreError) as refused:
        Store.open(place, create=False)
    assert str(refused.value).endswith(
        f" is of an older farm (schema revision 0006, this farm's is {REVISION}) and can't be upgraded: it is "
        "read-only for you: open it once with this farm as the user that owns its tables, or name another with --store"
    )
    assert refused.value.exit_code is ExitCode.NOT_RUN


def test_a_run_recorded_in_either_reads_the_same(url: str, tmp_path: Path) -> None:
    def fill(store: Store) -> str:
        run_id = store.start_run(RunInfo("farm sweep", id="r1", started=1_700_000_000.25, host="h"))
        store.board(run_id, RunBoard(MOCK, host="h", details={"b": 1, "a": [None, 0.1]}))
        store.plan(
            run_id, [Planned("v0", payload=TracedCall("v0", "ttnn.add", {"z": 1, "a": 2}).as_json()), Planned("v1")]
        )
        store.record(
            run_id, [Attempt(1, MOCK.id, Outcome("v0", Verdict.VALIDATED, seconds=0.1, started=1_700_000_001.0))]
        )
        store.conclude(run_id, [Conclusion("v0", Verdict.VALIDATED), Conclusion("v1", Verdict.NOT_RUN, Reason.STOPPED)])
        store.finish_run(run_id, Ended.STOPPED, finished=1_700_000_002.0)
        return run_id

    with Store.open(tmp_path / "farm.db") as small, Store.open(url) as team:
        assert files_of(small, fill(small), tmp_path / "a") == files_of(team, fill(team), tmp_path / "b")


def _drive(place: str, driver: int, size: int) -> None:
    with Store.open(place) as store:
        run_id = store.start_run(RunInfo(f"farm sweep {driver}", id=f"run-{driver}"))
        store.board(run_id, RunBoard(MOCK))
        names = [f"v{at}" for at in range(size)]
        # the same payloads in another order: drivers meet at the same rows
        store.plan(run_id, [Planned(name, payload={"p": name}) for name in (names if driver % 2 else names[::-1])])
        for name in names:
            store.record(run_id, [Attempt(1, MOCK.id, Outcome(name, Verdict.VALIDATED, seconds=0.1))])
        store.conclude(run_id, [Conclusion(name, Verdict.VALIDATED) for name in names])
        store.finish_run(run_id, Ended.COMPLETED, finished=1_700_000_000.0)


def test_several_drivers_at_once(make_place: Callable[[], str]) -> None:
    place, context = make_place(), multiprocessing.get_context("spawn")
    drivers = [context.Process(target=_drive, args=(place, driver, 150)) for driver in range(4)]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join(120)
    assert [driver.exitcode for driver in drivers] == [0] * 4
    with Store.open(place) as store:
        views = [store.view(f"run-{driver}") for driver in range(4)]
    assert [view.counts["validated"] for view in views] == [150] * 4


def test_an_older_store_is_migrated(make_place: Callable[[], str]) -> None:
    place = make_place()
    with Store.open(place) as store:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
        with store.writing() as connection:
            schema.vectors_by_operation.drop(connection)
            schema.vector_aliases.drop(connection)
            schema.run_leases.drop(connection)
            schema.revision.drop(connection)
            connection.exec_driver_sql("CREATE TABLE farm_schema (version INTEGER PRIMARY KEY)")
            connection.exec_driver_sql("INSERT INTO farm_schema VALUES (1)")
    with Store.open(place) as store:
        assert store.view(run_id).counts["validated"] == 1
        with store.reading() as connection:
            names = {index["name"] for index in inspect(connection).get_indexes("vectors")}
            assert read_revision(connection) == REVISION
    assert "vectors_by_operation" in names


def test_payloads_of_an_older_store_are_tagged(make_place: Callable[[], str]) -> None:
    module = {"name": "m", "file": "m.py", "paths": [], "environment": {}, "seconds": 5.0}
    model: dict[str, Any] = {
        "target": "t",
        "folder": "f",
        "packed": None,
        "arguments": ["-k", "a"],
        "environment": {},
        "timeout": 60,
    }
    written: dict[str, dict[str, Any]] = {
        "call": {"id": "call", "operation": "ttnn.add", "arguments": {"arg0": 1}, "names": [], "output": None},
        "module": {
            "id": "module",
            "operation": "m",
            "module": module,
            "suite": "nightly",
            "index": 3,
            "input_hash": "h",
            "values": {"a": 1},
            "grid": [8, 7],
            "timeout": 9.0,
            "modes": ["perf"],
        },
        "model": {"id": "model", "operation": "model", "model": model},
        "broken": {"id": "broken", "operation": "ttnn.add", "raw": {"arguments": 3}},
        "problem": {"operation": "m", "suite": "nightly", "problem": "it doesn't import"},
    }
    place = make_place()
    with Store.open(place) as store:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned(name, payload=payload) for name, payload in written.items()])
        with store.writing() as connection:
            schema.vector_aliases.drop(connection)
            schema.run_leases.drop(connection)
            connection.execute(schema.revision.update().values(version_num="0003"))
    with Store.open(place) as store:
        payloads = {name: from_json(payload) for name, payload in store.payloads(run_id)}
    assert payloads == {
        "call": TracedCall("call", "ttnn.add", {"arg0": 1}),
        "module": ModuleVector(
            "module",
            SweepModule("m", Path("m.py"), import_seconds=5.0),
            *("nightly", 3, "h", {"a": 1}, {}, (8, 7), 9.0, ("perf",)),
        ),
        "model": ModelTrace("model", "t", "f", ("-k", "a"), {}, 60),
        "broken": Unreadable("broken", "ttnn.add", raw={"arguments": 3}),
        "problem": Unreadable("", "m", "nightly", "it doesn't import"),
    }


def test_a_removed_reason_is_renamed(make_place: Callable[[], str]) -> None:
    place = make_place()
    with Store.open(place) as store:
        run_id = recorded_run(store, [(Verdict.HOST_FAULT, Reason.HOST_RESOURCES, "")])
        with store.writing() as connection:
            connection.execute(schema.attempts.update().values(reason="host_lost"))
            connection.execute(schema.verdicts.update().values(reason="host_lost"))
            schema.vector_aliases.drop(connection)
            schema.run_leases.drop(connection)
            connection.execute(schema.revision.update().values(version_num="0004"))
    with Store.open(place) as store:
        [vector] = store.view(run_id).vectors
    assert [vector.reason, vector.history[0].reason] == [Reason.BOARD_LOST] * 2


def test_former_ids_stay_findable(make_place: Callable[[], str]) -> None:
    place = make_place()
    with Store.open(place) as store:
        old, new, _ = store_of_former_ids(store)
    for _ in range(2):
        with Store.open(place) as store:
            ids = [each.run_id for each in store.past_vectors([old, new], vector_id=FORMER.id)]
            aliases = rows_of(store)
        assert ids == [old, new]
        assert aliases == ALIASES


def test_a_newer_store_is_refused(make_place: Callable[[], str]) -> None:
    place = make_place()
    with Store.open(place) as store, store.writing() as connection:
        connection.execute(schema.revision.update().values(version_num="9999"))
    with pytest.raises(StoreError, match="schema revision 9999"):
        Store.open(place)


def test_copy_command(farm: Farm, url: str, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    place = tmp_path / "farm.db"
    with Store.open(place) as store:
        ids = [recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")]) for _ in range(2)]
    code, out, _ = farm("store", "copy", place, url, "--run", ids[0])
    assert (code, out.split()) == (ExitCode.GOOD, [ids[0]])
    assert farm("store", "copy", place, url)[0] == ExitCode.GOOD
    assert farm("store", "copy", place, url)[0] == ExitCode.GOOD  # again: nothing twice
    with Store.open(url) as store:
        assert sorted(head.id for head in store.runs()) == sorted(ids)
        assert len(store.view(ids[0]).run.boards) == 1
    code, _, err = farm("store", "copy", tmp_path / "none.db", url)
    assert code == ExitCode.NOT_RUN
    assert "no results store" in err


def test_a_missing_server_is_reported_in_one_line(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    code, out, err = farm("runs", "--store", f"postgresql+psycopg://u:secret@/farm?host={tmp_path}")
    assert (code, out, len(err.splitlines())) == (ExitCode.NOT_RUN, "", 1)
    assert "secret" not in err


def sweep_without_ray(url: str, out: Path, meet: Barrier) -> None:
    """A whole sweep in a process of its own; its boards are kept in it, so that nothing waits for Ray."""

    @contextmanager
    def fleet(*arguments: Any, **_keywords: object) -> Iterator[tuple[LocalFleet, Progress]]:
        meet.wait(60)  # both have begun, and neither is done
        yield LocalFleet(), arguments[0].progress

    sweeping._fleet = fleet  # type: ignore[assignment]
    meet.wait(60)
    view = api.sweep(boards="fake:n300*2", limit=60, store=url, out=out)
    (out / "run").write_text(view.run.id)


def test_two_sweeps_at_once_create_the_tables_of_one_database(url: str, tmp_path: Path) -> None:
    """The database is empty: both begin by making its tables."""
    context = multiprocessing.get_context("spawn")
    meet = context.Barrier(2)
    outs = [tmp_path / "one", tmp_path / "two"]
    sweeps = [context.Process(target=sweep_without_ray, args=(url, out, meet)) for out in outs]
    for sweep in sweeps:
        sweep.start()
    for sweep in sweeps:
        sweep.join(120)
    assert [sweep.exitcode for sweep in sweeps] == [0, 0]
    with Store.open(url, create=False) as store:
        views = [store.view((out / "run").read_text()) for out in outs]
        assert len(store.runs()) == 2
        for out, view in zip(outs, views, strict=True):
            assert files_of(store, view.run.id, tmp_path / "again")["junit.xml"] == (out / "junit.xml").read_bytes()
    assert all(one.run.finished and one.run.finished > other.run.started for one in views for other in views)
    for view in views:
        assert view.counts["planned"] == 60
        assert view.counts["validated"] >= 40
        assert all(vector.concluded and len(vector.history) == vector.verdict.good for vector in view.vectors)
    assert [vector.verdict for vector in views[0].vectors] == [vector.verdict for vector in views[1].vectors]


def test_a_run_whose_connections_are_cut_is_recorded_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    @contextmanager
    def fleet(*arguments: Any, **_keywords: object) -> Iterator[tuple[LocalFleet, Progress]]:
        yield LocalFleet(), arguments[0].progress

    commits, cuts, lock = itertools.count(), list[int](), threading.Lock()

    def cut(connection: Connection) -> None:
        """End every connection of this test's own database instead of each second commit: what it wrote is lost."""
        with lock:
            number = next(commits)
            if number % 2 or len(cuts) >= 10 or not connection.get_execution_options().get(WRITING):
                return
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as own:
                ended = own.execute(
                    "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                ).fetchall()
            cuts.append(len(ended))

    monkeypatch.setattr(sweeping, "_fleet", fleet)
    monkeypatch.setattr(patient_recorder, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(store_patience, "RETRY_SECONDS", 0.01)
    quiet = api.sweep(boards="fake:n300*2", limit=60, store=tmp_path / "farm.db")
    Store.open(url).close()  # with its tables
    event.listen(Engine, "commit", cut)
    try:
        view = api.sweep(boards="fake:n300*2", limit=60, store=url)
    finally:
        event.remove(Engine, "commit", cut)
    assert len(cuts) >= 4
    assert view.run.ended is Ended.COMPLETED
    assert [(each.vector_id, each.verdict) for each in view.vectors] == [
        (each.vector_id, each.verdict) for each in quiet.vectors
    ]
    assert [len(each.history) for each in view.vectors] == [len(each.history) for each in quiet.vectors]
    assert not unfounded_vectors(view)
    events = [(board.id, each.at, each.kind, each.message) for board in view.run.boards for each in board.events]
    assert len(set(events)) == len(events)
    assert not list(abandoned_spools(view.run.id, spool_folder()))
