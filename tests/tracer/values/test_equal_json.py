"""JSON that is read once."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from tracer.errors import ConfigurationError
from tracer.master.master import Master
from tracer.values import decode
from tracer.values.cpptext import Word
from tracer.values.equal_json import ReadOnce


def _counting() -> tuple[ReadOnce[str], list[Any]]:
    read: list[Any] = []

    def of(raw: Any) -> str:
        read.append(raw)
        return "a long int" if raw == 10**5000 else repr(raw)

    return ReadOnce(of, most=4), read


def test_equal_json_is_read_once() -> None:
    once, read = _counting()
    assert {once({"shape": [1, 32], "name": "a"}) for _ in range(3)} == {"{'shape': [1, 32], 'name': 'a'}"}
    assert len(read) == 1


@pytest.mark.parametrize("pair", [(1, True), (1, 1.0), (0.0, -0.0), ([], {}), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
def test_json_that_python_takes_for_equal_is_read_apart(pair: tuple[Any, Any]) -> None:
    once, _ = _counting()
    assert [once(part) for part in pair] == [repr(part) for part in pair]


def test_results_are_bounded_and_those_of_long_json_are_not_kept() -> None:
    once, read = _counting()
    for number in [*range(5), 0]:
        once(number)
    assert len(read) == 6, "the fifth displaced the first"
    for raw, reads in ((Word("T", "A"), 1), ("Word(type='T', name='A')", 1), ("x" * 100_000, 2), (10**5000, 2)):
        read.clear()
        assert once(raw) == once(raw)
        assert len(read) == reads


def test_what_cannot_be_read_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="nested deeper"):
            decode({"type": "T", "fields": {"a": _nested(70)}})


def test_merging_leaves_the_collector_as_it_was() -> None:
    assert gc.isenabled()
    Master().merge(Master())
    assert gc.isenabled()


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value
