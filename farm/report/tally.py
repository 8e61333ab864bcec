"""The counts behind every progress display."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import BoardStatus
from farm.core.verdicts import Verdict
from farm.report.signature import on_one_line, signature
from farm.report.text import first_line
from scheduler.board_state import BoardState

MAX_FAILURES_SHOWN = 40
"""How many different failures a display shows; it only counts the others, which the report lists."""
NOTEWORTHY = frozenset(
    {BoardState.LOST, BoardState.HELD, BoardState.LEAVING, BoardState.LEFT, BoardState.RETIRED},
)
"""States of a board that deserve a line of their own."""


@dataclass(slots=True)
class BoardTally:
    """One board in a display.

    Attributes:
        status: its last status.
        attempts: attempts it made.
        bad: those that ended in a failure or fault.
    """

    status: BoardStatus = field(default_factory=lambda: BoardStatus(BoardState.STARTING))
    attempts: int = 0
    bad: int = 0


class Tally:
    """The counts of a run so far.

    Attributes:
        planned: vectors.
        verdicts: concluded vectors by verdict.
        boards: in the order they appeared.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.planned = 0
        self.verdicts: Counter[Verdict] = Counter()
        self.boards: dict[str, BoardTally] = {}
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
        """Seconds the rest takes at the present pace; None while that would be a guess."""
        if self._first_attempt is None or self.done < 10:
            return None
        return (self._clock() - self._first_attempt) / self.done * max(self.planned - self.done, 0)

    def board(self, board: str, status: BoardStatus) -> str | None:
        """Take in a board's status; return a line about it if its state changed to one that deserves a line."""
        tally = self.boards.setdefault(board, BoardTally())
        before, tally.status = tally.status, status
        if status.state is before.state:
            return None
        if status.state is BoardState.STARTING and before.state is BoardState.LOST:
            return f"{board} is started again"
        if status.state not in NOTEWORTHY:
            return None
        repeated = before.state in NOTEWORTHY and status.message == before.message
        return f"{board} {status.state.value}" + (f": {status.message}" if status.message and not repeated else "")

    def attempt(self, attempt: Attempt) -> None:
        """Count an attempt on its board."""
        if self._first_attempt is None:
            self._first_attempt = self._clock()
        tally = self.boards.setdefault(attempt.board, BoardTally())
        tally.attempts += 1
        if attempt.outcome.verdict.failed or attempt.outcome.verdict.fault:
            tally.bad += 1
            self._last_bad[attempt.outcome.vector_id] = attempt

    def conclude(self, conclusion: Conclusion, operation: str) -> str | None:
        """Count a verdict; return a line about it if it is a new kind of failure or fault."""
        self.verdicts[conclusion.verdict] += 1
        attempt = self._last_bad.pop(conclusion.vector_id, None)
        if not (conclusion.verdict.failed or conclusion.verdict.fault):
            return None
        message = conclusion.message or (attempt.outcome.message if attempt else "")
        failure = (conclusion.verdict, signature(message))
        if failure in self._shown or len(self._shown) >= MAX_FAILURES_SHOWN:
            return None
        self._shown.add(failure)
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
