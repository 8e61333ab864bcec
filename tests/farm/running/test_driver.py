"""A run as the store sees it, over boards that misbehave in every way, without Ray."""

from __future__ import annotations

import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from farm.board.backends.fake import Act, Opening, Script, fake_boards
from farm.board.kinds import KINDS
from farm.cluster.fleet import FleetEvent, Outcomes, Unusable
from farm.core.attempt import Attempt
from farm.core.board import Board
from farm.core.errors import NotRunnable, StoreError
from farm.core.progress import BoardStatus
from farm.core.verdicts import Reason, Verdict
from farm.planning.board_setup import BoardSetup
from farm.planning.vectors import Vector
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, RunView, Store
from scheduler import BoardState
from tests.farm.local_fleet import KeeperDied, LocalFleet
from tests.farm.payloads import text_of
from tracer.device_config import DeviceConfig

N300 = KINDS["n300"]
ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))
ETH = DeviceConfig(dispatch_core_type="ETH")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _a_lost_keeper_is_not_the_end_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def exit_(code: int) -> None:
        raise KeeperDied(code)

    monkeypatch.setattr(os, "_exit", exit_)


def vector(name: str, config: DeviceConfig = ONE, kinds: Sequence[str] = ("n300",), **more: object) -> Vector:
    return Vector(
        id=name,
        operation="ttnn.add",
        config_hash="",
        content_hash="",
        device_config=config,
        device_config_inferred=False,
        text=text_of(name),
        setup=BoardSetup.uniform(config, kinds),
        **more,  # type: ignore[arg-type]
    )


def boards(count: int, script: Script | None = None) -> list[Board]:
    return fake_boards(N300, count, script=script or Script())


class SlowFleet(LocalFleet):
    """A fleet that takes a second for each batch, by a clock of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> list[FleetEvent]:
        self.now += 1.0
        return super().wait(seconds)


def run(
    store: Store,
    on: Sequence[Board],
    vectors: Sequence[Vector],
    fleet: LocalFleet | None = None,
    stop_after: int = -1,
    **limits: float,
) -> RunView:
    """Runs to the end, within the driver's limits; `stop_after` looks before it is asked to stop."""
    looks = iter(range(10_000))
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    fleet = fleet or LocalFleet()
    clock = fleet.clock if isinstance(fleet, SlowFleet) else time.monotonic
    driver = Driver(run_id, on, fleet, store, PlainProgress(io.StringIO()), clock=clock)
    driver.start()
    driver.run(vectors, lambda: 0 <= stop_after <= next(looks), **limits)  # type: ignore[arg-type]  # by name
    view = store.view(run_id)
    assert view.counts["planned"] == len(vectors)
    assert sum(count for name, count in view.counts.items() if name != "planned") == len(vectors)
    return view


def verdicts(view: RunView) -> dict[str, tuple[str, str]]:
    return {each.vector_id: (each.verdict.value, each.reason.value) for each in view.vectors}


def test_all_good(store: Store) -> None:
    fleet = LocalFleet()
    vectors = [vector(f"v{n}", TWO if n % 2 else ONE) for n in range(40)]
    view = run(store, boards(2), vectors, fleet)
    assert view.counts["validated"] == 40
    assert {board for board, _ in fleet.given} == {"fake:n300:0", "fake:n300:1"}
    assert Counter(name for _, names in fleet.given for name in names) == Counter(each.id for each in vectors)


def test_vectors_known_not_to_run_are_concluded_without_a_board(store: Store) -> None:
    fleet = LocalFleet()
    bad = vector("bad", unrunnable=(Reason.BROKEN_CONFIGURATION, "ttnn.add 3 arg0: no shape"))
    view = run(store, [], [bad], fleet)
    assert verdicts(view) == {"bad": ("not_run", "broken_configuration")}
    assert view.vectors[0].message == "ttnn.add 3 arg0: no shape"
    assert fleet.given == []


EITHER = BoardSetup(frozenset({("n150", ONE), ("n300", ETH)}))
"""8 x 8 compute cores, for which an n300 must dispatch from other cores than by default."""


def test_a_board_of_each_kind_is_opened_in_its_own_way(store: Store) -> None:
    fleet = LocalFleet()
    on = [*fake_boards(KINDS["n150"], 1), *boards(1)]
    view = run(store, on, [replace(vector(f"v{n}"), setup=EITHER) for n in range(40)], fleet)
    assert view.counts["validated"] == 40
    assert set(fleet.opened) == {("fake:n150:0", ONE), ("fake:n300:0", ETH)}
    told = {each.history[0].board: each.history[0].details.get("device_config") for each in view.vectors}
    assert told == {"fake:n150:0": None, "fake:n300:0": ETH.as_json()}, "what isn't as the vector's own is told"


@pytest.mark.parametrize("refusing", ["n150", "n300"])
def test_what_one_kind_refuses_another_runs(store: Store, refusing: str) -> None:
    bad = fake_boards(KINDS[refusing], 1, script=Script(opening=Opening.REFUSES))
    good = fake_boards(KINDS["n300" if refusing == "n150" else "n150"], 1)
    view = run(store, [*bad, *good], [replace(vector(f"v{n}"), setup=EITHER) for n in range(20)])
    assert view.counts["validated"] == 20


def test_a_refused_config_is_told_only_of_what_no_other_kind_could_run(store: Store) -> None:
    on = [*boards(1, Script(opening=Opening.REFUSES)), *fake_boards(KINDS["n150"], 1)]
    alone = [vector(f"a{n}") for n in range(5)]  # the same config, but for n300 alone
    both = [vector(f"b{n}", kinds=("n150", "n300")) for n in range(20)]
    view = run(store, on, [*alone, *both])
    ended = {name: pair[0] for name, pair in verdicts(view).items()}
    assert {ended[each.id] for each in both} == {"validated"}
    assert {ended[each.id] for each in alone} <= {"board_fault", "not_run"}


def test_vectors_that_no_board_fits_are_unsatisfiable(store: Store) -> None:
    view = run(store, boards(1), [vector("a"), vector("large", kinds=("galaxy",))])
    assert verdicts(view) == {"a": ("validated", ""), "large": ("not_run", "unsatisfiable")}


def test_every_way_to_fail(store: Store) -> None:
    script = Script(
        acts={
            "fails": (Act.FAIL,),
            "crashes": (Act.CRASH,),
            "hangs": (Act.HANG,),
            "crashes once": (Act.CRASH, Act.PASS),
            "faulty": (Act.FAULT,),
            "faulty once": (Act.FAULT, Act.PASS),
        }
    )
    view = run(store, boards(1, script), [vector(name) for name in (*script.acts, "good")])
    assert verdicts(view) == {
        "fails": ("fail_assert_exception", "exception"),
        "crashes": ("fail_crash_hang", "crash"),
        "hangs": ("fail_crash_hang", "hang"),
        "crashes once": ("flaky", "crash"),
        "faulty": ("board_fault", "internal"),
        "faulty once": ("validated", ""),
        "good": ("validated", ""),
    }
    attempts = {each.vector_id: len(each.history) for each in view.vectors}
    assert attempts == {
        "fails": 1,
        "crashes": 2,
        "hangs": 2,
        "crashes once": 2,
        "faulty": 3,
        "faulty once": 2,
        "good": 1,
    }


def test_a_crash_is_tried_on_another_board(store: Store) -> None:
    bad, good = boards(1, Script(acts={"v": (Act.CRASH,)})), fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector("v")])
    [only] = view.vectors
    assert [attempt.board for attempt in only.history] == ["fake:n300:0", "fake:n300:1"]
    assert (only.verdict, only.reason) == (Verdict.FLAKY, Reason.CRASH)


def test_a_board_that_refuses_leaves_the_work_to_the_others(store: Store) -> None:
    bad = boards(1, Script(opening=Opening.REFUSES))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector(f"v{n}") for n in range(30)])
    assert view.counts["validated"] == 30


def test_when_all_boards_refuse_it_is_no_failure_of_the_tests(store: Store) -> None:
    fleet = LocalFleet()
    view = run(store, boards(2, Script(opening=Opening.REFUSES)), [vector(f"v{n}") for n in range(30)], fleet)
    assert view.counts["board_fault"] + view.counts["not_run"] == 30
    assert all("told not to open" in each.message for each in view.vectors)
    assert sum(len(each.history) for each in view.vectors) == 2, "each board is out after its first vector"
    states = [[event.state for event in board.events if event.state is not None] for board in view.run.boards]
    assert states == [[BoardState.STARTING, BoardState.UNVERIFIED, BoardState.SUSPECT, BoardState.HELD]] * 2


def test_a_board_that_fails_everything_and_its_check_is_out_after_one_vector(store: Store) -> None:
    liar = boards(1, Script(acts={"*": (Act.FAIL,)}, checks=(True, False)))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, liar + good, [vector(f"v{n}") for n in range(60)])
    assert view.counts["validated"] + view.counts["flaky"] == 60
    [doubted] = [each for each in view.vectors if each.verdict is Verdict.FLAKY]
    assert [(each.board, each.verdict, each.reason) for each in doubted.history] == [
        ("fake:n300:0", Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT),
        ("fake:n300:1", Verdict.VALIDATED, Reason.NONE),
    ]
    assert sum(each.board == "fake:n300:0" for seen in view.vectors for each in seen.history) == 1


def test_a_board_that_hangs_everything_and_its_check_costs_no_vector_its_verdict(store: Store) -> None:
    wedged = boards(1, Script(acts={"*": (Act.HANG,)}, checks=(True, False)))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, wedged + good, [vector(f"v{n}") for n in range(40)])
    assert view.counts["validated"] + view.counts["flaky"] == 40


def test_a_failure_that_no_sound_board_confirms_is_no_failure(store: Store) -> None:
    view = run(store, boards(3, Script(acts={"*": (Act.FAIL,)}, checks=(True, False))), [vector("v")])
    assert verdicts(view) == {"v": ("board_fault", "board_suspect")}
    assert len({each.board for each in view.vectors[0].history}) == 3


def test_a_run_has_a_time_limit(store: Store) -> None:
    view = run(store, boards(1), [vector(f"v{n}") for n in range(2000)], SlowFleet(), max_seconds=3.0)
    assert set(verdicts(view).values()) == {("not_run", "stopped_by_limit"), ("validated", "")}
    assert "3 s" in next(each.message for each in view.vectors if each.verdict is Verdict.NOT_RUN)


def test_a_board_gets_nothing_more_after_its_time(store: Store) -> None:
    view = run(store, boards(2), [vector(f"v{n}") for n in range(4000)], SlowFleet(), max_board_seconds=3.0)
    assert set(verdicts(view).values()) == {("not_run", "board_lost"), ("validated", "")}
    assert "its time limit of 3 s is over" in next(
        each.message for each in view.vectors if each.verdict is Verdict.NOT_RUN
    )


def test_what_could_not_be_recorded_is_recorded_the_next_time(store: Store) -> None:
    class Full:
        """A store whose disk is full in mid-run."""

        def __init__(self) -> None:
            self.refused: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def record(self, run_id: str, attempts: Sequence[Attempt], *more: Any) -> None:
            if attempts and not self.refused:
                self.refused = [attempt.outcome.vector_id for attempt in attempts]
                raise StoreError("the disk is full")
            store.record(run_id, attempts, *more)

    run_id = store.start_run(RunInfo("test"))
    vectors = [vector(f"v{n}") for n in range(10)]
    store.plan(run_id, vectors)
    full = Full()
    driver = Driver(run_id, boards(1), LocalFleet(), cast(Store, full), PlainProgress(io.StringIO()))
    driver.start()
    with pytest.raises(StoreError):
        driver.run(vectors)
    driver.abandon()
    assert full.refused
    assert set(full.refused) <= {each.vector_id for each in store.view(run_id).vectors if each.verdict.good}


def test_a_lost_keeper_costs_no_other_vector_anything(store: Store) -> None:
    fleet = LocalFleet()
    script = Script(acts={"v3": (Act.LOSE,)})
    bad, good = boards(1, script), fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector(f"v{n}") for n in range(12)], fleet)
    assert view.counts["validated"] == 12
    events = {board.id: Counter(event.state for event in board.events) for board in view.run.boards}
    if any("v3" in names for board, names in fleet.given if board == "fake:n300:0"):
        assert events["fake:n300:0"][BoardState.LOST] >= 1
        assert fleet.started.count("fake:n300:0") >= 2


def test_a_vector_that_takes_every_keeper_with_it_is_stopped(store: Store) -> None:
    fleet = LocalFleet()
    view = run(store, boards(2, Script(acts={"v": (Act.LOSE,)})), [vector("v"), vector("good")], fleet)
    assert verdicts(view) == {"v": ("board_fault", "board_lost"), "good": ("validated", "")}
    assert len(fleet.started) <= 2 + 3


def test_boards_that_do_not_start_are_given_up(store: Store) -> None:
    fleet = LocalFleet()
    view = run(store, boards(2, Script(starts=False)), [vector("v"), vector("w")], fleet)
    assert set(verdicts(view).values()) == {("not_run", "board_lost")}
    assert all(each.message.endswith("was told not to start") for each in view.vectors)
    assert len(fleet.started) <= 10
    assert all(board.events[-1].state is BoardState.RETIRED for board in view.run.boards)


def test_stop_concludes_all(store: Store) -> None:
    class BoardReport(LocalFleet):
        stopped: tuple[str, ...] = ()

        def stop(self, board: str) -> None:
            self.stopped = (*self.stopped, board)
            super().stop(board)

    fleet = BoardReport()
    view = run(store, boards(1), [vector(f"v{n}") for n in range(2000)], fleet, stop_after=3)
    assert fleet.stopped == ("fake:n300:0",)
    assert 0 < view.counts["validated"] < 2000
    assert view.counts["not_run"] == 2000 - view.counts["validated"]
    assert {pair for pair in verdicts(view).values() if pair[0] == "not_run"} == {("not_run", "stopped")}


def test_abandoned_work_is_stopped_and_blames_nobody(store: Store) -> None:
    vectors = [vector(f"v{n}") for n in range(20)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    driver = Driver(run_id, boards(2), LocalFleet(), store, PlainProgress(io.StringIO()))
    driver.start()
    with pytest.raises(KeyboardInterrupt):
        driver.run(vectors, _interrupted_at_the_third_look())
    driver.abandon()
    view = store.view(run_id)
    assert set(verdicts(view).values()) <= {("not_run", "stopped"), ("validated", "")}
    assert all(each.concluded for each in view.vectors)
    assert view.counts["not_run"] > 0
    assert sum(view.counts.values()) == 2 * view.counts["planned"]


def _interrupted_at_the_third_look() -> Callable[[], bool]:
    looks = iter(range(3))

    def look() -> bool:
        if next(looks, None) is None:
            raise KeyboardInterrupt
        return False

    return look


def test_results_that_come_twice_count_once(store: Store) -> None:
    class Stammering(LocalFleet):
        def wait(self, seconds: float) -> list[FleetEvent]:
            happened = super().wait(seconds)
            return [twice for each in happened for twice in ((each, each) if isinstance(each, Outcomes) else (each,))]

    view = run(store, boards(2), [vector(f"v{n}") for n in range(30)], Stammering())
    assert view.counts["validated"] == 30
    assert all(len(each.history) == 1 for each in view.vectors)


def test_what_a_host_lacks_ends_the_run(store: Store) -> None:
    class Bare(LocalFleet):
        def wait(self, seconds: float) -> list[FleetEvent]:  # noqa: ARG002 - see `Fleet`
            return [Unusable("fake:n300:0", "ttnn can't be imported")]

    with pytest.raises(NotRunnable, match="fake:n300:0: ttnn can't be imported"):
        run(store, boards(1), [vector("v")], Bare())


class BoardStates(PlainProgress):
    """Keeps the states of boards as they are shown."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.shown: list[tuple[str, BoardState]] = []

    def board(self, board: str, status: BoardStatus) -> None:
        self.shown.append((board, status.state))
        super().board(board, status)


@pytest.mark.parametrize(
    ("script", "limits", "last"),
    [
        (Script(acts={"*": (Act.FAIL,)}, checks=(True, False)), {}, BoardState.HELD),
        (Script(), {"max_board_seconds": 3.0}, BoardState.LEFT),
    ],
)
def test_a_board_that_takes_no_part_any_more_is_not_shown_as_idle(
    store: Store, script: Script, limits: dict[str, float], last: BoardState
) -> None:
    vectors = [vector(f"v{n}") for n in range(4000)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    progress = BoardStates()
    on = [*boards(1, script), *fake_boards(N300, 1, first=1)]
    fleet = SlowFleet()
    driver = Driver(run_id, on, fleet, store, progress, clock=fleet.clock)
    driver.start()
    driver.run(vectors, **limits)  # type: ignore[arg-type]
    assert [state for board, state in progress.shown if board == on[0].id][-1] is last
