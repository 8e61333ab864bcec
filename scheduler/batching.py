"""The size of batches, and when a board gets the next: early enough to never idle, late enough to share evenly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batching:
    """Guided self-scheduling: each batch is a fixed share of the remaining work, so batches shrink toward the end.

    Attributes:
        depth: batches a board holds at once: the one it runs and those queued behind it.
        share: a batch is at most 1 / share of a board's even part of the remaining work, where boards share it.
        min_seconds: estimated seconds that a batch may always have: handing out smaller ones costs more than
            it gains.
        max_seconds: upper limit of a batch in estimated seconds, unless a single task exceeds it.
        max_tasks: upper limit of a batch in tasks.
        lead: a board gets its next batch when this many estimated seconds are left of what it holds. Longer than one
            round trip of messages; shorter than would leave one board busy while others idle.
    """

    depth: int = 2
    share: float = 2.0
    min_seconds: float = 0.05
    max_seconds: float = 2.0
    max_tasks: int = 512
    lead: float = 0.3

    def limits(self, seconds_left: float, tasks_left: int, boards: int) -> tuple[float, int]:
        """Return the limits of the next batch: estimated seconds, and tasks (at least 1).

        Args:
            seconds_left: estimated seconds of all tasks not handed out that these boards can run.
            tasks_left: the number of those tasks.
            boards: the number of boards that share them.
        """
        parts = self.share * boards if boards > 1 else 1.0
        seconds = max(self.min_seconds, seconds_left / parts)
        tasks = tasks_left / parts
        if seconds_left > 0:
            tasks = max(tasks, tasks_left * self.min_seconds / seconds_left)
        return min(self.max_seconds, seconds), max(1, min(self.max_tasks, round(tasks)))

    def has_room(self, batches: int, seconds: float) -> bool:
        """Whether a board should get another batch now.

        Args:
            batches: the number of batches it holds.
            seconds: estimated seconds of the tasks it holds and has not ended.
        """
        return batches == 0 or (batches < self.depth and seconds <= self.lead)
