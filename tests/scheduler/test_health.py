"""A supervisor's trust in its board: every pair of state and signal, and the steps for a board that is not trusted."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.board_state import BoardState, Cause
from scheduler.errors import InvalidTransition
from scheduler.health import TABLE, BoardSignal, Health, HealthBudget, Step

STATES = (
    BoardState.UNVERIFIED,
    BoardState.HEALTHY,
    BoardState.BUSY,
    BoardState.SUSPECT,
    BoardState.RESETTING,
    BoardState.HELD,
)
U, H, B, S, R, X = STATES
EXPECTED = {
    # the states after, from STATES in this order; None: can't happen
    BoardSignal.CHECK_PASSED: (H, H, B, H, None, None),
    BoardSignal.CHECK_FAILED: (S, S, S, S, None, None),
    BoardSignal.WORK_BEGAN: (None, B, None, None, None, None),
    BoardSignal.WORK_ENDED: (None, None, H, None, None, None),
    BoardSignal.TROUBLE: (S, S, S, S, None, None),
    BoardSignal.RESET_BEGAN: (None, None, None, R, None, None),
    BoardSignal.RESET_ENDED: (None, None, None, None, U, None),
    BoardSignal.RESET_FAILED: (None, None, None, None, S, None),
    BoardSignal.BUDGET_SPENT: (None, None, None, X, None, None),
}


@pytest.mark.parametrize(("state", "signal"), list(product(BoardState, BoardSignal)))
def test_every_pair_of_state_and_signal(state: BoardState, signal: BoardSignal) -> None:
    expected = EXPECTED[signal][STATES.index(state)] if state in STATES else None
    health = Health("b", state=state)
    if expected is None:
        with pytest.raises(InvalidTransition, match=f"b is {state.value}: {signal.value}"):
            health.apply(signal, Cause.BOARD_FAULT, 1.0)
        assert health.state is state
        return
    transition = health.apply(signal, Cause.BOARD_FAULT, 1.0, "why", 0.5)
    assert health.state is expected
    if expected is state:
        assert transition is None
    else:
        assert transition is not None
        assert (transition.before, transition.after, transition.cause) == (state, expected, Cause.BOARD_FAULT)
        assert (transition.message, transition.at, transition.seconds) == ("why", 1.0, 0.5)


def test_only_a_passed_check_makes_a_board_healthy() -> None:
    ways = {(before, signal) for (before, signal), after in TABLE.items() if after is H and before is not H}
    assert ways == {(U, BoardSignal.CHECK_PASSED), (S, BoardSignal.CHECK_PASSED), (B, BoardSignal.WORK_ENDED)}
    assert {before for (before, _), after in TABLE.items() if after is B} == {H, B}


def trouble(health: Health) -> None:
    health.apply(BoardSignal.TROUBLE, Cause.PROCESS_HUNG, 0.0)


def follow(health: Health, *, passes: list[bool], can_reset: bool) -> list[Step]:
    """Follow the steps until the board is used or given up; checks end as listed, then fail."""
    steps = []
    results = iter(passes)
    for _ in range(50):
        step = health.next_step(can_reset=can_reset)
        steps.append(step)
        if step is Step.CHECK:
            signal = BoardSignal.CHECK_PASSED if next(results, False) else BoardSignal.CHECK_FAILED
            health.apply(signal, Cause.CHECK_FAILED, 0.0)
        elif step is Step.RESET:
            health.apply(BoardSignal.RESET_BEGAN, Cause.RESET_NEEDED, 0.0)
            health.apply(BoardSignal.RESET_ENDED, Cause.RESET_ENDED, 0.0)
        elif step is Step.HOLD:
            health.apply(BoardSignal.BUDGET_SPENT, Cause.BUDGET_SPENT, 0.0)
        else:
            return steps
    raise AssertionError("it never ends")


def test_a_board_is_checked_before_it_is_reset() -> None:
    health = Health("b", state=H)
    trouble(health)
    assert follow(health, passes=[True], can_reset=True) == [Step.CHECK, Step.USE]
    trouble(health)
    assert follow(health, passes=[False, True], can_reset=True) == [Step.CHECK, Step.RESET, Step.CHECK, Step.USE]


def test_a_dead_board_is_held_after_two_resets_and_stays_so() -> None:
    health = Health("b", state=H)
    trouble(health)
    steps = follow(health, passes=[], can_reset=True)
    assert steps.count(Step.RESET) == 2
    assert steps[-2:] == [Step.HOLD, Step.WAIT]
    assert health.state is X
    assert health.next_step(can_reset=True) is Step.WAIT


def test_without_a_reset_it_is_checked_twice_and_held() -> None:
    assert follow(Health("b"), passes=[], can_reset=False) == [Step.CHECK, Step.CHECK, Step.HOLD, Step.WAIT]


@given(st.lists(st.booleans(), max_size=200), st.booleans())
def test_resets_are_bounded_whatever_the_checks_return(passes: list[bool], can_reset: bool) -> None:
    health = Health("b", HealthBudget(resets_in_all=5))
    results = iter(passes)
    steps = []
    for _ in range(200):
        steps += follow(health, passes=[next(results, False)], can_reset=can_reset)
        if health.state is X:
            break
        trouble(health)
    assert steps.count(Step.RESET) <= 5
    assert health.state is X, "in the end every check fails, and it is held"
