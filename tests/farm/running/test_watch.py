"""Following a run through its store."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import ExitCode
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.running.plain import PlainProgress
from farm.running.watch import Watcher, watch_run
from farm.store import Ended, RunBoard, RunInfo, Store
from farm.store.records import state_event
from scheduler import BoardState, Cause, Transition
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.store_helpers import MOCK, Planned, recorded_run

LOST = Transition(MOCK.id, BoardState.BUSY, BoardState.LOST, Cause.CONNECTION_LOST, "its host is gone")


def end(store: Store, run_id: str, vector: str, verdict: Verdict, message: str = "") -> None:
    store.record(run_id, [Attempt(1, MOCK.id, Outcome(vector, verdict, message=message, seconds=0.1))])
    store.conclude(run_id, [Conclusion(vector, verdict)])


def test_a_run_is_followed_to_its_end(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    stream = io.StringIO()
    steps: Iterator[Callable[[], object]] = iter(
        [
            lambda: store.plan(run_id, [Planned("v0"), Planned("v1")]),
            lambda: store.board(run_id, RunBoard(MOCK)),
            lambda: end(store, run_id, "v0", Verdict.VALIDATED),
            lambda: store.record(run_id, events=[state_event(LOST)]),
            lambda: end(store, run_id, "v1", Verdict.FAIL_WATCHER, "tripped at 0x12"),
            lambda: store.finish_run(run_id, Ended.COMPLETED, finished=1_700_000_000.0),
        ]
    )

    def wait(_seconds: float) -> None:
        next(steps)()

    watch_run(store, run_id, PlainProgress(stream), wait)
    assert next(steps, None) is None
    lines = stream.getvalue().splitlines()
    assert lines == [
        "farm: mock:n300:0 lost: its host is gone",
        "farm: fail_watcher ttnn.add on mock:n300:0: tripped at 0x12",
        "farm: 2 of 2, 1 validated, 1 fail_watcher",
    ]


def test_nothing_is_reported_twice(store: Store) -> None:
    run_id = recorded_run(store, [(Verdict.FAIL_WATCHER, Reason.NONE, "x")], ended=None)
    stream = io.StringIO()
    watcher = Watcher(store, run_id, PlainProgress(stream))
    assert watcher.look()
    once = stream.getvalue()
    assert watcher.look()
    assert stream.getvalue() == once != ""


def test_the_watch_command_exits_as_the_sweep(farm: Farm, store: Store, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.FAIL_WATCHER, Reason.NONE, "x")])
    code, out, err = farm("watch", "last", "--store", tmp_path / "farm.db")
    assert code == ExitCode.TEST_FAILED
    assert "planned 2 = 1 validated + 1 fail_watcher" in out
    assert "2 of 2" in err
