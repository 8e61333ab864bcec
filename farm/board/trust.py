"""The trust in one board: its health, the resets that restore it, and the transitions to report."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from farm.board.held_chip import HeldChip
from farm.board.holders import Holder
from farm.board.limits import Limits
from farm.board.reset import Resetter
from farm.core.board import Board
from scheduler.board_state import BoardState, Cause, Transition
from scheduler.health import BoardSignal, Health, Step

_LOG = logging.getLogger(__name__)


class Trust:
    """The trust in one board; `scheduler.health` holds the rules.

    Attributes:
        health: the state of the board.
        resetter: resets it.
        reset_complaint: why the last reset was not good; "" if it was, or there was none.
    """

    def __init__(self, board: Board, limits: Limits) -> None:
        self.resetter = Resetter(board, limits.reset)
        # earlier resets count, also those by other supervisors: a new supervisor is no new board
        self.health = Health(board.id, limits.budget, resets_in_all=self.resetter.recent())
        self.reset_complaint = ""
        self._held_seconds = limits.held
        self._transitions: list[Transition] = []

    @property
    def healthy(self) -> bool:
        """Whether the board passed its check, and nothing went wrong since."""
        return self.health.state is BoardState.HEALTHY

    @property
    def usable(self) -> bool:
        """Whether the board may be tried at all."""
        return self.health.state is not BoardState.HELD

    @property
    def complaint(self) -> str:
        """The last message of a transition that wasn't reported yet; the state where none has one."""
        return next((each.message for each in reversed(self._transitions) if each.message), self.health.state.value)

    def next_step(self) -> Step:
        """What to do next with the board."""
        return self.health.next_step(can_reset=self.resetter.way is not None)

    def observe(self, signal: BoardSignal, cause: Cause, message: str = "", seconds: float = 0.0) -> None:
        """Apply what happened to the board to its health.

        Args:
            signal: what happened.
            cause: why.
            message: why, in words.
            seconds: how long it took, for a reset or a check.
        """
        transition = self.health.apply(signal, cause, time.time(), message, seconds)
        if transition is None:
            return
        self._transitions.append(transition)
        _log(transition)

    def transitions(self) -> Iterator[Transition]:
        """The transitions that were not reported yet; they count as reported from now on."""
        transitions, self._transitions = self._transitions, []
        yield from transitions

    def wait_while_held(self, chip: HeldChip, stopping: Callable[[], bool]) -> None:
        """Wait for the process that has a chip of the board open; hold the board for a person if it doesn't end.

        Args:
            chip: the chip. It must not be reset under that process.
            stopping: whether to wait no longer.
        """
        _LOG.warning("%s: %s, waiting for its end", self.health.board, chip.holder)
        if not chip.wait(self._held_seconds, stopping) and not stopping():
            self._hold_in_use(chip.holder)

    def reset(self, stopping: Callable[[], bool]) -> None:
        """Reset the board, whose processes must have ended; one that other processes use is waited for, or held.

        Args:
            stopping: whether to wait no longer.
        """
        deadline = time.monotonic() + self._held_seconds
        logged: tuple[Holder, ...] = ()
        while users := self.resetter.users():
            if time.monotonic() >= deadline:
                self._hold_in_use("; ".join(map(str, users)))
                return
            if users != logged:
                _LOG.warning("%s: not reset under a process: %s, waiting for its end", self.health.board, users[0])
                logged = users
            chip = HeldChip(users[0].pid, str(users[0]))
            chip.wait(deadline - time.monotonic(), stopping)
            if stopping():
                return
        self.observe(BoardSignal.RESET_BEGAN, Cause.RESET_NEEDED)
        result = self.resetter.reset()
        self.reset_complaint = result.message
        if result.good:
            self.observe(BoardSignal.RESET_ENDED, Cause.RESET_ENDED, result.message, result.seconds)
        else:
            cause = Cause.RESET_TIMEOUT if result.timed_out else Cause.RESET_FAILED
            self.observe(BoardSignal.RESET_FAILED, cause, result.message, result.seconds)

    def _hold_in_use(self, users: str) -> None:
        message = f"{users}, after a wait of {self._held_seconds:g} s"
        self.observe(BoardSignal.TROUBLE, Cause.CHIP_IN_USE, message)
        self.observe(BoardSignal.BUDGET_SPENT, Cause.CHIP_IN_USE, message)


def _log(transition: Transition) -> None:
    """Log a transition; those of every batch only for debugging."""
    if transition.cause in (Cause.WORK_BEGAN, Cause.WORK_ENDED):
        level = logging.DEBUG
    elif transition.after is BoardState.HEALTHY or not transition.message:
        level = logging.INFO
    else:
        level = logging.WARNING
    _LOG.log(
        level,
        "%s: %s, %s before: %s%s",
        *(transition.board, transition.after.value, transition.before.value),
        *(transition.cause.value.replace("_", " "), transition.message and f": {transition.message}"),
    )
