"""Distances of numbers in units in the last place (ULP)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from farm.judging.formats import Floats, NumberFormat


def ulps(
    expected: Floats, actual: npt.NDArray[Any], number_format: NumberFormat, *, transposed: bool = False
) -> Floats:
    """Return how far numbers are from expected ones, in ULPs of a format at the expected ones.

    NaN where one of the two is not finite.

    Args:
        expected: float64 of any shape; it need not be rounded to the format.
        actual: numbers of the same shape.
        number_format: the format.
        transposed: as in `FloatFormat.spacing`.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(actual.astype(np.float64) - expected)
        finite = np.isfinite(error)
        return np.where(finite, error / number_format.spacing(expected, transposed=transposed), np.nan)


def ulp_histogram(distances: Floats) -> tuple[tuple[float, int], ...]:
    """Count distances by powers of two.

    Args:
        distances: in ULPs; zeros and NaNs are left out.

    Returns:
        Pairs of an upper bound (a power of two, inclusive) and the number of distances up to it and above half of it,
        in ascending order, without empty ones. The first bound is a half, the last one 2**63.
    """
    counted = distances[distances > 0]
    if not counted.size:
        return ()
    with np.errstate(over="ignore"):
        powers = np.clip(np.ceil(np.log2(counted)), -1, 63)
    exponents, counts = np.unique(powers, return_counts=True)
    return tuple((float(2.0**exponent), int(count)) for exponent, count in zip(exponents, counts, strict=True))
