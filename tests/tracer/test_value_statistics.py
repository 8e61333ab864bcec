"""Statistics of numbers: their JSON, and how several become one."""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import ConfigurationError
from tracer.value_statistics import (
    ValueStatistics,
    join_statistics,
    merged,
    problem_of,
    read_statistics,
    written_statistics,
)

GOOD: dict[str, Any] = {"count": 10, "minimum": -1, "maximum": 3.5, "mean": 0.5, "zeros": 0.2, "nans": 0.1}

NUMBERS = st.floats(width=32) | st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf])
LISTS = st.lists(NUMBERS, min_size=1, max_size=12)


def of(numbers: list[float]) -> ValueStatistics:
    """Compute statistics the slow way."""
    finite = [number for number in numbers if math.isfinite(number)]
    shares = [sum(map(test, numbers)) / len(numbers) for test in TESTS]
    if not finite:
        return ValueStatistics(len(numbers), 0.0, 0.0, 0.0, *shares)
    mean = min(max(math.fsum(finite) / len(finite), min(finite)), max(finite))
    return ValueStatistics(len(numbers), min(finite), max(finite), mean, *shares)


TESTS = (
    lambda number: number == 0,
    math.isnan,
    lambda number: number == math.inf,
    lambda number: number == -math.inf,
)


@given(LISTS)
def test_they_read_back_the_same(numbers: list[float]) -> None:
    statistics = of(numbers)
    assert ValueStatistics.from_json(json.loads(json.dumps(statistics.as_json(), allow_nan=False))) == statistics


@given(st.lists(LISTS, min_size=1, max_size=4))
def test_merged_they_are_those_of_all_numbers(parts: list[list[float]]) -> None:
    whole, together = of([*chain(*parts)]), merged(*map(of, parts))
    assert together.count == whole.count
    assert [together.minimum, together.maximum] == pytest.approx([whole.minimum, whole.maximum], rel=1e-8)
    size = max(abs(whole.minimum), abs(whole.maximum))
    assert together.mean == pytest.approx(whole.mean, rel=1e-7, abs=size * 1e-7)
    for name in ("zeros", "nans", "positive_infinities", "negative_infinities", "non_finite"):
        assert getattr(together, name) == pytest.approx(getattr(whole, name), abs=1e-7)
    assert ValueStatistics.from_json(together.as_json()) == together


def test_merging_weighs_by_how_many_numbers_there_are() -> None:
    together = merged(ValueStatistics(1, 5, 5, 5), ValueStatistics(3, -1, 1, 1, zeros=1 / 3))
    assert together == ValueStatistics(4, -1, 5, 2, zeros=0.25)


def test_numbers_of_which_none_is_finite_have_no_range() -> None:
    third = [ValueStatistics(1, 0, 0, 0, nans=1)]
    third += [ValueStatistics(1, 0, 0, 0, positive_infinities=1), ValueStatistics(1, 0, 0, 0, negative_infinities=1)]
    together = merged(*third)
    assert not together.has_finite
    assert together.as_json().keys() == {"count", "nans", "positive_infinities", "negative_infinities"}


def test_a_share_of_non_finite_numbers_has_three_parts() -> None:
    statistics = ValueStatistics(8, 0, 1, 0.5, 0.25, nans=0.125, positive_infinities=0.25, negative_infinities=0.125)
    assert (statistics.non_finite, statistics.infinities, statistics.has_finite) == (0.5, 0.375, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count must be an int of at least 1, not 0"),
        ({"count": True}, "count must be"),
        ({"count": None}, "count must be"),
        ({"minimum": "low"}, "minimum must be a finite number, not 'low'"),
        ({"minimum": None}, "minimum must be a finite number, not None"),
        ({"maximum": math.inf}, "maximum must be a finite number, not inf"),
        ({"maximum": 10**400}, "maximum must be a finite number, not 1000"),
        ({"mean": 4}, "but 4 is not in -1 to 3.5"),
        ({"mean": True}, "mean must be a finite number"),
        ({"zeros": 1.5}, "zeros must be a share between 0 and 1, not 1.5"),
        ({"nans": -0.1}, "nans must be a share"),
        ({"zeros": 0.6, "nans": 0.6}, "the shares add up to 1.2"),
    ],
)
def test_impossible_ones_are_refused(change: dict[str, Any], message: str) -> None:
    ValueStatistics.from_json(GOOD)
    with pytest.raises(ConfigurationError, match=message):
        ValueStatistics.from_json({**GOOD, **change})


@pytest.mark.parametrize("raw", [None, 3, [1], "text"])
def test_what_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(ConfigurationError, match="must be an object"):
        ValueStatistics.from_json(raw)


def test_unknown_keys_are_passed_over() -> None:
    assert ValueStatistics.from_json({**GOOD, "median": 1}) == ValueStatistics.from_json(GOOD)


@pytest.mark.parametrize(
    ("statistics", "text"),
    [
        (ValueStatistics(100, -3.21, 4.1, 0.0234, 0.12), "values -3.21 to 4.1, mean 0.0234, 12 % zeros"),
        (ValueStatistics(8, 0, 128255, 7.5, 0.00999), "values 0 to 128255, mean 7.5, 1 % zeros"),
        (ValueStatistics(8, 1, 1, 1), "values all 1"),
        (ValueStatistics(8, 0, 0, 0, 0.5, negative_infinities=0.5), "values all 0, 50 % zeros, 50 % -inf"),
        (ValueStatistics(8, 0, 0, 0, nans=0.25, positive_infinities=0.75), "no finite value, 25 % NaN, 75 % inf"),
        (ValueStatistics(10**6, -1e30, 2e9, 1e-9, 1e-6), "values -1e+30 to 2e+09, mean 1e-09, <0.01 % zeros"),
        (ValueStatistics(10**6, 0, 2, 1e-9, 0.9999), "values 0 to 2, mean 1e-09, 99.99 % zeros"),
    ],
)
def test_people_read_them_in_a_line(statistics: ValueStatistics, text: str) -> None:
    assert statistics.text == text


def test_what_cannot_be_read_of_a_call_is_kept_as_it_was() -> None:
    raw = {"arg0": GOOD, "arg1": {"count": 0}, "arg2[1]": 7}
    good, bad = read_statistics(raw)
    assert (set(good), bad) == ({"arg0"}, {"arg1": {"count": 0}, "arg2[1]": 7})
    assert written_statistics(good, bad) == raw
    assert problem_of(bad["arg1"]) == "count must be an int of at least 1, not 0"
    assert problem_of(GOOD) == ""
    assert written_statistics(*read_statistics([1])) == [1]


def test_equal_statistics_join_to_themselves() -> None:
    one, other = ValueStatistics(4, 0, 2, 1), ValueStatistics(4, -2, 0, -1)
    joined = {"arg0": one}
    assert not join_statistics(joined, {"arg0": one})
    assert join_statistics(joined, {"arg0": other, "bias": one})
    assert joined == {"arg0": ValueStatistics(8, -2, 2, 0), "bias": one}
