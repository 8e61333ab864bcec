from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.sweeps.errors import ModuleError
from farm.sweeps.permutations import IndexedVectors, axes, permutations


def every(parameters: object) -> list[dict[str, Any]]:
    return list(permutations(axes(parameters)))


def test_the_first_name_varies_slowest() -> None:
    assert every({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_names_joined_by_commas_go_together() -> None:
    assert every({"a,b": [(1, "x"), [2, "y"]], "c": [0]}) == [{"a": 1, "b": "x", "c": 0}, {"a": 2, "b": "y", "c": 0}]


@pytest.mark.parametrize(
    ("parameters", "vectors"),
    [
        ({"a,b": [(1, 2, 3), (4,)]}, [{"a": 1, "b": 2}, {"a": 4}]),
        ({"a,b": ["xyz"], "c,": [(1,)]}, [{"a": "x", "b": "y", "c": 1}]),
        ({"a, b": [(1, 2)]}, [{"a": 1, " b": 2}]),
        ({"a,b": [(1, 2)], "b": [3]}, [{"a": 1, "b": 3}]),
        ({"a": "xy"}, [{"a": "x"}, {"a": "y"}]),
        ({"a": {1: "x", 2: "y"}}, [{"a": 1}, {"a": 2}]),
        ([("a", [1, 2]), ("b", [3, 4])], [{"b": b, "a": a} for b in (3, 4) for a in (1, 2)]),
    ],
)
def test_parameters_are_read_as_tt_metal_reads_them(parameters: object, vectors: list[dict[str, Any]]) -> None:
    assert every(parameters) == vectors


def test_a_generator_is_read_once_as_in_tt_metal() -> None:
    assert every({"a": (n for n in range(2)), "b": [0, 1]}) == [{"a": a, "b": b} for a in range(2) for b in range(2)]
    later = {"a": [0, 1], "b": iter([0, 1]), "c": [0, 1]}
    assert every(later) == [{"a": 0, "b": b, "c": c} for b in range(2) for c in range(2)]
    later = {"a": [0, 1], "b": iter([0, 1]), "c": [0, 1]}
    assert [IndexedVectors(axes(later))[3]] == [{"a": 0, "b": 1, "c": 1}]


def test_no_parameters_make_one_vector_and_no_values_none() -> None:
    assert every({}) == [{}]
    assert every({"a": [], "b": [1]}) == []


def test_the_values_of_the_first_name_are_taken_one_by_one() -> None:
    vectors = permutations(axes({"a": itertools.count(), "b": range(2)}))
    assert list(itertools.islice(vectors, 3)) == [{"a": 0, "b": 0}, {"a": 0, "b": 1}, {"a": 1, "b": 0}]


def test_a_generator_that_raises_halfway_loses_nothing_before_it() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise ValueError("no more shapes")

    vectors = permutations(axes({"a": values(), "b": [0, 1]}))
    assert [next(vectors), next(vectors)] == [{"a": 1, "b": 0}, {"a": 1, "b": 1}]
    with pytest.raises(ModuleError, match="the values of 'a' raised ValueError: no more shapes after 1"):
        next(vectors)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([1, 2], "a suite must be a dict of values by name, not list"),
        ({"a": 5}, "'a' must have a list of values, not int 5"),
        ({3: [1]}, "3 is no name of a parameter"),
        ({"a,b": [(1, 2), 3]}, "value 1 of 'a,b' must be a tuple of values, not 3"),
    ],
)
def test_what_is_no_suite_is_said(parameters: object, message: str) -> None:
    with pytest.raises(ModuleError, match=message):
        every(parameters)


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 9), max_size=4), max_size=4))
def test_the_nth_is_the_nth(parameters: dict[str, list[int]]) -> None:
    vectors = every(parameters)
    held = IndexedVectors(axes(parameters))
    assert [held[place] for place in range(len(vectors))] == vectors
    with pytest.raises(IndexError):
        held[len(vectors)]
    expected = 1
    for values in parameters.values():
        expected *= len(values)
    assert len(vectors) == expected
