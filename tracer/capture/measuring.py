"""Statistics of arrays of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tracer.value_statistics import ValueStatistics, merged, rounded

Array = npt.NDArray[Any]
_BLOCK = 1 << 20
"""Numbers that are looked at together, so that large arrays need little memory beside their own."""


def measured(arrays: Iterable[Array]) -> ValueStatistics | None:
    """Return the statistics of all numbers in arrays of ints or floats; None if there is no number."""
    parts = [_of_block(block) for array in arrays for block in _blocks(array)]
    return rounded(merged(*parts)) if parts else None


def _blocks(array: Array) -> Iterator[Array]:
    flat = array.reshape(-1)
    return (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))


def _of_block(block: Array) -> ValueStatistics:
    """Return the exact statistics of a few numbers."""
    size = block.size
    zeros = (size - int(np.count_nonzero(block))) / size
    finite = block
    shares = (0.0, 0.0, 0.0)
    if block.dtype.kind == "f":
        is_finite = np.isfinite(block)
        if not is_finite.all():
            finite = block[is_finite]
            counts = (np.isnan(block), np.isposinf(block), np.isneginf(block))
            shares = tuple(int(np.count_nonzero(each)) / size for each in counts)  # type: ignore[assignment]
    if not finite.size:
        return ValueStatistics(size, 0.0, 0.0, 0.0, zeros, *shares)
    minimum, maximum = float(finite.min()), float(finite.max())
    mean = min(max(float(finite.mean(dtype=np.float64)), minimum), maximum)
    return ValueStatistics(size, minimum, maximum, mean, zeros, *shares)
