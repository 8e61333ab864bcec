from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.versions.search import CantJudge, EndUnjudged, search


class Judge:
    """Says `old` before `first` and `new` from there on; doesn't judge some."""

    def __init__(self, first: int, unjudgeable: frozenset[int] = frozenset()) -> None:
        self.first, self.unjudgeable = first, unjudgeable
        self.asked: list[int] = []

    def __call__(self, index: int) -> str:
        self.asked.append(index)
        if index in self.unjudgeable:
            raise CantJudge(f"{index} does not open")
        return "new" if index >= self.first else "old"


@given(st.integers(2, 200).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count - 1))))
def test_the_first_that_differs_is_found_in_few_steps(case: tuple[int, int]) -> None:
    count, first = case
    judge = Judge(first)
    found = search(count, judge)
    assert (found.first, found.before, found.after) == ((first,), "old", "new")
    assert len(judge.asked) <= 2 + math.ceil(math.log2(count))


@given(
    st.integers(3, 40).flatmap(
        lambda count: st.tuples(st.just(count), st.integers(1, count - 1), st.frozensets(st.integers(1, count - 2)))
    )
)
def test_those_that_can_not_be_judged_are_gone_round(case: tuple[int, int, frozenset[int]]) -> None:
    count, first, unjudgeable = case
    judge = Judge(first, unjudgeable)
    found = search(count, judge)
    assert first in found.first
    assert found.first[-1] not in unjudgeable
    assert set(found.first[:-1]) <= unjudgeable
    assert found.first[0] - 1 not in unjudgeable
    assert len(judge.asked) == len(set(judge.asked)), "none is judged twice"


def test_nothing_differs() -> None:
    judge = Judge(99)
    found = search(20, judge)
    assert (found.first, found.after) == ((), None)
    assert judge.asked == [0, 19]


def test_a_third_state_in_between_differs_from_the_oldest() -> None:
    states = ["good", "good", "wrong", "wrong", "crash"]
    assert search(5, states.__getitem__).first == (2,)


@pytest.mark.parametrize("end", [0, 6])
def test_an_end_that_can_not_be_judged(end: int) -> None:
    with pytest.raises(EndUnjudged, match="does not open") as raised:
        search(7, Judge(3, frozenset({end})))
    assert raised.value.index == end
