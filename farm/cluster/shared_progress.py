"""The progress of a run on a farm: shown to its user, and reported to the farm's registry."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import BoardStatus, Progress


class SharedProgress:
    """Passes all calls on to a `Progress`, and keeps what the registry is told.

    Attributes:
        boards: the last status of each board.
        vectors: planned vectors.
        verdicts: concluded vectors by verdict.
    """

    def __init__(self, display: Progress) -> None:
        self.boards: dict[str, BoardStatus] = {}
        self.vectors = 0
        self.verdicts: Counter[str] = Counter()
        self._display = display

    def planned(self, vectors: int) -> None:
        """See `Progress`."""
        self.vectors += vectors
        self._display.planned(vectors)

    def board(self, board: str, status: BoardStatus) -> None:
        """See `Progress`."""
        self.boards[board] = status
        self._display.board(board, status)

    def attempt(self, attempt: Attempt, operation: str) -> None:
        """See `Progress`."""
        self._display.attempt(attempt, operation)

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """See `Progress`."""
        self.verdicts[conclusion.verdict.value] += 1
        self._display.concluded(conclusion, operation)

    def note(self, text: str) -> None:
        """See `Progress`."""
        self._display.note(text)

    def __enter__(self) -> Progress:
        self._display.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.__exit__(kind, error, trace)
