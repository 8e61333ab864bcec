"""What a wrong output is instead of the expected one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from farm.judging.formats import FORMATS
from farm.judging.hints import hints

RANDOM = np.random.default_rng(0)
EXPECTED = RANDOM.normal(size=(2, 64, 64)).astype(np.float32)


def within_tiles(numbers: Any) -> Any:
    return np.swapaxes(numbers.reshape(2, 2, 32, 2, 32), 2, 4).reshape(numbers.shape)


@pytest.mark.parametrize(
    ("bend", "hint"),
    [
        (lambda n: 2 * n, "twice the expected values"),
        (lambda n: n / 2, "half the expected values"),
        (lambda n: 1.3 * n, "1.3 times the expected values"),
        (lambda n: -n, "the expected values negated"),
        (lambda n: 0 * n, "all zero"),
        (lambda n: 0 * n + 7, "all 7"),
        (lambda n: n + 0.5, "the expected values plus 0.5"),
        (lambda n: n - 3, "the expected values minus 3"),
        (within_tiles, "the expected values transposed within tiles"),
        (lambda n: np.swapaxes(n, 1, 2), "the expected values transposed"),
        (lambda n: np.roll(n, 1), "the expected values shifted by one"),
        (lambda n: np.roll(n, -1, 1), "the expected values with rows shifted back by one"),
        (lambda n: np.roll(n, 32, 2), "the expected values with the halves of its columns swapped"),
        (lambda n: n[::-1], "the expected values with the halves of its positions of dimension 0 swapped"),
        (lambda n: n[:, ::-1], "the expected values with rows reversed"),
    ],
)
def test_what_an_output_is_instead(bend: Callable[[Any], Any], hint: str) -> None:
    for dtype in ("FLOAT32", "BFLOAT16", "BFLOAT8_B"):
        form = FORMATS[dtype]
        actual = form.rounded(bend(EXPECTED).astype(np.float64)).astype(np.float32)
        assert hints(EXPECTED, actual, np.ones(EXPECTED.shape, np.bool_), form) == (f"the output is {hint}",)


@pytest.mark.parametrize(
    "actual",
    [
        EXPECTED * (1 + 0.03 * RANDOM.normal(size=EXPECTED.shape)),
        EXPECTED + 0.1 * RANDOM.normal(size=EXPECTED.shape),
        RANDOM.permutation(EXPECTED.reshape(-1)).reshape(EXPECTED.shape),
        np.full(EXPECTED.shape, np.nan),
    ],
)
def test_nothing_is_said_that_is_not_certain(actual: Any) -> None:
    assert hints(EXPECTED, actual, np.ones(EXPECTED.shape, np.bool_), FORMATS["FLOAT32"]) == ()


def test_a_part_has_hints_of_its_own() -> None:
    flags = np.zeros(EXPECTED.shape, np.bool_)
    part = (1, slice(0, 32), slice(32, 64))
    flags[part] = True
    for bent, hint in (
        (0 * EXPECTED[part], "the wrong ones are all zero"),
        (EXPECTED[part].T, "the output is the expected values transposed within tiles there"),
    ):
        actual = EXPECTED.copy()
        actual[part] = bent
        assert hints(EXPECTED, actual, flags, FORMATS["FLOAT32"]) == (hint,)


def test_a_few_elements_may_be_anything() -> None:
    flags = np.zeros(EXPECTED.shape, np.bool_)
    flags[0, 0, :3] = True
    assert hints(EXPECTED, 2 * EXPECTED, flags, FORMATS["FLOAT32"]) == ()


def test_a_large_output_is_looked_at_whole_before_anything_is_said() -> None:
    expected = RANDOM.normal(size=(256, 256))
    actual = 2 * expected
    every = np.ones(expected.shape, np.bool_)
    assert hints(expected, actual, every, FORMATS["FLOAT32"]) == ("the output is twice the expected values",)
    actual.reshape(-1)[1::16] *= 3  # not in the sample, which takes every 16th
    assert hints(expected, actual, every, FORMATS["FLOAT32"]) == ()


def test_integers_have_hints() -> None:
    expected = np.arange(4096).reshape(64, 64)
    every = np.ones(expected.shape, np.bool_)
    assert hints(expected, 2 * expected, every, FORMATS["INT32"]) == ("the output is twice the expected values",)
    assert hints(np.array(7), np.array(8), np.ones((), np.bool_), FORMATS["INT32"]) == ()
