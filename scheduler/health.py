"""Whether a board may be trusted: a state machine, and what to do next about a board that may not.

    unverified ──passed──▶ healthy ──began──▶ busy
        │ ▲                 ▲    ▲───ended─────┘ │
      failed └──reset_ended─┐ passed          trouble
        ▼                   │    │               ▼
      suspect ──reset──▶ resetting   suspect ◀───┘
        └──spent──▶ held ──released──▶ unverified          any ──retired──▶ retired

Only a passed check makes a board healthy: it was opened, ran one small operation, and has all its chips. No board
comes back from `held` unless a person releases it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from scheduler.errors import InvalidTransition


class State(str, Enum):
    """How far a board is trusted."""

    UNVERIFIED = "unverified"  # nothing is known: new, just reset, just released
    HEALTHY = "healthy"  # it passed its check, and nothing went wrong since
    BUSY = "busy"  # healthy, and running work
    SUSPECT = "suspect"  # something went wrong on it; it may or may not be its fault
    RESETTING = "resetting"
    HELD = "held"  # given up until a person looks at it
    RETIRED = "retired"  # out of this farm


class BoardSignal(str, Enum):
    """What happens to a board."""

    CHECK_PASSED = "check_passed"  # its check
    CHECK_FAILED = "check_failed"  # its check
    WORK_BEGAN = "work_began"  # to run work
    WORK_ENDED = "work_ended"  # all work it was given
    TROUBLE = "trouble"  # its process died, hung, could not open it, or said that the board is at fault
    RESET_BEGAN = "reset_began"  # is about to be tried
    RESET_ENDED = "reset_ended"
    RESET_FAILED = "reset_failed"
    BUDGET_SPENT = "budget_spent"  # its budget
    RELEASED = "released"  # by a person
    RETIRED = "retired"


class Cause(str, Enum):
    """Why a board changed its state: closed, since people and programs sort by it."""

    CHECK_PASSED = "check_passed"
    CHECK_FAILED = "check_failed"
    CHIPS_MISSING = "chips_missing"
    OPEN_FAILED = "open_failed"
    OPEN_TIMEOUT = "open_timeout"
    PROCESS_DIED = "process_died"
    PROCESS_HUNG = "process_hung"
    BOARD_FAULT = "board_fault"
    WORK_BEGAN = "work_began"
    WORK_ENDED = "work_ended"
    RESET_NEEDED = "reset_needed"
    RESET_ENDED = "reset_ended"
    RESET_FAILED = "reset_failed"
    RESET_TIMEOUT = "reset_timeout"
    BUDGET_SPENT = "budget_spent"
    RELEASED = "released"
    RETIRED = "retired"


TABLE: dict[tuple[State, BoardSignal], State] = {
    (State.UNVERIFIED, BoardSignal.CHECK_PASSED): State.HEALTHY,
    (State.UNVERIFIED, BoardSignal.CHECK_FAILED): State.SUSPECT,
    (State.UNVERIFIED, BoardSignal.TROUBLE): State.SUSPECT,
    (State.HEALTHY, BoardSignal.CHECK_PASSED): State.HEALTHY,
    (State.HEALTHY, BoardSignal.CHECK_FAILED): State.SUSPECT,
    (State.HEALTHY, BoardSignal.WORK_BEGAN): State.BUSY,
    (State.HEALTHY, BoardSignal.TROUBLE): State.SUSPECT,
    (State.BUSY, BoardSignal.CHECK_PASSED): State.BUSY,
    (State.BUSY, BoardSignal.CHECK_FAILED): State.SUSPECT,
    (State.BUSY, BoardSignal.WORK_ENDED): State.HEALTHY,
    (State.BUSY, BoardSignal.TROUBLE): State.SUSPECT,
    (State.SUSPECT, BoardSignal.CHECK_PASSED): State.HEALTHY,
    (State.SUSPECT, BoardSignal.CHECK_FAILED): State.SUSPECT,
    (State.SUSPECT, BoardSignal.TROUBLE): State.SUSPECT,
    (State.SUSPECT, BoardSignal.RESET_BEGAN): State.RESETTING,
    (State.SUSPECT, BoardSignal.BUDGET_SPENT): State.HELD,
    (State.RESETTING, BoardSignal.RESET_ENDED): State.UNVERIFIED,
    (State.RESETTING, BoardSignal.RESET_FAILED): State.SUSPECT,
    (State.HELD, BoardSignal.RELEASED): State.UNVERIFIED,
    **{(state, BoardSignal.RETIRED): State.RETIRED for state in State},
}
"""Every pair that may occur, and what it leads to; any other is a bug of whoever tells it."""


class Step(Enum):
    """What to do next with a board."""

    USE = "use"
    CHECK = "check"
    RESET = "reset"
    HOLD = "hold"
    LEAVE = "leave"  # alone: it is held, retired, or being reset


@dataclass(frozen=True, slots=True)
class Transition:
    """A board changed its state.

    Attributes:
        board: its id.
        before, after: the states.
        cause: why, from the closed list.
        message: why, in words.
        at: when, by the clock that was passed in.
        seconds: how long it took, where that is worth knowing: a reset, a check.
    """

    board: str
    before: State
    after: State
    cause: Cause
    message: str = ""
    at: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What a board may need before it is held for a person.

    Attributes:
        checks: failed checks in a row, with no reset between them.
        resets: resets in a row, with no passed check between them.
        resets_in_all: resets of a run.
    """

    checks: int = 2
    resets: int = 2
    resets_in_all: int = 10


@dataclass(slots=True)
class Health:
    """The state of one board, and how much of its budget it used.

    Attributes:
        board: its id.
        budget: what it may need.
        state: how far it is trusted.
        failed_checks: since the last passed one, or the last reset.
        resets: since the last passed check.
        resets_in_all: since it was made.
    """

    board: str
    budget: Budget = field(default_factory=Budget)
    state: State = State.UNVERIFIED
    failed_checks: int = 0
    resets: int = 0
    resets_in_all: int = 0

    def see(
        self, seen: BoardSignal, cause: Cause, now: float, message: str = "", seconds: float = 0.0
    ) -> Transition | None:
        """Takes in what happened; the transition, or None where the state stays.

        Raises:
            InvalidTransition: it can't happen in this state.
        """
        after = TABLE.get((self.state, seen))
        if after is None:
            raise InvalidTransition(f"{self.board} is {self.state.value}: {seen.value} can't happen to it", ())
        if seen is BoardSignal.CHECK_PASSED:
            self.failed_checks = self.resets = 0
        elif seen is BoardSignal.CHECK_FAILED:
            self.failed_checks += 1
        elif seen is BoardSignal.RESET_BEGAN:
            self.resets += 1
            self.resets_in_all += 1
            self.failed_checks = 0
        elif seen is BoardSignal.RELEASED:
            self.failed_checks = self.resets = self.resets_in_all = 0
        before, self.state = self.state, after
        if before is after:
            return None
        return Transition(self.board, before, after, cause, message, now, seconds)

    def next_step(self, *, can_reset: bool) -> Step:
        """What to do next; a board is looked at before it is reset, and never reset in a loop.

        Args:
            can_reset: whether there is a way to reset it.
        """
        if self.state in (State.HEALTHY, State.BUSY):
            return Step.USE
        if self.state is State.UNVERIFIED:
            return Step.CHECK
        if self.state is not State.SUSPECT:
            return Step.LEAVE
        if not self.failed_checks and not self.resets:
            return Step.CHECK
        if can_reset:
            spent = self.resets >= self.budget.resets or self.resets_in_all >= self.budget.resets_in_all
            return Step.HOLD if spent else Step.RESET
        return Step.HOLD if self.failed_checks >= self.budget.checks else Step.CHECK
