"""The records of a run: attempts, verdicts and board events, written together, and shown once they are durable."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from farm.core.attempt import Attempt, Conclusion
from farm.core.progress import Progress
from farm.core.stop_signals import stop_signals_wait
from farm.planning.vectors import Vector
from farm.store.records import BoardEvent, RunBoard

FLUSH_SECONDS = 0.25
"""How long records may wait to be written together: a commit takes milliseconds, whatever its size."""


class Recorder(Protocol):
    """The part of the results store that the driver uses; `farm.store.Store` is one."""

    def board(self, run_id: str, board: RunBoard) -> None:
        """Record a board."""

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt],
        conclusions: Sequence[Conclusion],
        events: Sequence[BoardEvent],
    ) -> None:
        """Record attempts, verdicts and board events, in one transaction."""


class PendingRecords:
    """The records of a run that wait to be written.

    Attributes:
        run_id: the run in the store.
        vectors: vectors whose verdict is not recorded yet, by id.
    """

    def __init__(
        self, run_id: str, recorder: Recorder, progress: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.run_id = run_id
        self.vectors: dict[str, Vector] = {}
        self._recorder = recorder
        self._progress = progress
        self._clock = clock
        self._by_vector: defaultdict[str, dict[int, Attempt]] = defaultdict(dict)  # of vectors without a verdict
        self._attempts: list[Attempt] = []
        self._conclusions: list[Conclusion] = []
        self._events: list[BoardEvent] = []
        self._flushed = clock()

    @property
    def is_due(self) -> bool:
        """Whether records have waited long enough."""
        return self._clock() - self._flushed > FLUSH_SECONDS

    def board(self, board: RunBoard) -> None:
        """Record a board, at once."""
        self._recorder.board(self.run_id, board)

    def resume(self, vector_id: str, attempts: Mapping[int, Attempt]) -> None:
        """Take over a vector's attempts, by number, that an earlier driver recorded."""
        self._by_vector[vector_id] = dict(attempts)

    def attempt(self, attempt: Attempt) -> None:
        """Add an attempt."""
        self._attempts.append(attempt)
        self._by_vector[attempt.outcome.vector_id][attempt.number] = attempt

    def take_attempts(self, vector_id: str) -> dict[int, Attempt]:
        """Return a vector's attempts by number, and forget them."""
        return self._by_vector.pop(vector_id, {})

    def conclusion(self, conclusion: Conclusion) -> None:
        """Add a verdict."""
        self._conclusions.append(conclusion)

    def event(self, event: BoardEvent) -> None:
        """Add an event of a board."""
        self._events.append(event)

    def flush(self) -> None:
        """Write everything that was added since the last time, then show it. A stop signal is handled afterwards."""
        with stop_signals_wait():  # else nobody would know what is written, and events would be written twice
            self._flush()

    def _flush(self) -> None:
        attempts, conclusions, events = self._attempts, self._conclusions, self._events
        self._flushed = self._clock()
        # if this raises, the records are kept for the next time: the store has none of them then
        self._recorder.record(self.run_id, attempts, conclusions, events)
        self._attempts, self._conclusions, self._events = [], [], []
        for attempt in attempts:
            self._progress.attempt(attempt, self.vectors[attempt.outcome.vector_id].operation)
        for conclusion in conclusions:
            self._progress.concluded(conclusion, self.vectors.pop(conclusion.vector_id).operation)
