"""A board's trust: every pair of state and event, and what is done about a board that isn't trusted."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import InvalidTransition
from scheduler.health import TABLE, BoardSignal, Budget, Cause, Health, State, Step

U, H, B, S, R, X, Z = State
EXPECTED = {
    #               unverified healthy busy suspect resetting held retired; None: can't happen
    BoardSignal.CHECK_PASSED: (H, H, B, H, None, None, None),
    BoardSignal.CHECK_FAILED: (S, S, S, S, None, None, None),
    BoardSignal.WORK_BEGAN: (None, B, None, None, None, None, None),
    BoardSignal.WORK_ENDED: (None, None, H, None, None, None, None),
    BoardSignal.TROUBLE: (S, S, S, S, None, None, None),
    BoardSignal.RESET_BEGAN: (None, None, None, R, None, None, None),
    BoardSignal.RESET_ENDED: (None, None, None, None, U, None, None),
    BoardSignal.RESET_FAILED: (None, None, None, None, S, None, None),
    BoardSignal.BUDGET_SPENT: (None, None, None, X, None, None, None),
    BoardSignal.RELEASED: (None, None, None, None, None, U, None),
    BoardSignal.RETIRED: (Z, Z, Z, Z, Z, Z, Z),
}


@pytest.mark.parametrize(("state", "seen"), list(product(State, BoardSignal)))
def test_every_pair(state: State, seen: BoardSignal) -> None:
    expected = EXPECTED[seen][list(State).index(state)]
    health = Health("b", state=state)
    if expected is None:
        with pytest.raises(InvalidTransition, match=f"b is {state.value}: {seen.value}"):
            health.see(seen, Cause.RETIRED, 1.0)
        assert health.state is state
        return
    transition = health.see(seen, Cause.RETIRED, 1.0, "why", 0.5)
    assert health.state is expected
    if expected is state:
        assert transition is None
    else:
        assert transition is not None
        assert (transition.before, transition.after, transition.cause) == (state, expected, Cause.RETIRED)
        assert (transition.message, transition.at, transition.seconds) == ("why", 1.0, 0.5)


def test_only_a_passed_check_makes_healthy() -> None:
    ways = {(before, seen) for (before, seen), after in TABLE.items() if after is H and before is not H}
    assert ways == {(U, BoardSignal.CHECK_PASSED), (S, BoardSignal.CHECK_PASSED), (B, BoardSignal.WORK_ENDED)}
    assert {before for (before, _), after in TABLE.items() if after is B} == {H, B}


def trouble(health: Health) -> None:
    health.see(BoardSignal.TROUBLE, Cause.PROCESS_HUNG, 0.0)


def follow(health: Health, *, passes: list[bool], can_reset: bool) -> list[Step]:
    """Does what the machine says until it says use or leave; checks come out as listed, then fail."""
    steps = []
    results = iter(passes)
    for _ in range(50):
        step = health.next_step(can_reset=can_reset)
        steps.append(step)
        if step is Step.CHECK:
            seen = BoardSignal.CHECK_PASSED if next(results, False) else BoardSignal.CHECK_FAILED
            health.see(seen, Cause.CHECK_FAILED, 0.0)
        elif step is Step.RESET:
            health.see(BoardSignal.RESET_BEGAN, Cause.RESET_NEEDED, 0.0)
            health.see(BoardSignal.RESET_ENDED, Cause.RESET_ENDED, 0.0)
        elif step is Step.HOLD:
            health.see(BoardSignal.BUDGET_SPENT, Cause.BUDGET_SPENT, 0.0)
        else:
            return steps
    raise AssertionError("it goes on for ever")


def test_it_is_looked_at_before_it_is_reset() -> None:
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
    assert steps[-2:] == [Step.HOLD, Step.LEAVE]
    assert health.state is X
    health.see(BoardSignal.RELEASED, Cause.RELEASED, 0.0)
    assert health.next_step(can_reset=True) is Step.CHECK


def test_without_a_reset_it_is_checked_twice_and_held() -> None:
    assert follow(Health("b"), passes=[], can_reset=False) == [Step.CHECK, Step.CHECK, Step.HOLD, Step.LEAVE]


@given(st.lists(st.booleans(), max_size=200), st.booleans())
def test_whatever_checks_say_resets_are_bounded(passes: list[bool], can_reset: bool) -> None:
    health = Health("b", Budget(resets_in_all=5))
    results = iter(passes)
    steps = []
    for _ in range(200):
        steps += follow(health, passes=[next(results, False)], can_reset=can_reset)
        if health.state is X:
            break
        trouble(health)
    assert steps.count(Step.RESET) <= 5
    assert health.state is X, "in the end every check fails, and it is held"
