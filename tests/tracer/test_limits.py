"""Limits of what is read: the same in every reader, and never an endless or deep recursion."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tracer.errors import ConfigurationError, MasterError
from tracer.limits import KEPT_LEVELS, LEVELS, LONGEST_TEXT, TOO_DEEP, is_deeper
from tracer.master.master import BrokenConfiguration, Configuration, Execution, Master
from tracer.values import Lost, Mapping, Struct, Value, decode, describe, encode
from tracer.values.base import is_lost
from tracer.values.cpptext import CppTextError, parse

LISTS = "[" * 100 + "0" + "]" * 100


def nested(levels: int, around: Callable[[Any], Any], inside: Any = 0) -> Any:
    for _ in range(levels):
        inside = around(inside)
    return inside


def of(*elements: Any) -> dict[str, Any]:
    return {"operations": {"ttnn.add": {"configurations": [*elements, {"arguments": {"arg0": "good"}}]}}}


DEEP: dict[str, Any] = {
    "list, version 1": [{"arg0": nested(100, lambda part: [part])}],
    "list, 600 levels": [{"arg0": nested(600, lambda part: [part])}],
    "object, version 1": [{"arg0": nested(100, lambda part: {"A": {"b": part}})}],
    "list": {"arguments": {"arg0": nested(100, lambda part: [part])}},
    "dict": {"arguments": {"arg0": nested(100, lambda part: {"a": part})}},
    "items": {"arguments": {"arg0": nested(70, lambda part: {"type": "dict", "items": [["a", part]]})}},
    "fields": {"arguments": {"arg0": nested(70, lambda part: {"type": "A", "fields": {"b": part}})}},
    "an object's own fields": {"arguments": {"arg0": {"type": "A", "b": nested(100, lambda part: [part])}}},
    "both": {"arguments": {"arg0": nested(40, lambda part: [part], {"type": "A", "value": f"A(b={LISTS[60:141]})"})}},
    "in a tensor": {"arguments": {"arg0": {"type": "ttnn.Tensor", "original_shape": nested(600, lambda part: [part])}}},
    "output": {"arguments": {}, "output": nested(100, lambda part: [part])},
    "another key": {"arguments": {}, "note": nested(600, lambda part: [part])},
}


@pytest.mark.parametrize("raw", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deeply_is_broken_and_kept(raw: Any, tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text(json.dumps(of(raw)))
    for _ in range(2):
        master = Master.read(path)
        assert len(master) == 1
        (broken,) = master.broken
        assert broken.raw == raw
        assert TOO_DEEP in broken.message or "original_shape must be" in broken.message
        both = Master()
        both.merge(master)
        both.merge(Master.read(path))
        both.write(path)


@pytest.mark.parametrize(
    "text", [LISTS, f"A(b={LISTS})", f'{{"a":{LISTS}}}', LISTS.replace("[", "{").replace("]", "}")]
)
def test_text_that_is_nested_too_deeply_is_lost(text: str) -> None:
    for raw in ([{"arg0": text}], {"arguments": {"arg0": {"type": "A", "value": text}}}):
        (configuration, _) = Master.parse(of(raw))
        assert configuration.lost == ("arg0",)


AROUND: dict[str, Callable[[Value], Value]] = {
    "tuple": lambda part: (part,),
    "dict": lambda part: Mapping((("a", part),)),
    "a dict with a key of its own meaning": lambda part: Mapping((("type", part),)),
    "struct": lambda part: Struct("A", (("b", part),)),
    "a struct that can't be printed": lambda part: Struct("A b", (("b", part), ("b", 1))),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_is_written_is_read(around: Callable[[Value], Value]) -> None:
    for inside in (0, "text", Lost("x", "A")):
        value = nested(LEVELS, around, inside)
        master = Master()
        master.add(Configuration("ttnn.add", {"arg0": value}, executions=[Execution("a.py")]))
        again = Master.parse(json.loads(master.text()))
        assert [each.arguments for each in again] == [{"arg0": value}]
        with pytest.raises(ConfigurationError, match=TOO_DEEP):
            decode(json.loads(json.dumps(encode(around(value)))))


def test_live_objects_are_lost_from_the_deepest_level_on() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for live in (nested(100, lambda part: [part]), nested(100, lambda part: {"a": part}), endless):
        value = describe(live)
        assert is_lost(value)
        assert decode(encode(value)) == value
    assert not is_lost(describe(nested(LEVELS, lambda part: [part])))
    assert not is_lost(describe([1]))  # the count of levels starts anew


def test_a_file_that_could_not_be_written_again_is_refused(tmp_path: Path) -> None:
    deep = nested(KEPT_LEVELS + 1, lambda part: [part])
    path = tmp_path / "master.json"
    for raw in (of([{"arg0": deep}]), {"operations": {}, "metadata": {"note": deep}}):
        path.write_text(json.dumps(raw))
        with pytest.raises(MasterError, match=f"nested deeper than {KEPT_LEVELS} levels"):
            Master.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**6,
        "{" * 10**6,
        "-" * 10**6 + "1",
        "1" * 10**6 + "a",
        "1." * 10**6,
        f"A(b={'8,' * 300_000}8)",
        "[ unsupported type , " * 50_000,
        f"[ unsupported type , x{' ' * 10**6}",
        f"[ unsupported type , {'] x' * 300_000}",
        "A<" * 500_000,
        '"' * 10**6,
        '"' + '\\"' * 500_000,
        "'\\" * 500_000,
        "a." * 500_000,
        "a::" * 300_000,
        " " * 10**6 + "@",
        "x" * (LONGEST_TEXT + 1),
    ],
    ids=lambda text: f"{text[:8]}, {len(text)}",
)
def test_long_text_is_read_in_linear_time(text: str) -> None:
    """Quadratic time would be hours."""
    with suppress(CppTextError):
        parse(text)


def test_long_text_is_kept() -> None:
    text = "(" * (LONGEST_TEXT + 1)
    (configuration, _) = Master.parse(of([{"arg0": text}]))
    assert configuration.arguments == {"arg0": Lost(text)}
    (configuration, _) = Master.parse(of({"arguments": {"arg0": text}}))
    assert configuration.arguments == {"arg0": text}


def test_many_dimensions_are_refused() -> None:
    tensor = {"type": "ttnn.Tensor", "original_shape": [1] * 10**6, "original_dtype": "DataType.BFLOAT16"}
    (broken,) = Master.parse(of({"arguments": {"arg0": tensor}})).broken
    assert broken.message == "original_shape must have at most 64 dimensions, not 1000000"


def test_many_configurations_are_merged_without_comparing_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrokenConfiguration, "__eq__", None)
    alike = [{"arguments": {"arg0": number + 0.5}} for number in range(4000)]
    broken = [{"arguments": number} for number in range(4000)]
    raw = {"operations": {"ttnn.add": {"configurations": alike + broken}}}
    master = Master.parse(raw)
    summary = master.merge(Master.parse(raw))
    assert (summary.added, summary.known, len(master.broken)) == (0, 4000, 4000)
    assert Master().merge(master).added == 4000


def test_surrogates_and_numbers_that_json_lacks_survive(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text(
        '{"operations": {"ttnn.\\ud800": {"configurations": [{"arguments": {"arg0": "\\udfff", "arg1": NaN, '
        '"arg2": -1e999}, "note": [1e999, "inf"]}]}}}'
    )
    master = Master.read(path)
    (configuration,) = master
    master.write(path)
    (again,) = Master.read(path)
    assert again.content_hash == configuration.content_hash
    assert again.extra == {"note": ["inf", "inf"]}


@pytest.mark.parametrize(("raw", "depth"), [(1, 0), ([], 1), ({"a": [1, {}]}, 3), ([[1], [[]]], 3)])
def test_levels_of_json(raw: Any, depth: int) -> None:
    assert not is_deeper(raw, depth)
    assert depth == 0 or is_deeper(raw, depth - 1)
