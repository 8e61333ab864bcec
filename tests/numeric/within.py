"""Whether an output is within bounds, decided slowly and apart from farm's own comparison, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from farm.core.tolerance import Bounds

MANTISSA = {"BFLOAT16": 7, "FLOAT32": 23}
"""Explicit bits of mantissa of the formats whose elements have their own exponent."""
BLOCK_BITS = {"BFLOAT8_B": 6, "BFLOAT4_B": 2}
"""Binary places below a block's leading one: 16 elements of a row share the exponent of the largest."""
BLOCK = 16
SMALLEST = 2.0**-126


def spacing(expected: Any, dtype: str) -> Any:
    """The distance of neighbouring numbers of a format around expected values; 1 for integers."""
    magnitude = np.maximum(np.abs(np.nan_to_num(expected, posinf=0, neginf=0)), SMALLEST)
    if dtype in MANTISSA:
        return 2.0 ** (np.floor(np.log2(magnitude)) - MANTISSA[dtype])
    if dtype not in BLOCK_BITS:
        return np.ones_like(magnitude)
    width = magnitude.shape[-1]
    padded = np.pad(magnitude, [(0, 0)] * (magnitude.ndim - 1) + [(0, -width % BLOCK)])
    blocks = padded.reshape(*padded.shape[:-1], -1, BLOCK)
    largest = np.broadcast_to(blocks.max(-1, keepdims=True), blocks.shape).reshape(padded.shape)[..., :width]
    return 2.0 ** (np.floor(np.log2(largest)) - BLOCK_BITS[dtype])


def within(expected: Any, actual: Any, dtype: str, bounds: Bounds) -> bool:
    """Return whether an output is within bounds.

    Args:
        expected, actual: float64 arrays of one shape.
        dtype: the output's.
        bounds: of the row that judges it.
    """
    if expected.size == 0:
        return True
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(actual)):
        return False
    if not np.array_equal(expected[~finite], actual[~finite], equal_nan=True):
        return False
    place = spacing(expected, dtype)[finite]
    expected, actual = expected[finite], actual[finite]
    if not expected.size:
        return True
    if bounds.exact:
        return bool((expected == actual).all())
    return _elements_within(expected, actual, place, bounds) and _whole_within(expected, actual, bounds)


def _elements_within(expected: Any, actual: Any, place: Any, bounds: Bounds) -> bool:
    allowed = []
    if bounds.ulp is not None:
        allowed.append(bounds.ulp * place)
    if bounds.rtol is not None or bounds.atol is not None:
        allowed.append((bounds.atol or 0) + (bounds.rtol or 0) * np.abs(expected))
    if bounds.scaled is not None:
        allowed.append(bounds.scaled * _size(expected) + 0 * expected)
    return not allowed or bool((np.abs(expected - actual) <= np.max(allowed, axis=0)).all())


def _whole_within(expected: Any, actual: Any, bounds: Bounds) -> bool:
    if bounds.relative_error is not None and _size(expected - actual) > bounds.relative_error * _size(expected):
        return False
    if bounds.pcc is None or np.ptp(expected) == 0:
        return True
    return np.ptp(actual) > 0 and float(np.corrcoef(expected.ravel(), actual.ravel())[0, 1]) >= bounds.pcc


def _size(numbers: Any) -> float:
    return float(np.sqrt(np.mean(numbers**2)))
