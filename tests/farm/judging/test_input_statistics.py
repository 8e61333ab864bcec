"""Numbers like those of a trace: inside what the operation needs, and with the traced range, mean and shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from farm.core.numeric_options import InputStyle
from farm.judging.input_domains import (
    Bits,
    Distinct,
    Domain,
    Fractions,
    Grid,
    Indices,
    Magnitudes,
    Mask,
    Observed,
    Reals,
)
from farm.judging.input_statistics import like, spread_of
from farm.worker.drawing import draw
from tracer.value_statistics import ValueStatistics

NORMAL = ValueStatistics(10_000, -4.0, 4.0, 0.25)


def drawn(domain: Domain, dtype: str = "FLOAT32", seed: int = 0) -> Any:
    return draw(domain, (128, 128), dtype, InputStyle.AUTO, lambda _: np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "statistics",
    [
        NORMAL,
        ValueStatistics(10_000, 0.0, 12.0, 0.5, zeros=0.25),
        ValueStatistics(10, 100.0, 101.0, 100.9),
        ValueStatistics(10**9, -1e-3, 1e3, 1.0),
        ValueStatistics(1000, -5.0, 0.0, -0.3, zeros=0.9),
    ],
)
def test_range_mean_and_zeros_are_the_traced_ones(statistics: ValueStatistics, seed: int) -> None:
    numbers = drawn(like(Reals(), statistics), seed=seed)
    assert statistics.minimum <= numbers.min() <= numbers.max() <= statistics.maximum
    span = statistics.maximum - statistics.minimum
    assert abs(numbers.mean() - statistics.mean) < span * 0.02
    assert abs((numbers == 0).mean() - statistics.zeros) < 0.03


def test_what_was_not_finite_stays_so_as_often() -> None:
    traced = ValueStatistics(1000, -1.0, 1.0, 0.0, nans=0.1, negative_infinities=0.2)
    numbers = drawn(like(Reals(), traced))
    assert np.isnan(numbers).mean() == pytest.approx(0.1, abs=0.02)
    assert np.isneginf(numbers).mean() == pytest.approx(0.2, abs=0.02)
    assert not np.isposinf(numbers).any()
    assert np.isfinite(drawn(like(Reals(), NORMAL))).all()
    assert np.isfinite(drawn(like(Reals(-8, 8), traced))).all()
    assert np.isfinite(drawn(like(Reals(), traced), "BFLOAT8_B")).all()


def test_numbers_stay_inside_what_the_operation_needs() -> None:
    assert drawn(like(Magnitudes(0.01, 100), NORMAL)).min() >= 0.01
    signed = drawn(like(Magnitudes(0.5, 100, signed=True), NORMAL))
    assert np.abs(signed).min() >= 0.5
    assert signed.min() < 0 < signed.max()
    inside = drawn(like(Reals(-0.95, 0.95), NORMAL))
    assert -0.95 <= inside.min() < -0.5 < 0.5 < inside.max() <= 0.95
    away = drawn(like(Reals(avoid=(0.0,)), ValueStatistics(100, -1.0, 1.0, 0.0, zeros=0.5)))
    assert np.abs(away).min() >= 0.125


@pytest.mark.parametrize("domain", [Indices(10), Mask(), Distinct(), Grid(), Fractions(), Bits()])
def test_what_needs_certain_numbers_keeps_them(domain: Domain) -> None:
    assert like(domain, NORMAL) == domain


@pytest.mark.parametrize(
    "statistics",
    [
        ValueStatistics(100, 0.0, 0.0, 0.0, zeros=1.0),
        ValueStatistics(100, 0.0, 0.0, 0.0, nans=1.0),
        ValueStatistics(100, -9.0, -8.0, -8.5),
    ],
)
def test_a_tensor_that_would_test_nothing_is_drawn_by_its_domain(statistics: ValueStatistics) -> None:
    assert like(Magnitudes(1, 2), statistics) == Magnitudes(1, 2)


@pytest.mark.parametrize(("dtype", "high"), [("INT32", 2.0**31 - 1), ("UINT32", 2.0**32 - 1), ("UINT16", 300.0)])
def test_integers_are_whole_and_in_the_range_of_their_dtype(dtype: str, high: float) -> None:
    numbers = drawn(like(Reals(), ValueStatistics(100, 0.0, high, high / 2)), dtype)
    assert np.issubdtype(numbers.dtype, np.integer)
    assert numbers.min() >= 0
    assert high / 2 < numbers.max() <= high


def test_block_floats_hold_numbers_like_the_traced_ones() -> None:
    domain = like(Reals(), NORMAL)
    assert isinstance(domain, Observed)
    assert np.unique(drawn(domain, "BFLOAT8_B")).size > 50
    assert drawn(domain, "BFLOAT4_B").min() >= -4


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_spread_of_traced_numbers_is_about_their_deviation(scale: float) -> None:
    traced = np.random.default_rng(0).normal(5, scale, 4096)
    statistics = ValueStatistics(traced.size, float(traced.min()), float(traced.max()), float(traced.mean()))
    assert spread_of(statistics) == pytest.approx(scale, rel=0.2)


def test_numbers_that_are_all_equal_or_not_finite_have_no_known_spread() -> None:
    assert spread_of(ValueStatistics(8, 2.0, 2.0, 2.0)) == 1.0
    assert spread_of(ValueStatistics(8, 0.0, 0.0, 0.0, nans=1.0)) == 1.0
