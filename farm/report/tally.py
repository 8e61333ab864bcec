"""The counting behind every progress display."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import Lane
from farm.core.verdicts import Verdict
from farm.report.signature import on_one_line, signature
from farm.report.text import first_line

# Beyond so many different failures, a display only counts: the report has them all.
MOST_FAILURES_SHOWN = 40


@dataclass(slots=True)
class BoardLane:
    """What one board does, how many attempts it made, and how many of them were failures or faults."""

    state: Lane = Lane.STARTING
    doing: str = ""
    attempts: int = 0
    bad: int = 0


class Tally:
    """What is known of a run so far.

    Attributes:
        planned: vectors.
        verdicts: concluded vectors by verdict.
        boards: lanes, in the order they appeared.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.planned = 0
        self.verdicts: Counter[Verdict] = Counter()
        self.boards: dict[str, BoardLane] = {}
        self._clock = clock
        self._first_attempt: float | None = None
        self._last_bad: dict[str, Attempt] = {}
        self._shown: set[tuple[Verdict, str]] = set()

    @property
    def done(self) -> int:
        """How many vectors have their verdict."""
        return sum(self.verdicts.values())

    @property
    def seconds_left(self) -> float | None:
        """What the rest takes at the pace so far; None while that would be a guess."""
        if self._first_attempt is None or self.done < 10:
            return None
        return (self._clock() - self._first_attempt) / self.done * max(self.planned - self.done, 0)

    def lane(self, board: str, state: Lane, doing: str = "") -> None:
        """Notes what a board does."""
        lane = self.boards.setdefault(board, BoardLane())
        lane.state, lane.doing = state, doing

    def attempt(self, attempt: Attempt) -> None:
        """Counts an attempt on its board."""
        if self._first_attempt is None:
            self._first_attempt = self._clock()
        lane = self.boards.setdefault(attempt.board, BoardLane())
        lane.attempts += 1
        if attempt.outcome.verdict.failed or attempt.outcome.verdict.fault:
            lane.bad += 1
            self._last_bad[attempt.outcome.vector_id] = attempt

    def conclude(self, conclusion: Conclusion, operation: str) -> str | None:
        """Counts a verdict; returns a line about it if it is a failure or fault of a sort not seen before."""
        self.verdicts[conclusion.verdict] += 1
        attempt = self._last_bad.pop(conclusion.vector_id, None)
        if not (conclusion.verdict.failed or conclusion.verdict.fault):
            return None
        message = conclusion.message or (attempt.outcome.message if attempt else "")
        sort = (conclusion.verdict, signature(message))
        if sort in self._shown or len(self._shown) >= MOST_FAILURES_SHOWN:
            return None
        self._shown.add(sort)
        where = f" on {attempt.board}" if attempt else ""
        return first_line(f"{conclusion.verdict.value} {operation}{where}: {on_one_line(message, limit=160)}")

    def summary(self) -> str:
        """`312 of 555, 310 validated, 2 not_run`."""
        parts = [f"{self.done} of {self.planned}"]
        parts += [f"{self.verdicts[verdict]} {verdict.value}" for verdict in Verdict if self.verdicts[verdict]]
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3:07 min`, `1:02 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"
