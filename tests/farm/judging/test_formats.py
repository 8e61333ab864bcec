"""Number formats, against ttnn's own conversions and against slow arithmetic of fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from farm.judging.formats import BLOCK, FORMATS, FloatFormat, IntegerFormat, number_format
from farm.judging.ulp import UlpCounts, ulps

BLOCKS = ("BFLOAT8_B", "BFLOAT4_B")
SINGLES = ("FLOAT32", "BFLOAT16", "FP8_E4M3")
REALS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def real(name: str) -> FloatFormat:
    form = FORMATS[name]
    assert isinstance(form, FloatFormat)
    return form


def slow_exponent(number: float) -> int:
    """The exponent of the power of two that is not above a number, by exact arithmetic."""
    size, exponent = abs(Fraction(number)), 0
    while size >= 2:
        size, exponent = size / 2, exponent + 1
    while size < 1:
        size, exponent = size * 2, exponent - 1
    return exponent


def slow_spacing(number: float, form: FloatFormat) -> Fraction:
    size = max(abs(number), form.smallest_normal)
    return Fraction(2) ** (slow_exponent(size) - form.precision)


def slow_rounded(number: float, spacing: Fraction) -> float:
    return float(round(Fraction(number) / spacing) * spacing)  # `round` takes ties to even


@pytest.mark.parametrize(
    ("name", "at", "spacing"),
    [
        ("FLOAT32", 1.0, 2.0**-23),
        ("FLOAT32", 0.0, 2.0**-149),
        ("BFLOAT16", 1.0, 2.0**-7),
        ("BFLOAT16", 1.99, 2.0**-7),
        ("BFLOAT16", -2.0, 2.0**-6),
        ("BFLOAT16", 1e-40, 2.0**-133),
        ("BFLOAT16", 3.3895313892515355e38, 2.0**120),
        ("FP8_E4M3", 448.0, 32.0),
        ("BFLOAT8_B", 1.0, 2.0**-6),
        ("BFLOAT4_B", 1.0, 2.0**-2),
    ],
)
def test_spacings(name: str, at: float, spacing: float) -> None:
    assert real(name).spacing(np.array([at])).tolist() == [spacing]


@given(REALS, st.sampled_from(SINGLES))
def test_the_spacing_is_that_of_exact_arithmetic(number: float, name: str) -> None:
    assert Fraction(float(real(name).spacing(np.array([number]))[0])) == slow_spacing(number, real(name))


@given(REALS, st.sampled_from(SINGLES))
def test_numbers_are_rounded_as_by_exact_arithmetic(number: float, name: str) -> None:
    form = real(name)
    expected = slow_rounded(number, slow_spacing(number, form))
    rounded = float(form.rounded(np.array([number]))[0])
    if abs(expected) <= form.largest:
        assert rounded == expected
    else:
        assert rounded == math.copysign(math.inf if form.infinite else form.largest, number)


@given(arrays(np.float32, st.integers(1, 40), elements=REALS), st.sampled_from(BLOCKS))
def test_blocks_share_the_exponent_of_their_largest_number(numbers: Any, name: str) -> None:
    form = real(name)
    rounded = form.rounded(numbers.astype(np.float64))
    for start in range(0, numbers.size, BLOCK):
        block = numbers[start : start + BLOCK].tolist()
        largest = min(max(map(abs, block)), form.largest)
        for number, actual in zip(block, rounded[start : start + BLOCK].tolist(), strict=True):
            if largest < form.smallest_normal:
                assert actual == 0
                continue
            spacing = slow_spacing(largest, form)
            limit = float(spacing * (2 ** (form.precision + 1) - 1))
            assert actual == min(limit, max(-limit, slow_rounded(number, spacing)))


@given(arrays(np.float32, (2, 20), elements=REALS), st.sampled_from((*BLOCKS, *SINGLES)))
def test_rounded_numbers_are_within_a_ulp_and_stay_as_they_are(numbers: Any, name: str) -> None:
    form = real(name)
    wide = np.clip(numbers.astype(np.float64), -form.largest, form.largest)
    rounded = form.rounded(wide)
    flushed = np.abs(wide) < form.smallest_normal
    assert np.all((ulps(wide, rounded, form) <= (1 if form.block else 0.5)) | flushed)
    assert np.array_equal(form.rounded(rounded), rounded)


def test_blocks_of_transposed_tiles_are_columns() -> None:
    numbers = np.ones((32, 32))
    numbers[3, 20] = 100.0
    for transposed, coarse in ((False, (3, slice(16, 32))), (True, (slice(0, 16), 20))):
        spacing = real("BFLOAT8_B").spacing(numbers, transposed=transposed)
        assert np.all(spacing[coarse] == 1.0)
        assert np.count_nonzero(spacing == 1.0) == BLOCK


def test_a_block_that_may_round_up_has_the_spacing_beyond() -> None:
    form = real("BFLOAT8_B")
    assert form.spacing(np.full(16, 1.96))[0] == 2.0**-6
    assert form.spacing(np.full(16, 1.99))[0] == 2.0**-5


def test_a_block_with_a_number_that_is_not_finite_has_no_spacing() -> None:
    numbers = np.ones(32)
    numbers[3] = np.inf
    assert np.isinf(real("BFLOAT8_B").spacing(numbers)).tolist() == [True] * 16 + [False] * 16


@pytest.mark.parametrize(
    ("name", "number", "value"),
    [
        ("UINT8", 256, 0),
        ("UINT16", 65537, 1),
        ("UINT32", -1, 2**32 - 1),
        ("INT32", 2**31, -(2**31)),
        ("INT8", 200, -56),
        ("INT32", 2.9, 2),
        ("UINT8", -3.5, 0),
        ("UINT32", 1e30, 2**32 - 1),
        ("INT32", math.nan, 0),
        ("INT32", -math.inf, -(2**31)),
    ],
)
def test_values_of_integers(name: str, number: float, value: int) -> None:
    form = number_format(name)
    assert isinstance(form, IntegerFormat)
    assert form.values(np.array([number])).tolist() == [value]


@given(arrays(np.float64, st.integers(1, 50), elements=st.floats(min_value=0, max_value=1e30)))
def test_distances_are_counted_by_powers_of_two(distances: Any) -> None:
    counts = UlpCounts()
    counts.add(distances[:20])
    counts.add(distances[20:])
    expected: dict[float, int] = {}
    for distance in distances.tolist():
        if distance:
            bound = 0.5
            while bound < distance and bound < 2.0**63:
                bound *= 2
            expected[bound] = expected.get(bound, 0) + 1
    assert counts.histogram == tuple(sorted(expected.items()))


@pytest.mark.ttnn
@pytest.mark.parametrize("shape", [(64, 64), (5, 20), (3, 7), (2, 33, 100)])
@pytest.mark.parametrize("name", ["BFLOAT8_B", "BFLOAT4_B", "BFLOAT16"])
def test_numbers_are_rounded_as_ttnn_does_on_the_host(mock_mesh: Any, name: str, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch", reason="ttnn.to_torch needs it")
    import ttnn

    random = np.random.default_rng(1)
    numbers = (random.normal(size=shape) * np.exp(3 * random.normal(size=shape))).astype(np.float32)
    numbers[random.random(shape) < 0.1] = 0
    numbers[0] = 0
    numbers.flat[3], numbers.flat[-1], numbers.flat[-2] = 3.4e38, 1e-39, -1.9999
    dtype = getattr(ttnn.DataType, name)
    for transposed in (False, True):
        tile = ttnn.Tile((32, 32), transpose_tile=transposed)
        tensor = ttnn.from_torch(torch.from_numpy(numbers), dtype=dtype, layout=ttnn.TILE_LAYOUT, tile=tile)
        held = ttnn.to_torch(tensor).float().numpy()
        assert np.array_equal(real(name).rounded(numbers.astype(np.float64), transposed=transposed), held)
