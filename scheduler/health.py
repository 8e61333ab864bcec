"""A supervisor's trust in its board: a state machine, and the next step for a board without trust.

    unverified ──check passed──▶ healthy ──work began──▶ busy
        │ ▲                       ▲    ▲──work ended──────┘ │
      check failed ◀─reset ended┐ check passed            trouble
        ▼                       │ │                         ▼
      suspect ──reset began──▶ resetting     suspect ◀──────┘
        └──budget spent──▶ held

Only a passed check makes a board healthy: the board was opened, ran one small operation, and has all its chips. A
supervisor never leaves `held`: only a person releases a board, and a new supervisor then starts at `unverified`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from scheduler.board_state import BoardState, Cause, Transition
from scheduler.errors import InvalidTransition


class BoardSignal(str, Enum):
    """What a supervisor observes about its board."""

    CHECK_PASSED = "check_passed"
    CHECK_FAILED = "check_failed"
    WORK_BEGAN = "work_began"
    """It begins to run vectors."""
    WORK_ENDED = "work_ended"
    """All its vectors ended."""
    TROUBLE = "trouble"
    """Its worker died, hung, could not open the board, or reported that the board is at fault."""
    RESET_BEGAN = "reset_began"
    RESET_ENDED = "reset_ended"
    RESET_FAILED = "reset_failed"
    BUDGET_SPENT = "budget_spent"
    """No check or reset is left to try."""


TABLE: dict[tuple[BoardState, BoardSignal], BoardState] = {
    (BoardState.UNVERIFIED, BoardSignal.CHECK_PASSED): BoardState.HEALTHY,
    (BoardState.UNVERIFIED, BoardSignal.CHECK_FAILED): BoardState.SUSPECT,
    (BoardState.UNVERIFIED, BoardSignal.TROUBLE): BoardState.SUSPECT,
    (BoardState.HEALTHY, BoardSignal.CHECK_PASSED): BoardState.HEALTHY,
    (BoardState.HEALTHY, BoardSignal.CHECK_FAILED): BoardState.SUSPECT,
    (BoardState.HEALTHY, BoardSignal.WORK_BEGAN): BoardState.BUSY,
    (BoardState.HEALTHY, BoardSignal.TROUBLE): BoardState.SUSPECT,
    (BoardState.BUSY, BoardSignal.CHECK_PASSED): BoardState.BUSY,
    (BoardState.BUSY, BoardSignal.CHECK_FAILED): BoardState.SUSPECT,
    (BoardState.BUSY, BoardSignal.WORK_ENDED): BoardState.HEALTHY,
    (BoardState.BUSY, BoardSignal.TROUBLE): BoardState.SUSPECT,
    (BoardState.SUSPECT, BoardSignal.CHECK_PASSED): BoardState.HEALTHY,
    (BoardState.SUSPECT, BoardSignal.CHECK_FAILED): BoardState.SUSPECT,
    (BoardState.SUSPECT, BoardSignal.TROUBLE): BoardState.SUSPECT,
    (BoardState.SUSPECT, BoardSignal.RESET_BEGAN): BoardState.RESETTING,
    (BoardState.SUSPECT, BoardSignal.BUDGET_SPENT): BoardState.HELD,
    (BoardState.RESETTING, BoardSignal.RESET_ENDED): BoardState.UNVERIFIED,
    (BoardState.RESETTING, BoardSignal.RESET_FAILED): BoardState.SUSPECT,
}
"""Every pair that may occur, and the state it leads to; any other pair is a bug in the caller."""


class Step(Enum):
    """What to do next with a board."""

    USE = "use"
    CHECK = "check"
    RESET = "reset"
    HOLD = "hold"
    WAIT = "wait"
    """Nothing: it is held, or being reset."""


@dataclass(frozen=True, slots=True)
class HealthBudget:
    """Checks and resets a board may need before it is held for a person.

    Attributes:
        checks: failed checks in a row, with no reset between them.
        resets: resets in a row, with no passed check between them.
        resets_in_all: resets in all.
    """

    checks: int = 2
    resets: int = 2
    resets_in_all: int = 10


@dataclass(slots=True)
class Health:
    """The state of one board, and how much of its budget is used.

    Attributes:
        board: its id.
        budget: the checks and resets it may need.
        state: the board's state.
        failed_checks: since the last passed check, or the last reset.
        resets: since the last passed check.
        resets_in_all: since this object was created.
    """

    board: str
    budget: HealthBudget = field(default_factory=HealthBudget)
    state: BoardState = BoardState.UNVERIFIED
    failed_checks: int = 0
    resets: int = 0
    resets_in_all: int = 0

    def apply(
        self, signal: BoardSignal, cause: Cause, now: float, message: str = "", seconds: float = 0.0
    ) -> Transition | None:
        """Apply a signal; return the transition, or None if the state stays.

        Raises:
            InvalidTransition: the signal can't occur in this state.
        """
        after = TABLE.get((self.state, signal))
        if after is None:
            raise InvalidTransition(f"{self.board} is {self.state.value}: {signal.value} can't happen to it", ())
        self._count(signal)
        before, self.state = self.state, after
        if before is after:
            return None
        return Transition(self.board, before, after, cause, message, now, seconds)

    def next_step(self, *, can_reset: bool) -> Step:
        """Return what to do next. A board is checked before it is reset, and never reset in a loop.

        Args:
            can_reset: whether the board has a reset command.
        """
        if self.state in (BoardState.HEALTHY, BoardState.BUSY):
            return Step.USE
        if self.state is BoardState.UNVERIFIED:
            return Step.CHECK
        if self.state is not BoardState.SUSPECT:
            return Step.WAIT
        if not self.failed_checks and not self.resets:
            return Step.CHECK
        if can_reset:
            spent = self.resets >= self.budget.resets or self.resets_in_all >= self.budget.resets_in_all
            return Step.HOLD if spent else Step.RESET
        return Step.HOLD if self.failed_checks >= self.budget.checks else Step.CHECK

    def _count(self, signal: BoardSignal) -> None:
        """Count a signal toward the budget."""
        if signal is BoardSignal.CHECK_PASSED:
            self.failed_checks = self.resets = 0
        elif signal is BoardSignal.CHECK_FAILED:
            self.failed_checks += 1
        elif signal is BoardSignal.RESET_BEGAN:
            self.resets += 1
            self.resets_in_all += 1
            self.failed_checks = 0
