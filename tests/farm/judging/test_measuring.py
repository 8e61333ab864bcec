"""PCC, errors and ULPs of whole outputs, against exact arithmetic of fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.comparison import judge
from farm.judging.formats import FORMATS, FloatFormat
from farm.judging.measuring import PIECE, ElementBounds, Measures, measure, pieces, root_mean_square

SIZES = st.integers(2, 60)
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False).filter(lambda each: not 0 < abs(each) < 2.0**-125)
"""Numbers that are not flushed: a denormal where zero is expected, or zero for a denormal, is no error."""
ROW = ToleranceRow("its row", Bounds(ulp=2), "")


def form_of(name: str) -> FloatFormat:
    form = FORMATS[name]
    assert isinstance(form, FloatFormat)
    return form


def measured(expected: Any, actual: Any, name: str = "FLOAT32", bounds: Bounds = ROW.bounds) -> Measures:
    form = form_of(name)
    return measure(pieces(expected, actual, form), form, ElementBounds(bounds, expected))


def slow_pcc(x: Any, y: Any) -> float | None:
    """The Pearson correlation by exact arithmetic, rounded once at its end; None where one is constant."""
    xs, ys = [Fraction(float(each)) for each in x.flat], [Fraction(float(each)) for each in y.flat]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    xx = sum((each - mean_x) ** 2 for each in xs)
    yy = sum((each - mean_y) ** 2 for each in ys)
    xy = sum((a - mean_x) * (b - mean_y) for a, b in zip(xs, ys, strict=True))
    if not xx or not yy:
        return None
    return math.copysign(math.sqrt(xy * xy / (xx * yy)), xy)


def pairs(magnitude: float, offset: float, noise: float, seed: int, size: int) -> tuple[Any, Any]:
    """Correlated numbers around an offset."""
    random = np.random.default_rng(seed)
    base = random.normal(size=size)
    x = offset + magnitude * base
    y = offset + magnitude * (base + noise * random.normal(size=size))
    return x.astype(np.float32), y.astype(np.float32)


@settings(max_examples=200)
@given(
    st.sampled_from([1e-38, 1e-20, 1e-3, 1.0, 1e3, 1e18, 1e36]),
    st.sampled_from([0.0, 1.0, -1e3, 1e6]),
    st.sampled_from([0.0, 1e-4, 0.01, 1.0]),
    st.integers(0, 1000),
    SIZES,
)
def test_the_pcc_is_that_of_exact_arithmetic(
    magnitude: float, spreads: float, noise: float, seed: int, size: int
) -> None:
    """Offsets of up to a million spreads, and spreads from denormals to almost the largest number."""
    offset = 0.0 if magnitude >= 1e36 else spreads * magnitude
    x, y = pairs(magnitude, offset, noise, seed, size)
    exact, pcc = slow_pcc(x, y), measured(x, y, bounds=Bounds()).moments.pcc
    if exact is None:
        assert pcc is None
    else:
        assert pcc == pytest.approx(exact, abs=1e-9)


@given(arrays(np.float32, SIZES, elements=NUMBERS), st.integers(0, 100))
def test_any_numbers_have_the_errors_of_exact_arithmetic(expected: Any, seed: int) -> None:
    actual = np.random.default_rng(seed).permutation(expected)
    measures = measured(expected, actual)
    exact = [abs(Fraction(float(a)) - Fraction(float(e))) for e, a in zip(expected, actual, strict=True)]
    spacing = [Fraction(float(each)) for each in form_of("FLOAT32").spacing(expected.astype(np.float64))]
    assert measures.max_abs_error == pytest.approx(float(max(exact)), rel=1e-12, abs=0)
    assert measures.max_ulp == pytest.approx(
        float(max(error / each for error, each in zip(exact, spacing, strict=True))), rel=1e-12, abs=0
    )
    squares = sum(Fraction(float(each)) ** 2 for each in expected)
    if squares:
        relative = math.sqrt(sum(each**2 for each in exact) / squares)
        assert measures.relative_error == pytest.approx(relative, rel=1e-9)
    else:
        assert measures.relative_error == 0.0
    pcc = slow_pcc(expected, actual)
    if pcc is not None:
        assert measures.moments.pcc == pytest.approx(pcc, abs=1e-9)


@given(
    arrays(np.float32, SIZES, elements=st.floats(-100, 100, width=32)),
    arrays(np.int64, 60, elements=st.integers(-4, 4)),
    st.sampled_from(["FLOAT32", "BFLOAT16"]),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]),
)
def test_elements_are_wrong_by_exact_ulps(numbers: Any, steps: Any, name: str, bound: float) -> None:
    form = form_of(name)
    expected = form.rounded(numbers.astype(np.float64))
    spacing = form.spacing(expected)
    actual = expected + steps[: expected.size] * spacing
    judgement = judge(expected, actual, name, ToleranceRow("its row", Bounds(ulp=bound), ""))
    wrong = {
        index
        for index, (e, a, each) in enumerate(zip(expected, actual, spacing, strict=True))
        if abs(Fraction(a) - Fraction(e)) > Fraction(bound) * Fraction(each)
        and not (abs(a) < form.smallest_normal and abs(e) - bound * each < form.smallest_normal)
    }
    assert judgement.right == (not wrong)
    if judgement.mismatch is not None and judgement.mismatch.first is not None:
        assert judgement.mismatch.mismatched == len(wrong)
        assert judgement.mismatch.first.index == (min(wrong),)


@given(
    arrays(np.float32, SIZES, elements=st.sampled_from([0.0, -0.0, 1.0, 1.5, math.nan, math.inf, -math.inf])),
    st.integers(0, 100),
    st.sampled_from([Bounds(exact=True), Bounds(ulp=1), Bounds(rtol=0.1), Bounds(ulp=1, pcc=0.999)]),
)
def test_numbers_that_are_not_finite_must_be_the_same(expected: Any, seed: int, bounds: Bounds) -> None:
    actual = np.random.default_rng(seed).permutation(expected)
    judgement = judge(expected, actual, "FLOAT32", ToleranceRow("its row", bounds, ""))
    same = (expected == actual) | (np.isnan(expected) & np.isnan(actual))
    assert judgement.right == bool(same.all())
    if judgement.mismatch is not None:
        strange = ~same & ~(np.isfinite(expected) & np.isfinite(actual))
        assert judgement.mismatch.mismatched == np.count_nonzero(~same)
        assert sum(judgement.mismatch.nonfinite.values()) == np.count_nonzero(strange)


@given(arrays(np.float32, st.integers(1, 40)), st.booleans())
def test_the_root_mean_square_is_of_finite_numbers(numbers: Any, wide: bool) -> None:
    finite = [Fraction(float(each)) for each in numbers if math.isfinite(each)]
    exact = math.sqrt(sum(each**2 for each in finite) / len(finite)) if finite else 0.0
    measured_now = root_mean_square(numbers.astype(np.float64) if wide else numbers)
    assert measured_now == pytest.approx(exact, rel=1e-5, abs=0)


@pytest.mark.parametrize("value", [0.0, 1.0, -3e38, 1e-38, 1e-45])
def test_constants_have_no_pcc(value: float) -> None:
    constant = np.full(100_000, value, np.float32)
    other = np.linspace(-1, 1, constant.size, dtype=np.float32)
    assert measured(constant, other).moments.pcc is None
    assert measured(other, constant).moments.pcc is None


def test_an_output_of_several_pieces_is_measured_as_a_whole() -> None:
    """The reference is numpy's extended precision."""
    random = np.random.default_rng(0)
    size = 5 * PIECE + 48
    expected = (1000 + np.linspace(-1, 1, size) + 0.1 * random.normal(size=size)).astype(np.float32)
    actual = (expected + 0.2 * random.normal(size=size)).astype(np.float32)
    x, y = expected.astype(np.longdouble), actual.astype(np.longdouble)
    dx, dy = x - x.mean(), y - y.mean()
    pcc = (dx * dy).sum() / np.sqrt((dx * dx).sum() * (dy * dy).sum())
    measures = measured(expected, actual)
    assert measures.moments.count == size
    assert measures.moments.pcc == pytest.approx(float(pcc), abs=1e-12)
    assert measures.relative_error == pytest.approx(float(np.sqrt(((y - x) ** 2).sum() / (x * x).sum())), rel=1e-12)
    wrong = np.flatnonzero(np.abs(y - x) > 2 * form_of("FLOAT32").spacing(expected.astype(np.float64)))
    assert measures.mismatched == wrong.size
    assert np.array_equal(np.flatnonzero(measures.flags((size,), None)), wrong)


@pytest.mark.parametrize("name", ["BFLOAT8_B", "BFLOAT4_B", "BFLOAT16"])
@pytest.mark.parametrize("shape", [(640, 64), (641, 33), (3,), (2, 3, 5, 17)])
def test_pieces_have_the_spacing_of_the_whole(name: str, shape: tuple[int, ...]) -> None:
    numbers = np.random.default_rng(0).normal(size=shape)
    form = form_of(name)
    for transposed in (False, True):
        cut = list(pieces(numbers, numbers, form, transposed=transposed))
        whole = form.spacing(numbers, transposed=transposed)
        assert np.array_equal(np.concatenate([each.spacing for each in cut]), whole.reshape(-1))
        rounded = list(pieces(numbers, numbers, form, exact=True, transposed=transposed))
        expected = form.rounded(numbers, transposed=transposed)
        assert np.array_equal(np.concatenate([each.expected for each in rounded]), expected.reshape(-1))
