"""Distances of numbers in units in the last place (ULP)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.judging.formats import Floats, NumberFormat

LEAST, MOST = -1, 63
"""The exponents of the first and the last bound of a histogram: distances up to half a ULP, and beyond 2**62."""

_FRACTION = np.int64((1 << 52) - 1)
_BIAS = 1023


def ulps(expected: Floats, actual: npt.NDArray[Any], form: NumberFormat, *, transposed: bool = False) -> Floats:
    """Return how far numbers are from expected ones, in ULPs of a format at the expected ones.

    NaN where one of the two is not finite.

    Args:
        expected: float64 of any shape; it need not be rounded to the format.
        actual: numbers of the same shape.
        form: the format.
        transposed: as in `FloatFormat.spacing`.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(actual.astype(np.float64) - expected)
        finite = np.isfinite(error)
        return np.where(finite, error / form.spacing(expected, transposed=transposed), np.nan)


@dataclass(slots=True)
class UlpCounts:
    """Counts of distances in ULPs, by powers of two."""

    _counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(MOST - LEAST + 1, np.int64))

    def add(self, distances: Floats) -> None:
        """Count finite distances; zeros are left out."""
        bits = distances.view(np.int64)
        # the exponent of the next power of two: one more than that of the number, unless it is one
        exponents = ((bits + _FRACTION) >> 52) - (_BIAS + LEAST)
        np.minimum(np.maximum(exponents, 0, out=exponents), MOST - LEAST, out=exponents)
        self._counts += np.bincount(exponents, minlength=self._counts.size)
        self._counts[0] -= distances.size - np.count_nonzero(distances)

    @property
    def histogram(self) -> tuple[tuple[float, int], ...]:
        """Pairs of an upper bound, a power of two, and how many distances are up to it and above half of it.

        They are in ascending order, without those that are empty. The first bound also has what is below its half, the
        last one what is beyond.
        """
        return tuple((2.0 ** (LEAST + index), int(count)) for index, count in enumerate(self._counts) if count)
