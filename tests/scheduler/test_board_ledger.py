"""The scheduler's ledger of boards: which transitions it announces, and why."""

from __future__ import annotations

import pytest

from scheduler import (
    Abandoned,
    Announce,
    Assign,
    AttemptEnded,
    AttemptLost,
    AttemptResult,
    BoardAdded,
    BoardChanged,
    BoardLeaving,
    BoardLost,
    BoardReady,
    BoardState,
    Cause,
    Conclude,
    Event,
    FaultBudget,
    Planned,
    Release,
    Resolution,
    Scheduler,
    SetupCosts,
    SetupCostsLearned,
    Task,
    Transition,
)

BOARD = "n300:0"


def farm(budget: FaultBudget | None = None) -> Scheduler:
    """A scheduler with one board that is ready."""
    scheduler = Scheduler(lambda _kind, _key: True, budget=budget, validate=True)
    announced(scheduler, BoardAdded(BOARD, "n300"), BoardReady(BOARD))
    return scheduler


def announced(scheduler: Scheduler, *events: Event) -> list[tuple[BoardState, Cause]]:
    """Handle events; return the states that were announced, and their causes."""
    instructions = [instruction for event in events for instruction in scheduler.handle(event, 7.0)]
    transitions = [instruction.transition for instruction in instructions if isinstance(instruction, Announce)]
    assert all(transition.board == BOARD for transition in transitions)
    return [(transition.after, transition.cause) for transition in transitions]


def changed(before: BoardState, after: BoardState, message: str = "") -> BoardChanged:
    return BoardChanged(Transition(BOARD, before, after, Cause.CHECK_PASSED, message))


def test_a_board_starts_and_answers() -> None:
    scheduler = Scheduler(lambda _kind, _key: True, validate=True)
    assert announced(scheduler, BoardAdded(BOARD, "n300")) == [(BoardState.STARTING, Cause.STARTED)]
    assert announced(scheduler, BoardReady(BOARD)) == [(BoardState.UNVERIFIED, Cause.ANSWERED)]


def test_the_ledger_follows_the_supervisor() -> None:
    scheduler = farm()
    announced(
        scheduler, changed(BoardState.UNVERIFIED, BoardState.HEALTHY), changed(BoardState.HEALTHY, BoardState.BUSY)
    )
    assert scheduler.boards[BOARD].state is BoardState.BUSY


def test_a_lost_board_is_started_again_or_retired() -> None:
    scheduler = farm(FaultBudget(in_a_row=2))
    assert announced(scheduler, BoardLost(BOARD, "its host is gone")) == [
        (BoardState.LOST, Cause.CONNECTION_LOST),
        (BoardState.STARTING, Cause.STARTED),
    ]
    assert scheduler.boards[BOARD].message == "its host is gone"
    assert announced(scheduler, BoardLost(BOARD, "again")) == [
        (BoardState.LOST, Cause.CONNECTION_LOST),
        (BoardState.RETIRED, Cause.BUDGET_SPENT),
    ]


def test_a_held_board_stays_held_whatever_comes_later() -> None:
    scheduler = farm()
    held = changed(BoardState.SUSPECT, BoardState.HELD, "no check helped")
    assert announced(scheduler, held) == [(BoardState.HELD, Cause.CHECK_PASSED)]
    later: list[Event] = [BoardLost(BOARD), changed(BoardState.HELD, BoardState.HEALTHY), BoardLeaving(BOARD)]
    assert announced(scheduler, *later) == []
    assert scheduler.boards[BOARD].state is BoardState.HELD


def test_a_leaving_board_stays_leaving() -> None:
    scheduler = farm()
    scheduler.handle(Planned((Task("w", "key"),)), 0.0)
    assert announced(scheduler, BoardLeaving(BOARD, "b is drained")) == [(BoardState.LEAVING, Cause.WITHDRAWN)]
    announced(scheduler, changed(BoardState.BUSY, BoardState.SUSPECT))
    assert scheduler.boards[BOARD].state is BoardState.LEAVING
    assert scheduler.boards[BOARD].message == "b is drained"
    assert announced(scheduler, BoardLost(BOARD, "no answer")) == [(BoardState.LEFT, Cause.CONNECTION_LOST)]
    assert scheduler.boards[BOARD].message == "no answer"


def test_an_abandoned_run_resolves_all_work_and_releases_its_boards() -> None:
    scheduler = farm()
    [assign] = [each for each in scheduler.handle(Planned((Task("w", "key"),)), 0.0) if isinstance(each, Assign)]
    instructions = scheduler.handle(Abandoned(), 7.0)
    assert [each for each in instructions if isinstance(each, (Conclude, AttemptLost))] == [
        Conclude("w", Resolution.STOPPED)
    ]
    assert Release(BOARD) in instructions
    assert scheduler.done
    assert scheduler.boards[BOARD].state is BoardState.LEFT
    assert announced(scheduler, AttemptEnded(assign.batch, "w", AttemptResult.PASSED), BoardLost(BOARD)) == []


@pytest.mark.parametrize(("switch", "seconds"), [(0.0, 0.0), (5.0, 5.0)])
def test_setup_costs_may_be_learned_later(switch: float, seconds: float) -> None:
    scheduler = farm()
    scheduler.handle(SetupCostsLearned(SetupCosts(switch=switch)), 0.0)
    assert scheduler.dispatcher.switching_seconds(scheduler.boards[BOARD], "key") == seconds
