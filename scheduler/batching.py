"""How large a batch is, and when a board gets it: early enough never to wait, late enough to be shared out evenly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batching:
    """Guided self-scheduling: each batch is a fixed share of what is left, so batches shrink toward the end.

    Attributes:
        depth: batches a board holds at once: the one it runs and those behind it.
        share: a batch is at most 1 / share of a board's even part of the work left, where boards share it.
        least_seconds: estimated seconds that a batch may have all the same: handing out less costs more than it brings.
        most_seconds: estimated seconds that no batch passes, unless one work alone does.
        most_works: works that no batch passes.
        lead: a board gets its next batch when so many estimated seconds are left of what it has. Longer than telling
            and being told take; shorter than would leave one board much to do when others have nothing.
    """

    depth: int = 2
    share: float = 2.0
    least_seconds: float = 0.05
    most_seconds: float = 2.0
    most_works: int = 512
    lead: float = 0.3

    def limits(self, seconds_left: float, works_left: int, boards: int) -> tuple[float, int]:
        """The most estimated seconds, and the most works (at least 1), of the next batch.

        Args:
            seconds_left: estimated seconds of all works not handed out that these boards can run.
            works_left: how many they are.
            boards: how many boards share them.
        """
        parts = self.share * boards if boards > 1 else 1.0
        seconds = max(self.least_seconds, seconds_left / parts)
        works = works_left / parts
        if seconds_left > 0:
            works = max(works, works_left * self.least_seconds / seconds_left)
        return min(self.most_seconds, seconds), max(1, min(self.most_works, round(works)))

    def room(self, batches: int, seconds: float) -> bool:
        """Whether a board is to get another batch now.

        Args:
            batches: how many it holds.
            seconds: estimated seconds of what it holds and has not ended.
        """
        return batches == 0 or (batches < self.depth and seconds <= self.lead)
