"""The interface between a run's driver and its displays: terminal, log, or the farm's registry.

The driver calls a `Progress` thousands of times a second; the `Progress` decides when to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from farm.core.attempt import Attempt, Conclusion
from scheduler.board_state import BoardState


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """The status of a board in a run, as its driver reports it.

    Attributes:
        state: the state in the scheduler's ledger.
        activity: what it runs, in a few words (`ttnn.add, 47 vectors, 1x2`); empty if nothing.
        message: why it is in this state; may be empty.
        faults: how often it was at fault in this run; the loss of its supervisor or its host is no fault of its own.
        trouble: the last fault or loss, in words; empty without any.
    """

    state: BoardState
    activity: str = ""
    message: str = ""
    faults: int = 0
    trouble: str = ""


class Progress(Protocol):
    """The receiver of a driver's reports. A context manager: leaving it ends the display, even after an error."""

    def planned(self, vectors: int) -> None:
        """Report that more vectors are planned."""

    def board(self, board: str, status: BoardStatus) -> None:
        """Report the new status of a board."""

    def attempt(self, attempt: Attempt, operation: str) -> None:
        """Report an attempt that ended and was recorded."""

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """Report a vector's verdict. Called once per vector, after its last attempt."""

    def note(self, text: str) -> None:
        """Report an event that deserves a line of its own, such as a stop."""

    def __enter__(self) -> Progress:
        """Start the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the display."""


class Silent:
    """A `Progress` that shows nothing."""

    def planned(self, vectors: int) -> None:
        """See `Progress`."""

    def board(self, board: str, status: BoardStatus) -> None:
        """See `Progress`."""

    def attempt(self, attempt: Attempt, operation: str) -> None:
        """See `Progress`."""

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """See `Progress`."""

    def note(self, text: str) -> None:
        """See `Progress`."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
