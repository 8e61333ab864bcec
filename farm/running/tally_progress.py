"""The part that all displays of a run share: they count, and print a line for what is worth one. See `Progress`."""

from __future__ import annotations

from collections.abc import Callable

from farm.core.attempt import Attempt
from farm.core.progress import BoardStatus
from farm.report.tally import Tally


class TallyProgress:
    """Counts what the driver reports. A display adds how notes and verdicts are shown."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._tally = Tally(clock)

    def planned(self, vectors: int) -> None:
        """See `Progress`."""
        self._tally.planned += vectors

    def board(self, board: str, status: BoardStatus) -> None:
        """See `Progress`."""
        line = self._tally.board(board, status)
        if line is not None:
            self.note(line)

    def attempt(self, attempt: Attempt, operation: str) -> None:  # noqa: ARG002 - see `Progress`
        """See `Progress`."""
        self._tally.attempt(attempt)

    def note(self, text: str) -> None:
        """See `Progress`."""
        raise NotImplementedError
