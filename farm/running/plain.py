"""Progress as lines, for files, pipes and CI logs: few lines, and no control codes."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import BoardStatus
from farm.report.tally import Tally, duration
from farm.report.text import first_line

SECONDS_BETWEEN = 5.0
"""Seconds between two lines of counts."""


class PlainProgress:
    """A line every few seconds, and one for each new kind of failure. See `Progress`."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._tally = Tally(clock)
        self._last_line = clock()

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

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """See `Progress`."""
        line = self._tally.conclude(conclusion, operation)
        if line is not None:
            self.note(line)
        if self._clock() - self._last_line >= SECONDS_BETWEEN:
            self._report()

    def note(self, text: str) -> None:
        """See `Progress`."""
        line = f"farm: {first_line(text)}\n"
        encoding = self._stream.encoding or "utf-8"  # a StringIO has none
        self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tally.done:
            self._report()

    def _report(self) -> None:
        self._last_line = self._clock()
        left = self._tally.seconds_left
        rest = "" if not left else f", about {duration(left)} left"
        self.note(self._tally.summary() + rest)
