"""What a run tells while it goes on.

The driver calls a `Progress`, thousands of times a second; when to show what is left to it.
"""

from __future__ import annotations

from enum import Enum
from types import TracebackType
from typing import Protocol

from farm.core.attempt import Attempt, Conclusion


class Lane(str, Enum):
    """What a board is doing."""

    STARTING = "starting"
    OPENING = "opening"
    RUNNING = "running"
    IDLE = "idle"
    RESTARTING = "restarting"
    RETIRED = "retired"
    LOST = "lost"
    LEFT = "left"


class Progress(Protocol):
    """What the driver calls. A context manager: leaving it ends the display, whatever happened."""

    def planned(self, vectors: int) -> None:
        """So many more vectors are planned."""

    def lane(self, board: str, state: Lane, doing: str = "") -> None:
        """A board's state changed; `doing` says in a few words what it runs (`ttnn.add, 47 vectors, 1x2`)."""

    def attempt(self, attempt: Attempt, operation: str) -> None:
        """An attempt ended."""

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """A vector has its verdict. Called once per vector, after its last attempt."""

    def note(self, text: str) -> None:
        """Something to know now: a board lost, a stop asked for."""

    def __enter__(self) -> Progress:
        """Starts the display."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the display."""


class Silent:
    """A `Progress` that shows nothing."""

    def planned(self, vectors: int) -> None:
        """See `Progress`."""

    def lane(self, board: str, state: Lane, doing: str = "") -> None:
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
