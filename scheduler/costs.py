"""What work costs: estimates before it runs, and how far they were off once some of it has run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median

from scheduler.work import CostClass

PAST_OUTCOMES = 32
"""How many of the last outcomes count for an estimate: boards and software change."""


@dataclass(frozen=True, slots=True)
class SetupCosts:
    """What a board spends beside the works themselves, in seconds.

    Attributes:
        switch: setting it up for another key, the first included.
        first: its first work of a group since it was set up, over a later one.
    """

    switch: float = 0.0
    first: float = 0.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a work is, as far as that can be told before it runs.

    Attributes:
        bytes: of all tensors it reads.
        flops: floating-point operations, 0 where unknown.
    """

    bytes: float = 0.0
    flops: float = 0.0

    @property
    def weight(self) -> float:
        """One number to scale by: never 0, so that small works are not free."""
        return 1e6 + self.bytes + self.flops / 1e3


def typical(seconds: Sequence[float]) -> float:
    """The estimate from past outcomes, newest first: the median of the last ones, which one slow start doesn't move."""
    return median(seconds[:PAST_OUTCOMES])


def scaled(past: Sequence[tuple[float, Size]], size: Size) -> float:
    """The estimate for a work that never ran, from others of its operation: their seconds scaled by size.

    Twice the bytes seldom take twice the time, since every call has a fixed part: half of each is taken for fixed.
    """
    recent = past[: 4 * PAST_OUTCOMES]
    seconds = sum(each for each, _ in recent) / len(recent)
    weight = sum(each.weight for _, each in recent) / len(recent)
    return seconds * (0.5 + 0.5 * size.weight / weight)


class Pace:
    """How long works of each class take, over what was estimated: learnt while they run.

    A few outcomes say little, so each class starts from what is known of its group, and that from what is known of all.

    Attributes:
        overall: what to multiply an estimate by, over all sorts.
        overall_known: whether that was learnt from any outcome.
    """

    def __init__(self, decay: float = 0.98, trust: float = 3.0) -> None:
        self._decay = decay
        self._trust = trust  # outcomes that a start is worth
        self.overall = 1.0
        self.overall_known = False
        self._all = [0.0, 0.0]
        self._sums: dict[Hashable, list[float]] = {}  # by class and by group
        self._most: dict[Hashable, float] = {}

    def observe(self, cost_class: CostClass, estimated: float, actual: float) -> None:
        """A work of a class ended."""
        self.overall_known = True
        for known in (cost_class, cost_class[1]):
            if estimated > 0:
                self._most[known] = max(self._most.get(known, 0.0), actual / estimated)
            self._add(self._sums.setdefault(known, [0.0, 0.0]), estimated, actual)
        self._add(self._all, estimated, actual)
        if self._all[1] > 0:
            self.overall = self._all[0] / self._all[1]

    def knows(self, cost_class: CostClass) -> bool:
        """Whether any work of a class has ended."""
        return cost_class in self._sums

    def most(self, cost_class: CostClass) -> float:
        """What the most underestimated work of a class took over its estimate, else of its group, else of all."""
        return self._most.get(cost_class, self._most.get(cost_class[1], self.overall))

    def factor(self, cost_class: CostClass) -> float:
        """What to multiply an estimate of this class by."""
        return self._mixed(cost_class, self._mixed(cost_class[1], self.overall))

    def _mixed(self, known: Hashable, start: float) -> float:
        sums = self._sums.get(known)
        if sums is None or sums[1] <= 0:
            return start
        weight = self._trust * self._all[1] * (1 - self._decay)  # of a typical work
        return (sums[0] + start * weight) / (sums[1] + weight)

    def _add(self, sums: list[float], estimated: float, actual: float) -> None:
        sums[0] = sums[0] * self._decay + actual
        sums[1] = sums[1] * self._decay + estimated
