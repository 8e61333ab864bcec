"""Transposed arrays are read and copied band by band."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.comparison import judge
from farm.judging.transposed import bands, in_rows, is_transposed

ROW = ToleranceRow("its row", Bounds(exact=True), "")
SHAPES = [(256, 64), (300, 70), (2, 3, 257, 129)]


def transposed(shape: tuple[int, ...]) -> Any:
    """Numbers that differ, in the order of the transposed array."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(*shape[:-2], shape[-1], shape[-2]).swapaxes(-1, -2)


@pytest.mark.parametrize("shape", SHAPES)
def test_bands_are_all_of_an_array(shape: tuple[int, ...]) -> None:
    numbers, found = transposed(shape), np.full(shape, -1, np.float32)
    assert is_transposed(numbers)
    for place, band in bands(numbers):
        assert (found[place] == -1).all()
        found[place] = band
    assert np.array_equal(found, numbers)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_copy_is_in_rows(shape: tuple[int, ...]) -> None:
    copy = in_rows(transposed(shape))
    assert copy.flags.c_contiguous
    assert np.array_equal(copy, transposed(shape))


@pytest.mark.parametrize("numbers", [np.float32(1), np.ones(5), np.ones((4, 6)).T, np.ones((300, 300))[::2]])
def test_other_arrays_are_in_rows_too(numbers: Any) -> None:
    array = np.asarray(numbers)
    assert not is_transposed(array)
    assert in_rows(array).flags.c_contiguous
    assert in_rows(array).shape == array.shape


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["FLOAT32", "BFLOAT16"])
def test_one_wrong_element_of_a_transposed_golden_is_found(shape: tuple[int, ...], dtype: str) -> None:
    golden = transposed(shape) % 128
    actual = np.ascontiguousarray(golden)
    assert judge(golden, actual, dtype, ROW).message == "equal to the golden"
    place = tuple(size - 2 for size in shape)
    actual[place] += 1
    judgement = judge(golden, actual, dtype, ROW)
    assert judgement.mismatch is not None
    assert judgement.mismatch.first is not None
    assert judgement.mismatch.first.index == place
