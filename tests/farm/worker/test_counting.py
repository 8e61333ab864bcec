"""Suites are counted as they are listed: the same numbers, with and without invalid vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from farm.core.listing_detail import Detail
from farm.core.messages import (
    Listing,
    ListingProblem,
    ListVectors,
    VectorsCounted,
    VectorsListed,
)
from farm.core.sweep_module import SweepModule
from farm.worker import listing
from farm.worker.modules import LoadedModule, checked

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")


def run(*, device: object, **_rest: object) -> tuple[bool, str]:
    return device is None, ""


def imported(parameters: Mapping[str, Any], **more: Any) -> LoadedModule:
    return checked("a.b", SimpleNamespace(parameters=parameters, run=run, **more))


def listed(module: LoadedModule, detail: Detail, monkeypatch: pytest.MonkeyPatch) -> list[Listing]:
    monkeypatch.setattr(listing, "load", lambda _spec: module)
    return list(listing.list_vectors(ListVectors(SweepModule("a.b", Path("/a/b.py")), detail=detail)))


def counts(messages: list[Listing]) -> Counter[tuple[str, bool, tuple[int, int]]]:
    """The number of different vectors, by suite, by whether they are invalid, and by grid."""
    sums: Counter[tuple[str, bool, tuple[int, int]]] = Counter()
    hashes: set[str] = set()
    for message in messages:
        if isinstance(message, VectorsCounted):
            sums[message.suite, message.invalid, message.grid] += message.vectors
        elif isinstance(message, VectorsListed):
            for vector in message.vectors:
                columns, rows = vector["grid"]
                sums[message.suite, "invalid" in vector, (columns, rows)] += vector["hash"] not in hashes
                hashes.add(vector["hash"])
    return +sums


def a_mix() -> dict[str, Any]:
    import ttnn

    return {
        "plain": {"shape": [[32, 32], [64, 32], [32, 32]], "dtype": [ttnn.bfloat16, ttnn.float32], "x": [1, 1.0, True]},
        "grids": {"x": [1, 2, 3], "grid": [ttnn.CoreGrid(x=8, y=2), ttnn.CoreGrid(x=1, y=4), None], "y": range(3)},
        "tuples": {"a,b": [(1, 2), (1, 2), (3, 4)], "c,d": [(5, 6), (5, 7)], "x": ["1", 1, None]},
        "cut": {"a,b": [(1, 2, 3), (1,)], "c": [0]},
        "twice": {"a,b": [(1, 2), (3, 2)], "a": [0]},
        "hashes": {"config_hash": ["h", "h", "i"], "x": [1, 2]},
        "objects": {"f": [object(), object(), len, len], "x": [1, 3]},
        "empty": {"x": [], "y": [1, 2]},
        "nothing": {},
        "once": {"a": (number for number in range(4)), "b": [1, 2]},
    }


def judged(vector: dict[str, Any]) -> Any:
    if vector.get("x") == 3:
        raise RuntimeError("3")
    return vector.get("x") == 2 or vector["suite_name"] == "cut", "because"


@pytest.mark.parametrize("judge", [None, judged])
def test_counts_are_those_of_the_list(judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {} if judge is None else {"invalidate_vector": judge}
    every = counts(listed(imported(a_mix(), **more), Detail.VECTORS, monkeypatch))
    assert sum(every.values()) == 71
    assert counts(listed(imported(a_mix(), **more), Detail.JUDGED_COUNTS, monkeypatch)) == every
    unjudged: Counter[tuple[str, tuple[int, int]]] = Counter()
    for (suite, _, grid), number in every.items():
        unjudged[suite, grid] += number
    of_counts: Counter[tuple[str, tuple[int, int]]] = Counter()
    for (suite, _, grid), number in counts(listed(imported(a_mix(), **more), Detail.COUNTS, monkeypatch)).items():
        of_counts[suite, grid] += number
    assert of_counts == unjudged


def test_a_generator_that_raises_is_a_problem_of_its_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    def values() -> Any:
        yield 1
        yield 2
        raise RuntimeError("no third")

    messages = listed(imported({"bad": {"a": values(), "b": [1, 2]}, "good": {"a": [1]}}), Detail.COUNTS, monkeypatch)
    assert counts(messages) == {("bad", False, (1, 1)): 4, ("good", False, (1, 1)): 1}
    [problem] = [message for message in messages if isinstance(message, ListingProblem)]
    assert "no third" in problem.message


def test_a_suite_of_a_million_is_counted_without_making_one(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {"nightly": {name: range(100) for name in "abcdefgh"}}
    assert counts(listed(imported(parameters), Detail.COUNTS, monkeypatch)) == {("nightly", False, (1, 1)): 100**8}
