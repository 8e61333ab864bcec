from __future__ import annotations

import sys
from typing import Any

from farm.sweeps.own_values import own_copy


class Thing:
    """A module's own class."""

    def __init__(self) -> None:
        self.parts = [1]


class Uncopied:
    """One that refuses to be copied."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Uncopied:
        raise RuntimeError("one of a kind")


def test_what_run_changes_is_its_own() -> None:
    thing = Thing()
    value: dict[str, Any] = {"shapes": [[1, 2], ([3], {4})], "thing": thing}
    mine = own_copy(value)
    assert mine["shapes"] == value["shapes"]
    mine["shapes"][0].append(5)
    mine["shapes"][1][0].append(5)
    mine["shapes"][1][1].add(5)
    mine["thing"].parts.append(5)
    assert value["shapes"] == [[1, 2], ([3], {4})]
    assert thing.parts == [1]


def test_what_cannot_be_copied_is_passed_as_it_is_whatever_holds_it() -> None:
    one, generator, double = Uncopied(), (n for n in range(3)), lambda n: n * 2
    mine = own_copy([one, generator, double, sys, {"one": one}])
    assert mine[0] is one
    assert mine[1] is generator
    assert mine[2] is double
    assert mine[3] is sys
    assert mine[4]["one"] is one


def test_a_list_that_contains_itself_is_copied() -> None:
    value: list[object] = [1]
    value.append(value)
    mine = own_copy(value)
    assert mine is not value
    assert mine[0] == 1
    assert mine[1] is mine
