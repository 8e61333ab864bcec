"""The numbers of a call's tensors: each its own, and the same ones wherever and whenever the call runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from farm.core.numeric_options import InputStyle, NumericOptions
from farm.judging.call_facts import CallFacts
from farm.worker.input_numbers import InputNumbers
from tracer.value_statistics import ValueStatistics
from tracer.values import Placement, Tensor

TENSOR = Tensor((64, 64), "BFLOAT16", "TILE")
PINNED = [2.880277, 2.738717, -1.084174, -2.736395]
"""The first numbers of the vector `one`, so that no change of farm or numpy alters them unnoticed."""


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


def test_the_numbers_are_the_same_on_every_host() -> None:
    assert drawn().ravel()[:4].tolist() == pytest.approx(PINNED, rel=1e-5)


def test_traced_statistics_decide_the_numbers_of_their_parameter_alone() -> None:
    statistics = {"input_tensor": ValueStatistics(4096, 0.0, 6.0, 0.75, zeros=0.5)}
    facts = CallFacts("ttnn.multiply", {"input_tensor": TENSOR, "other": TENSOR}, "wormhole_b0")
    numbers = InputNumbers()

    def drawn_with(options: NumericOptions, parameter: str, known: Any) -> Any:
        numbers.start("one", facts, options, known)
        numbers.start_argument(parameter)
        return numbers(TENSOR, None)

    like = drawn_with(NumericOptions(), "input_tensor", statistics)
    assert like.min() == 0
    assert 3 < like.max() <= 6
    assert like.mean() == pytest.approx(0.75, rel=0.1)
    assert (like == 0).mean() == pytest.approx(0.5, abs=0.05)
    other = drawn_with(NumericOptions(), "other", statistics)
    assert np.array_equal(other, drawn_with(NumericOptions(), "other", {}))
    normal = NumericOptions(inputs=InputStyle.NORMAL)
    assert np.array_equal(drawn_with(normal, "input_tensor", statistics), drawn_with(normal, "input_tensor", {}))


def test_tensors_of_a_list_have_statistics_of_their_own() -> None:
    statistics = {f"tensors[{place}]": ValueStatistics(100, place + 1.0, place + 2.0, place + 1.5) for place in (0, 1)}
    numbers = InputNumbers()
    numbers.start("one", CallFacts("ttnn.concat", {}, "wormhole_b0"), NumericOptions(), statistics)
    numbers.start_argument("tensors")
    first, second = numbers(TENSOR, None), numbers(TENSOR, None)
    assert 1 <= first.min() < first.max() <= 2 <= second.min()
