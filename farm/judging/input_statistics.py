"""Inputs like those of a trace, as far as the operation is well-defined on them."""

from __future__ import annotations

import math

from farm.judging.input_domains import Domain, Magnitudes, Observed, Reals
from tracer.value_statistics import ValueStatistics


def like(domain: Domain, statistics: ValueStatistics) -> Domain:
    """Return the domain of numbers that have the statistics of traced ones and are inside a domain.

    What needs certain numbers keeps them: indices, masks, numbers without ties or away from where a rounding flips the
    result. So does a tensor whose traced numbers were all equal or not finite, or outside the domain: drawn by its
    domain, it tests more.
    """
    if not isinstance(domain, (Reals, Magnitudes)) or not statistics.has_finite:
        return domain
    lowest = domain.low if isinstance(domain, Reals) or not domain.signed else -domain.high
    low, high = max(statistics.minimum, lowest), min(statistics.maximum, domain.high)
    if not low < high:
        return domain
    finite = 1 - statistics.non_finite
    holds_zero = isinstance(domain, Reals) and low <= 0 <= high and all(abs(p) >= domain.margin for p in domain.avoid)
    zeros = statistics.zeros if holds_zero else 0.0
    mean = statistics.mean * finite / (finite - zeros) if zeros < finite else statistics.mean
    mean = min(max(mean, low + (high - low) / 1000), high - (high - low) / 1000)
    signed = isinstance(domain, Magnitudes) and domain.signed
    unbounded = isinstance(domain, Reals) and math.isinf(domain.low) and math.isinf(domain.high)
    return Observed(
        low,
        high,
        mean,
        min(_deviation(statistics.count) * (high - low), mean - low, high - mean),
        zeros,
        *(
            (statistics.nans, statistics.positive_infinities, statistics.negative_infinities)
            if unbounded
            else (0.0, 0.0, 0.0)
        ),
        (0.0, *domain.avoid) if signed else domain.avoid,
        domain.low if signed else domain.margin,
    )


def spread_of(statistics: ValueStatistics) -> float:
    """Return the standard deviation of numbers that have the statistics of traced ones, about; 1 if none is known."""
    width = statistics.maximum - statistics.minimum
    return _deviation(statistics.count) * width if statistics.has_finite and width > 0 else 1.0


def _deviation(count: int) -> float:
    """The deviation of normal numbers as a share of their range, by how many they are."""
    return 1 / (2 * math.sqrt(2 * math.log(max(count, 8))))
