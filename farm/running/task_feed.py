"""The vectors of a run as the scheduler's tasks, a window at a time, whatever the size of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from farm.core.attempt import Attempt
from farm.planning.estimates import Estimates
from farm.planning.resume import PastAttempts
from farm.planning.vectors import Vector
from farm.running.pending_records import PendingRecords
from farm.running.translation import attempt_result, conclude_unrunnable, lost_attempt
from scheduler import PastAttempt, Task

WINDOW = 20_000
"""How many vectors the driver holds at once: enough to place them well."""


class TaskFeed:
    """Converts vectors to tasks as they are needed; vectors that can't run get their verdict at once."""

    def __init__(
        self, vectors: Iterable[Vector], estimates: Estimates, past: Mapping[str, PastAttempts], records: PendingRecords
    ) -> None:
        """Start with the first vector.

        Args:
            vectors: what to run.
            estimates: how long they are expected to take.
            past: what an earlier driver recorded of them, by id.
            records: where vectors, their past attempts and verdicts go.
        """
        self._vectors = iter(vectors)
        self._estimates = estimates
        self._past = past
        self._records = records

    def next_tasks(self, waiting: int) -> tuple[Task, ...] | None:
        """Return the next tasks, perhaps none that can run; None if there are enough, or no more vectors.

        Args:
            waiting: the tasks that the scheduler has.
        """
        if waiting > WINDOW // 2:
            return None
        vectors = list(islice(self._vectors, WINDOW // 2))
        if not vectors:
            return None
        tasks = []
        for vector in vectors:
            self._records.vectors[vector.id] = vector
            if vector.unrunnable:
                self._records.conclusion(conclude_unrunnable(vector.id, vector.unrunnable))
            else:
                tasks.append(self._task(vector))
        return tuple(tasks)

    def _task(self, vector: Vector) -> Task:
        past = self._past.get(vector.id, PastAttempts(()))
        attempts = self._take_over(vector.id, past) if past.attempts else ()
        estimate = self._estimates.of(vector)
        return Task(
            vector.id,
            key=vector.setup,
            group=vector.operation,
            cost=estimate.seconds,
            past=attempts,
            forgiven=len(attempts) if past.forgiven else 0,
            guess=estimate.basis.is_guess,
        )

    def _take_over(self, vector_id: str, past: PastAttempts) -> tuple[PastAttempt, ...]:
        """Return a vector's past attempts; one that was never recorded says nothing about the vector."""
        attempts = {attempt.number: attempt for attempt in past.attempts}
        for number in set(range(1, max(attempts) + 1)) - set(attempts):
            attempts[number] = Attempt(number, "", lost_attempt(vector_id, "a board", "it was not recorded", 0.0))
        self._records.resume(vector_id, attempts)
        ordered = (attempts[number] for number in sorted(attempts))
        return tuple(PastAttempt(attempt.board, attempt_result(attempt.outcome)) for attempt in ordered)
