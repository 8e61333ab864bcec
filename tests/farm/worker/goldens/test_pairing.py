"""Pairing of outputs with their goldens."""

from __future__ import annotations

from typing import Any

import pytest

from farm.worker.goldens.pairing import Pair, StructureMismatch, cropped_shape, pairs, same_order_shape


@pytest.mark.parametrize(
    ("golden", "output", "expected"),
    [
        ("g", "o", [Pair("", "g", "o")]),
        (["g"], "o", [Pair("", "g", "o")]),
        ("g", ("o",), [Pair("", "g", "o")]),
        (("g", "h"), ["o", "p"], [Pair("[0]", "g", "o"), Pair("[1]", "h", "p")]),
        (["g", None], ("o", None), [Pair("[0]", "g", "o")]),
        ({"a": "g"}, {"a": "o"}, [Pair("['a']", "g", "o")]),
        (None, None, []),
        (("g", None, None), "o", [Pair("", "g", "o")]),
        ("g", [None, "o"], [Pair("", "g", "o")]),
    ],
)
def test_each_output_has_its_golden(golden: Any, output: Any, expected: list[Pair]) -> None:
    assert pairs(golden, output) == expected


@pytest.mark.parametrize(
    ("golden", "output", "message"),
    [
        (["g", "h"], ["o"], "output is a list of one, its golden 2 outputs"),
        (["g", "h"], "o", "output is one output, its golden 2 outputs"),
        (["g", "h"], ["o", None], r"output\[1\] is none, its golden one output"),
        ("g", None, "output is none, its golden one output"),
        ({"a": "g"}, {"b": "o"}, "output has b, its golden a"),
    ],
)
def test_another_structure_is_named(golden: Any, output: Any, message: str) -> None:
    with pytest.raises(StructureMismatch, match=message):
        pairs(golden, output)


def test_goldens_of_outputs_that_were_not_asked_for_are_left_out() -> None:
    assert pairs(["g", "h"], [None, "p"], [False, True]) == [Pair("[1]", "h", "p")]
    assert pairs(["g", "h"], "p", [False, True]) == [Pair("", "h", "p")]


@pytest.mark.parametrize(
    ("golden", "output"),
    [
        ((32, 64), (1, 1, 32, 64)),
        ((), (1,)),
        ((2, 1, 8), (2, 8)),
        ((2, 4, 8, 16), (1, 1, 64, 16)),
    ],
)
def test_shapes_with_the_same_order_of_elements(golden: tuple[int, ...], output: tuple[int, ...]) -> None:
    assert same_order_shape(golden, output) == output


@pytest.mark.parametrize(
    ("golden", "output"), [((64, 32), (32, 64)), ((2, 32), (64,)), ((2, 4, 16, 8), (1, 1, 64, 16))]
)
def test_shapes_whose_order_is_in_doubt(golden: tuple[int, ...], output: tuple[int, ...]) -> None:
    assert same_order_shape(golden, output) is None


def test_a_golden_with_the_outputs_padding_is_cropped() -> None:
    assert cropped_shape((1, 1, 32, 32), (1, 1, 1, 16), (1, 1, 32, 32)) == tuple(map(slice, (1, 1, 1, 16)))
    assert cropped_shape((1, 1, 32, 32), (1, 1, 32, 32), (1, 1, 32, 32)) is None
    assert cropped_shape((1, 1, 31, 32), (1, 1, 1, 16), (1, 1, 32, 32)) is None
