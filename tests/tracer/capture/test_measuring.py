"""The arithmetic of value statistics, against slow references."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from tracer.capture import measuring
from tracer.capture.measuring import measured
from tracer.value_statistics import ValueStatistics

DTYPES = ["float32", "float16", "int32", "uint32", "uint16", "uint8", "int8"]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7))
)


def slowly(arrays: list[Any]) -> tuple[Any, ...] | None:
    """Count one number after the other, the mean by exact fractions."""
    numbers = [number for array in arrays for number in array.reshape(-1).tolist()]
    if not numbers:
        return None
    finite = [Fraction(number) for number in numbers if math.isfinite(number)]
    mean = float(sum(finite, Fraction()) / len(finite)) if finite else 0.0
    edges = (float(min(finite)), float(max(finite))) if finite else (0.0, 0.0)
    tests = (lambda one: one == 0, math.isnan, lambda one: one == math.inf, lambda one: one == -math.inf)
    return (len(numbers), *edges, mean, *(sum(map(test, numbers)) / len(numbers) for test in tests))


@given(st.lists(ARRAYS, max_size=3))
def test_they_are_those_of_one_number_after_the_other(arrays: list[Any]) -> None:
    statistics, expected = measured(arrays), slowly(arrays)
    assert (statistics is None) == (expected is None)
    if statistics is None or expected is None:
        return
    count, minimum, maximum, mean, *shares = expected
    assert statistics.count == count
    assert [statistics.minimum, statistics.maximum] == pytest.approx([minimum, maximum], rel=1e-8)
    assert statistics.mean == pytest.approx(mean, rel=1e-6, abs=1e-7 * max(abs(minimum), abs(maximum)))
    of_kinds = [statistics.nans, statistics.positive_infinities, statistics.negative_infinities]
    assert [statistics.zeros, *of_kinds] == pytest.approx(shares, abs=1e-8)
    assert ValueStatistics.from_json(statistics.as_json()) == statistics


@pytest.mark.parametrize("size", [1, 99, 100, 101, 350])
def test_large_arrays_are_looked_at_in_blocks(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_BLOCK", 100)
    numbers = np.arange(size, dtype=np.int32)
    assert measured([numbers.reshape(1, -1)]) == ValueStatistics(size, 0, size - 1, (size - 1) / 2, round(1 / size, 11))


def test_integers_beyond_the_digits_kept_stay_whole() -> None:
    statistics = measured([np.array([2**31 - 1, -(2**31)], dtype=np.int32)])
    assert statistics is not None
    assert (statistics.minimum, statistics.maximum) == (-(2.0**31), 2.0**31 - 1)


def test_no_number_has_no_statistics() -> None:
    assert measured([]) is None
    assert measured([np.zeros((3, 0), np.float32)]) is None
