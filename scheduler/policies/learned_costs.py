"""Learn the ratio of actual to estimated seconds of tasks during a run."""

from __future__ import annotations

from collections.abc import Hashable

from scheduler.task import CostClass


class LearnedCosts:
    """A `CostPolicy` of weighted means that forget slowly.

    A few outcomes say little, so each class starts from the factor of its group, and that from the overall factor.
    """

    def __init__(self, decay: float = 0.98, trust: float = 3.0) -> None:
        """Start with uncorrected estimates.

        Args:
            decay: the weight of older outcomes after each new one.
            trust: the number of outcomes that a start is worth.
        """
        self._decay = decay
        self._trust = trust
        self.overall = 1.0
        self.has_observations = False
        self._all = [0.0, 0.0]  # actual and estimated seconds
        self._sums: dict[Hashable, list[float]] = {}  # by class and by group
        self._worst: dict[Hashable, float] = {}

    def observe(self, cost_class: CostClass, estimated: float, actual: float) -> None:
        """See `CostPolicy`."""
        self.has_observations = True
        for key in (cost_class, cost_class[1]):
            if estimated > 0:
                self._worst[key] = max(self._worst.get(key, 0.0), actual / estimated)
            self._add(self._sums.setdefault(key, [0.0, 0.0]), estimated, actual)
        self._add(self._all, estimated, actual)
        if self._all[1] > 0:
            self.overall = self._all[0] / self._all[1]

    def knows(self, cost_class: CostClass) -> bool:
        """See `CostPolicy`."""
        return cost_class in self._sums

    def worst_factor(self, cost_class: CostClass) -> float:
        """See `CostPolicy`: of the class, else of its group, else the overall factor."""
        return self._worst.get(cost_class, self._worst.get(cost_class[1], self.overall))

    def factor(self, cost_class: CostClass) -> float:
        """See `CostPolicy`."""
        return self._mixed(cost_class, self._mixed(cost_class[1], self.overall))

    def _mixed(self, key: Hashable, start: float) -> float:
        sums = self._sums.get(key)
        if sums is None or sums[1] <= 0:
            return start
        weight = self._trust * self._all[1] * (1 - self._decay)  # of a typical task
        return (sums[0] + start * weight) / (sums[1] + weight)

    def _add(self, sums: list[float], estimated: float, actual: float) -> None:
        sums[0] = sums[0] * self._decay + actual
        sums[1] = sums[1] * self._decay + estimated
