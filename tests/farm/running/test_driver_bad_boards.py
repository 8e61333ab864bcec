"""Runs on boards that refuse to open, give wrong results, hang, or are lost, without Ray."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from farm.board.backends.fake import Act, Opening, Script, fake_boards
from farm.cluster.fleet import FleetEvent, Gone, Unusable
from farm.core.errors import NotRunnable
from farm.core.progress import BoardStatus
from farm.core.verdicts import Reason, Verdict
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, Store
from scheduler import BoardState
from tests.farm.local_fleet import LocalFleet
from tests.farm.running.driver_helpers import N300, SlowFleet, boards, run, vector, verdicts

pytestmark = pytest.mark.usefixtures("supervisor_death_raises")


def test_a_board_that_refuses_leaves_the_work_to_the_others(store: Store) -> None:
    bad = boards(1, Script(opening=Opening.REFUSES))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector(f"v{n}") for n in range(30)])
    assert view.counts["validated"] == 30


def test_if_all_boards_refuse_no_test_fails(store: Store) -> None:
    fleet = LocalFleet()
    view = run(store, boards(2, Script(opening=Opening.REFUSES)), [vector(f"v{n}") for n in range(30)], fleet)
    assert view.counts["board_fault"] + view.counts["not_run"] == 30
    assert all("told not to open" in each.message for each in view.vectors)
    assert sum(len(each.history) for each in view.vectors) == 2, "each board is out after its first vector"
    states = [[event.state for event in board.events if event.state is not None] for board in view.run.boards]
    assert states == [[BoardState.STARTING, BoardState.UNVERIFIED, BoardState.SUSPECT, BoardState.HELD]] * 2


def test_a_board_that_fails_vectors_and_its_check_is_held_after_one_vector(store: Store) -> None:
    wrong = boards(1, Script(acts={"*": (Act.FAIL,)}, checks=(True, False)))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, wrong + good, [vector(f"v{n}") for n in range(60)])
    assert view.counts["validated"] + view.counts["flaky"] == 60
    [discounted] = [each for each in view.vectors if each.verdict is Verdict.FLAKY]
    assert [(each.board, each.verdict, each.reason) for each in discounted.history] == [
        ("fake:n300:0", Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT),
        ("fake:n300:1", Verdict.VALIDATED, Reason.NONE),
    ]
    assert sum(each.board == "fake:n300:0" for result in view.vectors for each in result.history) == 1


def test_a_board_that_hangs_and_fails_its_check_costs_no_vector_its_verdict(store: Store) -> None:
    wedged = boards(1, Script(acts={"*": (Act.HANG,)}, checks=(True, False)))
    good = fake_boards(N300, 1, first=1, script=Script())
    view = run(store, wedged + good, [vector(f"v{n}") for n in range(40)])
    assert view.counts["validated"] + view.counts["flaky"] == 40


def test_a_failure_that_no_healthy_board_confirms_is_a_board_fault(store: Store) -> None:
    view = run(store, boards(3, Script(acts={"*": (Act.FAIL,)}, checks=(True, False))), [vector("v")])
    assert verdicts(view) == {"v": ("board_fault", "board_suspect")}
    assert len({each.board for each in view.vectors[0].history}) == 3


def test_a_lost_supervisor_costs_no_other_vector_an_attempt(store: Store) -> None:
    fleet = LocalFleet()
    script = Script(acts={"v3": (Act.LOSE,)})
    bad, good = boards(1, script), fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector(f"v{n}") for n in range(12)], fleet)
    assert view.counts["validated"] == 12
    events = {board.id: Counter(event.state for event in board.events) for board in view.run.boards}
    if any("v3" in names for board, names in fleet.assigned if board == "fake:n300:0"):
        assert events["fake:n300:0"][BoardState.LOST] >= 1
        assert fleet.started.count("fake:n300:0") >= 2


def test_a_vector_that_kills_every_supervisor_is_tried_a_limited_number_of_times(store: Store) -> None:
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


def test_an_unusable_host_ends_the_run(store: Store) -> None:
    class UnusableFleet(LocalFleet):
        def wait(self, seconds: float) -> list[FleetEvent]:  # noqa: ARG002 - see `Fleet`
            return [Unusable("fake:n300:0", "ttnn can't be imported")]

    with pytest.raises(NotRunnable, match="fake:n300:0: ttnn can't be imported"):
        run(store, boards(1), [vector("v")], UnusableFleet())


class BoardStates(PlainProgress):
    """Records the states of boards as they are shown."""

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
def test_the_last_state_shown_is_the_final_one(
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


class LosingFleet(LocalFleet):
    """A fleet that loses a board with all that it was given, each time it was given something, up to `losses` times."""

    losses = 4

    def wait(self, seconds: float) -> list[FleetEvent]:
        if self.losses and self.assigned:
            self.losses -= 1
            board = self.assigned.pop()[0]
            self.assigned.clear()
            self.drop(board)
            return [Gone(board, "no answer")]
        return super().wait(seconds)


def test_a_lost_host_is_no_fault_of_its_boards(store: Store) -> None:
    class Progress(PlainProgress):
        faults: set[int] = set()  # noqa: RUF012 - of one test
        states: set[BoardState] = set()  # noqa: RUF012 - of one test

        def board(self, board: str, status: BoardStatus) -> None:
            self.faults.add(status.faults)
            self.states.add(status.state)
            super().board(board, status)

    vectors = [vector(f"v{n}") for n in range(12)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    progress = Progress(io.StringIO())
    driver = Driver(run_id, boards(1), LosingFleet(), store, progress)
    driver.start()
    driver.run(vectors)
    view = store.view(run_id)
    assert BoardState.LOST in progress.states
    assert progress.faults == {0}
    assert all(each.verdict.good or each.reason is Reason.BOARD_LOST for each in view.vectors)
