"""The numbers of a call's tensors: each its own, and the same ones wherever and whenever the call runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from farm.core.numeric_options import InputStyle, NumericOptions
from farm.judging.call_facts import CallFacts
from farm.worker.input_numbers import InputNumbers
from tracer.values import Placement, Tensor

TENSOR = Tensor((64, 64), "BFLOAT16", "TILE")


def drawn(vector: str = "one", parameter: str = "input_tensor", **options: Any) -> Any:
    return several(vector, parameter, 1, **options)[0]


def several(vector: str, parameter: str, count: int, tensor: Tensor = TENSOR, **options: Any) -> list[Any]:
    numbers = InputNumbers()
    facts = CallFacts("ttnn.relu", {parameter: tensor}, "wormhole_b0")
    numbers.start(vector, facts, NumericOptions(**options))
    numbers.start_argument("another")
    numbers(tensor, None)
    numbers.start_argument(parameter)
    return [numbers(tensor, None) for _ in range(count)]


def test_the_same_call_gets_the_same_numbers() -> None:
    assert np.array_equal(drawn(), drawn())


@pytest.mark.parametrize("other", [drawn("two"), drawn(seed=1), drawn(parameter="other")])
def test_another_vector_seed_or_parameter_gets_other_numbers(other: Any) -> None:
    assert not np.array_equal(drawn(), other)


def test_one_more_tensor_changes_no_other_one() -> None:
    two, three = several("one", "tensors", 2), several("one", "tensors", 3)
    assert all(np.array_equal(a, b) for a, b in zip(two, three, strict=False))
    assert not np.array_equal(three[0], three[1])


@pytest.mark.parametrize("style", InputStyle)
def test_every_style_draws_numbers_of_its_own(style: InputStyle) -> None:
    numbers = drawn(inputs=style)
    assert numbers.shape == TENSOR.shape
    assert np.isfinite(numbers).all()
    assert (numbers == 1).all() == (style is InputStyle.ONES)


def test_the_whole_of_a_tensor_that_is_spread_has_a_part_for_each_chip() -> None:
    placement = Placement((2, 2), (2, 2), (1, 0))
    numbers = InputNumbers()
    numbers.start("one", CallFacts("ttnn.relu", {"input_tensor": TENSOR}, "wormhole_b0"), NumericOptions())
    whole = numbers(TENSOR, placement)
    assert whole.shape == (128, 128)
    parts = [whole[row : row + 64, column : column + 64] for row in (0, 64) for column in (0, 64)]
    assert len({part.tobytes() for part in parts}) == 4


def test_one_dimension_may_be_spread_over_both_of_the_mesh() -> None:
    placement = Placement((2, 2), (2, 2), (0, 0))
    numbers = InputNumbers()
    numbers.start("one", CallFacts("ttnn.relu", {"input_tensor": TENSOR}, "wormhole_b0"), NumericOptions())
    whole = numbers(TENSOR, placement)
    assert whole.shape == (256, 64)
    assert len({whole[row : row + 64].tobytes() for row in range(0, 256, 64)}) == 4
