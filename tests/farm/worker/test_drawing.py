"""Drawn numbers obey their domain: over seeds, dtypes and styles, as their dtype holds them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from farm.core.numeric_options import InputStyle
from farm.judging.input_domains import (
    Angles,
    Bits,
    Choices,
    Distinct,
    Domain,
    Fractions,
    Grid,
    GroupMask,
    Indices,
    Integers,
    Listed,
    Magnitudes,
    Mask,
    NonFinite,
    Observed,
    Once,
    OneHot,
    Part,
    Positions,
    Probabilities,
    Reals,
    Reciprocals,
    Rotation,
    Sparsity,
    Specials,
    Stale,
    Sums,
    Triangle,
)
from farm.worker.drawing import draw

FLOATS = ("FLOAT32", "BFLOAT16", "BFLOAT8_B", "BFLOAT4_B")
INTEGERS = ("INT32", "UINT32", "UINT16", "UINT8")
SEEDS = range(3)


def drawn(
    domain: Domain,
    shape: tuple[int, ...] = (2, 64, 64),
    dtype: str = "BFLOAT16",
    style: InputStyle = InputStyle.AUTO,
    seed: int = 0,
) -> Any:
    """Numbers as their dtype holds them."""
    streams = lambda name: np.random.default_rng([seed, len(name)])  # noqa: E731
    values = draw(domain, shape, dtype, style, streams)
    assert values.shape == shape
    return held(values, dtype)


def held(values: Any, dtype: str) -> Any:
    """Float32 numbers rounded to a dtype of ttnn, to nearest."""
    if dtype == "BFLOAT16":
        bits = values.view(np.uint32).astype(np.uint64)
        rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
        return np.where(np.isfinite(values), rounded, values)
    if dtype not in ("BFLOAT8_B", "BFLOAT4_B"):
        return values
    blocks = np.pad(values.reshape(-1, values.shape[-1]), ((0, 0), (0, -values.shape[-1] % 16)))
    blocks = blocks.reshape(len(blocks), -1, 16)
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    exponents = np.floor(np.log2(np.where(largest == 0, 1, largest)))
    steps = 2.0 ** (exponents - (6 if dtype == "BFLOAT8_B" else 2))
    rounded = (np.rint(blocks / steps) * steps).reshape(len(blocks), -1)[:, : values.shape[-1]]
    return rounded.reshape(values.shape).astype(np.float32)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", InputStyle)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "domain",
    [
        Reals(),
        Reals(-0.95, 0.95, deviation=0.5),
        Reals(0.05, 0.95, mean=0.5, deviation=0.25),
        Reals(-8, 8, deviation=2.0, specials=Specials.MODERATE),
        Reals(deviation=2.0, avoid=(-0.5, 0.0, 0.5)),
        Reals(mean=1.0, deviation=0.25),
        Reals(0, 1, mean=0.5, deviation=0.25),
    ],
)
def test_reals_are_inside_their_bounds_and_away_from_what_they_avoid(
    domain: Reals, dtype: str, style: InputStyle, seed: int
) -> None:
    numbers = drawn(domain, dtype=dtype, style=style, seed=seed)
    assert np.isfinite(numbers).all()
    rounding = 1 + 2**-8
    assert (numbers >= domain.low - abs(domain.low) * 2**-8).all()
    assert (numbers <= domain.high * rounding).all()
    for point in domain.avoid:
        assert (np.abs(numbers - point) >= domain.margin * 0.99).all()
    assert (np.unique(numbers).size > 2) == (style is not InputStyle.ONES)


@pytest.mark.parametrize("dtype", FLOATS)
def test_block_floats_hold_exactly_what_was_drawn(dtype: str) -> None:
    for domain in (Reals(), Reals(-8, 8), Magnitudes(2**-7, 2**7), Grid(), Fractions(), Stale(), Mask()):
        values = draw(domain, (64, 64), dtype, InputStyle.AUTO, lambda _: np.random.default_rng(1))
        if dtype in ("BFLOAT8_B", "BFLOAT4_B"):
            assert np.array_equal(held(values, dtype), values), domain


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", InputStyle)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "domain", [Magnitudes(2**-7, 2**7), Magnitudes(2**-4, 2**4, signed=True), Magnitudes(1.0625, 64)]
)
def test_magnitudes_are_never_zero_nor_out_of_bounds(
    domain: Magnitudes, dtype: str, style: InputStyle, seed: int
) -> None:
    numbers = drawn(domain, dtype=dtype, style=style, seed=seed)
    assert (np.abs(numbers) >= domain.low * (1 - 2**-8)).all()
    assert (np.abs(numbers) <= domain.high).all()
    assert domain.signed or (numbers > 0).all()


def test_special_values_are_among_those_that_are_only_moved() -> None:
    numbers = drawn(Reals(specials=Specials.WIDE), (64, 1024), "FLOAT32")
    for special in (0.0, 1.0, -2.0, 3.3895313892515355e38, float(np.finfo(np.float32).tiny)):
        assert (numbers == special).any()
    assert np.signbit(numbers[numbers == 0]).any()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("unit", [1.0, 0.0625, 3.0])
def test_fractions_are_away_from_whole_and_half_units(unit: float, dtype: str) -> None:
    quotients = drawn(Fractions(unit), dtype=dtype) / unit
    assert (np.abs(quotients * 2 - np.rint(quotients * 2)) > 0.1).all()
    low = drawn(Fractions(unit, halves=False), dtype=dtype) / unit
    assert np.array_equal(np.trunc(low), np.rint(low))


@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_of_a_grid_are_often_equal_and_exact(dtype: str) -> None:
    first, second = (drawn(Grid(), dtype=dtype, seed=seed) for seed in (1, 2))
    assert 0.02 < (first == second).mean() < 0.2
    assert (np.abs(first - second)[first != second] >= 0.25).all()


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_can_be_multiplied_and_added(dtype: str) -> None:
    numbers = drawn(Reals(specials=Specials.MODERATE), dtype=dtype)
    assert int(numbers.max()) ** 2 <= np.iinfo(numbers.dtype).max
    assert (numbers.min() < 0) == (dtype == "INT32")
    assert np.unique(numbers).size >= 16


@pytest.mark.parametrize("dtype", INTEGERS)
def test_bits_are_of_the_whole_dtype(dtype: str) -> None:
    numbers = drawn(Bits(), (256, 256), dtype)
    kind = np.iinfo(numbers.dtype)
    assert numbers.max() > kind.max * 0.99
    assert numbers.min() > kind.min or kind.min == 0


@pytest.mark.parametrize("style", InputStyle)
@pytest.mark.parametrize("dtype", ["UINT32", "INT32", "UINT16", "BFLOAT16"])
def test_indices_reach_over_the_whole_table_and_not_beyond(dtype: str, style: InputStyle) -> None:
    for count, shape in ((1000, (1, 32)), (1000, (100, 100)), (1, (4,)), (7, (1,))):
        indices = drawn(Indices(count), shape, dtype, style)
        assert indices.min() >= 0
        assert indices.max() < count
        if indices.size > 1:
            assert {indices.min(), indices.max()} == {
                0,
                count - 1 if dtype != "BFLOAT16" else count - 1 - (count - 1) % 4,
            }
    assert dtype == "BFLOAT16" or np.unique(drawn(Indices(1000), (100, 100), dtype)).size == 1000


def test_indices_occur_once_where_they_must() -> None:
    pages = drawn(Indices(1024, Once.TENSOR), (32, 32), "INT32")
    assert np.unique(pages).size == 1024
    lines = drawn(Indices(64, Once.ALONG, dim=-2), (4, 32, 8), "UINT16")
    assert all(np.unique(lines[a, :, b]).size == 32 for a in range(4) for b in range(8))
    few = drawn(Indices(4, Once.TENSOR), (16,), "INT32")
    assert set(few) == {0, 1, 2, 3}


def test_boundaries_ascend_from_zero_to_the_end() -> None:
    boundaries = drawn(Indices(128, ascending=True), (6,), "INT32")
    assert boundaries[0] == 0
    assert boundaries[-1] == 128
    assert (np.diff(boundaries) >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", [*FLOATS[:3], "INT32", "UINT16"])
def test_no_two_numbers_are_equal_where_ties_matter(dtype: str, seed: int) -> None:
    for dim, shape in ((-1, (2, 8, 128)), (-2, (2, 64, 33)), (None, (4, 32))):
        numbers = drawn(Distinct(dim), shape, dtype, seed=seed)
        lines = numbers.reshape(1, -1) if dim is None else np.moveaxis(numbers, dim, -1).reshape(-1, shape[dim])
        assert all(np.unique(line).size == line.size for line in lines)


@pytest.mark.parametrize("dtype", [*FLOATS[:3], "INT32"])
def test_numbers_may_be_negative_so_that_a_padding_is_seen(dtype: str) -> None:
    for line in drawn(Distinct(-1, negative=True), (8, 50), dtype):
        assert line.max() < 0
        assert np.unique(line).size == 50


@pytest.mark.parametrize(
    ("dtype", "width", "top"), [("BFLOAT16", 128256, 1024), ("BFLOAT8_B", 4096, 64), ("BFLOAT4_B", 64, 4)]
)
def test_of_more_numbers_than_a_dtype_has_the_largest_are_without_ties(dtype: str, width: int, top: int) -> None:
    for line in drawn(Distinct(-1), (8, width), dtype):
        assert np.isfinite(line).all()
        ordered = np.sort(line)
        assert (np.diff(ordered[-top - 1 :]) > 0).all()
        assert (np.diff(ordered[: top + 1]) > 0).all()


def test_a_mask_hides_some_keys_and_never_all() -> None:
    for dtype in FLOATS:
        mask = drawn(Mask(), (2, 1, 64, 96), dtype)
        assert ((mask == 0).any(axis=-1)).all()
        assert 0.1 < (mask < -1e6).mean() < 0.4
        assert ((mask == 0) | (mask < -1e6)).all()
    causal = drawn(Mask(causal=True), (1, 1, 8, 8))
    assert np.array_equal(causal[0, 0] == 0, np.tri(8, dtype=bool))


@pytest.mark.parametrize("adjacent", [True, False])
def test_cosines_and_sines_are_of_the_same_angles(adjacent: bool) -> None:
    cos, sin = (drawn(Angles(part, adjacent), (1, 1, 64, 128), "FLOAT32") for part in Part)
    assert np.allclose(cos**2 + sin**2, 1, atol=1e-5)
    first, second = (cos[..., 0::2], cos[..., 1::2]) if adjacent else (cos[..., :64], cos[..., 64:])
    assert np.array_equal(first, second)


def test_a_rotation_turns_pairs_by_a_quarter() -> None:
    matrix = drawn(Rotation(), (1, 1, 64, 32))[0, 0]
    assert np.array_equal(matrix[:32], matrix[32:])
    assert np.array_equal(matrix[:32] @ matrix[:32], -np.eye(32))


def test_probabilities_add_up_to_one() -> None:
    numbers = drawn(Probabilities(-1), (4, 32), "FLOAT32")
    assert (numbers > 0).all()
    assert np.allclose(numbers.sum(axis=-1), 1)


def test_one_hot_lines_hold_one_one() -> None:
    numbers = drawn(OneHot(-1), (1, 1, 8, 2), "UINT16")
    assert (numbers.sum(axis=-1) == 1).all()
    assert (numbers.sum(axis=-2) > 0).all()


def test_sparsity_holds_as_many_ones_as_it_says() -> None:
    assert drawn(Sparsity(5), (1, 1, 4, 8)).sum() == 5
    assert drawn(Sparsity(), (1, 1, 4, 8)).sum() == 16


@pytest.mark.parametrize(("channels", "groups"), [(40, 32), (10, 32), (64, 8), (16, 4)])
def test_group_masks_are_ttnn_s(channels: int, groups: int) -> None:
    width = 32 * max(-(-(first * channels % 32 + channels) // 32) for first in range(groups))
    mask = drawn(GroupMask(channels), (1, groups, 32, width))
    negative = drawn(GroupMask(channels, negative=True), (1, groups, 32, width))
    assert (mask.sum(axis=-1) == channels).all()
    assert np.array_equal(mask + negative, np.ones_like(mask))
    assert all(mask[0, group, 0, group * channels % 32] == 1 for group in range(groups))


def test_the_rest_are_what_they_say() -> None:
    assert np.array_equal(drawn(Positions(-1), (2, 3), "UINT16"), [[0, 1, 2], [0, 1, 2]])
    assert np.array_equal(drawn(Listed((1, 2)), (2, 2), "INT32"), [[1, 2], [1, 2]])
    assert set(drawn(Choices((0, 1)), dtype="UINT8").ravel()) == {0, 1}
    assert np.array_equal(
        drawn(Reciprocals(), (2, 4), "FLOAT32"), np.tile(1 / np.arange(1, 5, dtype=np.float32), (2, 1))
    )
    assert np.array_equal(drawn(Triangle(filled=True), (1, 4, 4)), [np.tri(4)])
    assert np.array_equal(drawn(Triangle(filled=False), (1, 4, 4)), [np.eye(4)])
    assert set(drawn(Integers(3, 5), dtype="INT32").ravel()) == {3, 4, 5}
    assert 64 <= drawn(Stale()).min() <= drawn(Stale()).max() < 128
    assert np.unique(drawn(Stale())).size > 50


def test_gathered_sums_have_a_positive_variance() -> None:
    stats = drawn(Sums(1024, plain=True), (1, 1, 32, 128), "FLOAT32")
    squares, plain = stats[..., 0] + stats[..., 64], stats[..., 32] + stats[..., 96]
    assert (squares / 2048 > (plain / 2048) ** 2 + 0.4).all()
    assert (np.delete(stats, [0, 32, 64, 96], axis=-1) == 0).all()


def test_some_numbers_are_not_finite_where_the_operation_asks_which() -> None:
    numbers = drawn(NonFinite())
    assert {math.inf, -math.inf} < set(numbers[~np.isnan(numbers)].ravel())
    assert np.isnan(numbers).any()
    assert np.isfinite(drawn(NonFinite(), dtype="BFLOAT8_B")).all()


def test_a_large_tensor_repeats_what_was_drawn_but_not_in_its_place() -> None:
    numbers = drawn(Reals(), (18, 1024, 1024), "FLOAT32")
    assert len({numbers[place].tobytes() for place in range(18)}) == 18
    assert abs(numbers[9:].std() - 1) < 0.01


@pytest.mark.parametrize("domain", [Reals(), Indices(4), Distinct(), Mask(), Stale()])
def test_an_empty_tensor_has_no_numbers(domain: Domain) -> None:
    assert drawn(domain, (0, 32)).size == 0


def test_edges_are_those_of_the_dtype_unless_numbers_are_added_up() -> None:
    edges = drawn(Reals(specials=Specials.MODERATE), dtype="FLOAT32", style=InputStyle.EDGE)
    assert np.abs(edges).max() == np.finfo(np.float32).max
    assert np.abs(drawn(Reals(), dtype="FLOAT32", style=InputStyle.EDGE)).max() <= 16
    bounds = drawn(Reals(-0.95, 0.95), dtype="FLOAT32", style=InputStyle.EDGE)
    assert {np.float32(-0.95), np.float32(0.95)} <= set(bounds.ravel())


@pytest.mark.parametrize("dtype", ["BFLOAT16", "BFLOAT8_B", "BFLOAT4_B"])
def test_what_an_operation_converts_first_loses_nothing(dtype: str) -> None:
    values = drawn(Reals(deviation=0.02, becomes=dtype), (64, 16, 3, 3), "FLOAT32")
    assert np.array_equal(held(values.transpose(2, 3, 1, 0).copy(), dtype), values.transpose(2, 3, 1, 0))
    assert values.std() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("shape", [(), (32,), (32, 32), (1, 1, 1, 1, 32, 32)])
@pytest.mark.parametrize("dtype", ["BFLOAT16", "UINT32"])
def test_every_domain_is_drawn_in_any_rank(shape: tuple[int, ...], dtype: str) -> None:
    reals = (Reals(), Magnitudes(0.5, 2), Fractions(), Grid(), Choices((0, 1)), NonFinite(), Observed(0, 1, 0.5, 0.2))
    whole = (Integers(0, 9), Bits(), Indices(9), Indices(9, Once.ALONG), Indices(9, ascending=True), Positions())
    others = (
        Listed((1,)),
        Distinct(),
        Mask(),
        Rotation(),
        Probabilities(),
        OneHot(),
        Sparsity(),
        GroupMask(8),
        Stale(),
    )
    more = (Angles(Part.COS, adjacent=True), Reciprocals(), Sums(32, plain=True), Triangle(filled=True))
    for domain in (*reals, *whole, *others, *more):
        values = draw(domain, shape, dtype, InputStyle.AUTO, lambda _: np.random.default_rng(0))
        assert values.shape == shape
