"""How large a batch is: large enough that handing it out costs little, small enough that boards end together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batching:
    """Guided self-scheduling: each batch is a fixed share of what is left, so batches shrink toward the end.

    Attributes:
        depth: batches a board holds at once: the one it runs and those behind it.
        share: a batch is at most 1 / share of a board's even part of the work left.
        most_seconds: estimated seconds that no batch passes, unless one work alone does.
        most_works: works that no batch passes.
    """

    depth: int = 2
    share: float = 2.0
    most_seconds: float = 2.0
    most_works: int = 256

    def limits(self, seconds_left: float, works_left: int, boards: int) -> tuple[float, int]:
        """The most estimated seconds, and the most works (at least 1), of the next batch.

        Args:
            seconds_left: estimated seconds of all works not handed out that these boards can run.
            works_left: how many they are.
            boards: how many boards share them.
        """
        parts = self.share * max(boards, 1)
        works = max(1, min(self.most_works, round(works_left / parts)))
        return min(self.most_seconds, seconds_left / parts), works
