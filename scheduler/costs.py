"""Estimates of what work costs, before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

PAST_OUTCOMES = 32
"""How many of the last outcomes count for an estimate: boards and software change."""


@dataclass(frozen=True, slots=True)
class SetupCosts:
    """What a board spends besides the tasks themselves, in seconds.

    Attributes:
        switch: setting it up for another key, the first included.
        first: its first task of a group since it was set up, over a later one.
    """

    switch: float = 0.0
    first: float = 0.0


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a task, as far as it is known before it runs.

    Attributes:
        bytes: of all tensors it reads.
        flops: floating-point operations, 0 if unknown.
    """

    bytes: float = 0.0
    flops: float = 0.0

    @property
    def weight(self) -> float:
        """One number to scale by: never 0, so that small tasks are not free."""
        return 1e6 + self.bytes + self.flops / 1e3


def typical(seconds: Sequence[float]) -> float:
    """Estimate from past outcomes, newest first: the median of the last ones, which one slow start does not move."""
    return median(seconds[:PAST_OUTCOMES])


def scaled(past: Sequence[tuple[float, Size]], size: Size) -> float:
    """Estimate a task that never ran from others of its operation: their seconds, scaled by size.

    Twice the bytes rarely take twice the time, since every call has a fixed part: half of each is taken as fixed.
    """
    recent = past[: 4 * PAST_OUTCOMES]
    seconds = sum(each for each, _ in recent) / len(recent)
    weight = sum(each.weight for _, each in recent) / len(recent)
    return seconds * (0.5 + 0.5 * size.weight / weight)
