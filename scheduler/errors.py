"""Errors of the scheduler. Each means a bug, in the caller or here; none is about tasks or boards that fail.

* InvalidTransition: this event can't happen in this state
* InvariantBroken: the state contradicts itself after an event
"""

from __future__ import annotations

from collections.abc import Iterable


class InvalidTransition(Exception):  # noqa: N818 - named for what happened, as StopIteration is
    """Raised when an event can't happen in the current state.

    Attributes:
        history: the last events before it, oldest first, each with its time and the instructions it led to.
    """

    def __init__(self, message: str, history: Iterable[object]) -> None:
        self.history = tuple(history)
        lines = "".join(f"\n  {entry}" for entry in self.history)
        super().__init__(f"{message}; the last events:{lines or ' none'}")


class InvariantBroken(InvalidTransition):
    """Raised when the scheduler's state contradicts itself after an event."""
