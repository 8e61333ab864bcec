"""Comparing an output with its golden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from farm.judging.comparison import compare


def test_equal_arrays_have_a_pcc_of_one() -> None:
    ramp = np.arange(12.0).reshape(3, 4)
    assert compare(ramp, ramp) == compare(ramp, ramp.copy())
    assert compare(ramp, ramp).pcc == pytest.approx(1.0)
    assert compare(ramp, ramp).max_abs_error == 0.0


def test_an_offset_keeps_the_pcc_and_shows_in_the_error() -> None:
    ramp = np.arange(12.0)
    comparison = compare(ramp, ramp + 5)
    assert comparison.pcc == pytest.approx(1.0)
    assert comparison.max_abs_error == 5.0


def test_constants_have_no_correlation_to_hide_behind() -> None:
    ones = np.ones(4)
    assert compare(ones, ones).pcc == 1.0
    assert compare(ones, 2 * ones).pcc == 0.0
    assert compare(np.arange(4.0), ones).pcc == 0.0


def test_infinities_must_be_in_the_same_positions() -> None:
    one = np.array([1.0, np.inf, 3.0, np.nan])
    assert compare(one, one).pcc == pytest.approx(1.0)
    assert compare(one, np.array([1.0, 2.0, 3.0, np.nan])).pcc == 0.0
    assert compare(one, np.array([1.0, -np.inf, 3.0, np.nan])).pcc == 0.0


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"\[2\].*\[3\]"):
        compare(np.ones(2), np.ones(3))


@given(arrays(np.float32, st.integers(2, 40), elements=st.floats(-100, 100, width=32)))
def test_the_pcc_equals_that_of_numpy(values: np.ndarray) -> None:  # type: ignore[type-arg]
    other = values[::-1] * 0.5 + 1
    if values.std() < 1e-3:
        return
    assert compare(values, other).pcc == pytest.approx(np.corrcoef(values, other)[0, 1], abs=1e-5)
