"""Progress as lines, for files, pipes and CI logs: few lines, and no control codes."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from farm.core.attempt import Conclusion
from farm.report.tally import duration
from farm.report.text import first_line
from farm.running.tally_progress import TallyProgress

SECONDS_BETWEEN = 5.0
"""Seconds between two lines of counts."""


class PlainProgress(TallyProgress):
    """A line every few seconds, and one for each new kind of failure. See `Progress`."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        super().__init__(clock)
        self._last_line = clock()

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
