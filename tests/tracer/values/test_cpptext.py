"""The grammar of printed objects."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.limits import TEXT_LEVELS
from tracer.values.cpptext import Call, CppTextError, Elided, Range, Unsupported, Word, parse

EIGHT_BY_SEVEN = Range({"x": 0, "y": 0}, {"x": 7, "y": 6})


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("0", 0),
        ("-12", -12),
        ("1e-05", 1e-05),
        ("0.0883883", 0.0883883),
        ("-inf", -math.inf),
        ("true", True),
        ("False", False),
        ("nullopt", None),
        ("std::nullopt", None),
        ("CACHE", Word("", "CACHE")),
        ("DataType::BFLOAT8_B", Word("DataType", "BFLOAT8_B")),
        ("ttnn::DataType.BFLOAT16", Word("DataType", "BFLOAT16")),
        ("[]", []),
        ("{}", ()),
        ("[[0, 0], [0, 13]]", [[0, 0], [0, 13]]),
        ("{224, 224}", (224, 224)),
        ("{...}", Elided()),
        ("[{...}, {...}]", [Elided(), Elided()]),
        ("6-8", Range(6, 8)),
        ("[0-1 - 7-6]", [Range(Range(0, 1), Range(7, 6))]),
        ('{"a": "[{"b":{}}, {"c":"d"}]", "e": "none"}', {"a": [{"b": ()}, {"c": "d"}], "e": "none"}),
        ('{"a": ""relu"", "b": "{"c": "["x", "y"]"}"}', {"a": "relu", "b": {"c": ["x", "y"]}}),
        ("{'a', \"it's\"}", ("a", "it's")),
        ("(8,)", Call("", (("0", 8),))),
        ("(x=8,y=7)", Call("", (("x", 8), ("y", 7)))),
        ('"a \\"quoted\\" string"', 'a "quoted" string'),
        ('{"grid": 8,8, "size":64}', {"grid": (8, 8), "size": 64}),
        ('[{"x":0,"y":0} - {"x":7,"y":6}]', [EIGHT_BY_SEVEN]),
        ('{[{"x":0,"y":0} - {"x":7,"y":6}], [(x=0,y=7) - (x=3,y=7)]}',
         ([EIGHT_BY_SEVEN], [Range(Call("", (("x", 0), ("y", 7))), Call("", (("x", 3), ("y", 7))))])),
        ("MeshCoordinate([2, 3])", Call("MeshCoordinate", (("0", [2, 3]),))),
        ("A(b: [B(), C(3)], d=1)", Call("A", (("b", [Call("B", ()), Call("C", (("0", 3),))]), ("d", 1)))),
        ("A(b=1, c=B{d=[2]}, e=Type::X)",
         Call("A", (("b", 1), ("c", Call("B", (("d", [2]),))), ("e", Word("Type", "X"))))),
        ("Basic<float, std::vector<int>>(param={1})", Call("Basic<float, std::vector<int>>", (("param", (1,)),))),
        ("A(grid=6-8, other=8,8, last=nullopt)", Call("A", (("grid", Range(6, 8)), ("other", (8, 8)), ("last", None)))),
        ("[ unsupported type , std::optional<std::vector<int, std::allocator<int> > const>]",
         Unsupported("std::optional<std::vector<int, std::allocator<int> > const>")),
        ('{"arg2": [ unsupported type , A<B>]}', {"arg2": Unsupported("A<B>")}),
    ],
)  # fmt: skip
def test_each_form_is_read(text: str, parsed: Any) -> None:
    assert parse(text) == parsed


def test_core_ranges_that_ttnn_prints_without_their_closing_brace() -> None:
    ranges = '{"start":{"x":0,"y":0},"end":{"x":7,"y":6}, {"start":{"x":0,"y":7},"end":{"x":3,"y":7}'
    text = f"ShardSpec{{grid=[{ranges}], shape=[1, 2]}}"
    whole = text.replace('"y":6}', '"y":6}}').replace('"y":7}]', '"y":7}}]')
    assert parse(text) == parse(whole)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "the end"),
        ("[1, 2", "character 5"),
        ('{"a": 1', "character 7"),
        ('{"a" 1}', "character 5"),
        ('"never closed', "character 0"),
        ("A(b=", "character 4"),
        ("1 2", "character 2"),
        ("{1: 2}", "character 2"),
        ("Basic<float(x=1)", "never closed"),
        ("-A", "a number"),
        ("9" * 5000, "too long"),
        ("@", "character 0"),
        ('"\\x"', "bad string"),
        ('{"a": "it"s"}', "character"),
        ('{"a": "[{"b": 1}', "character"),
        ("[" * (TEXT_LEVELS + 2), f"deeper than {TEXT_LEVELS} levels"),
    ],
)
def test_what_is_no_such_text_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(CppTextError, match=where):
        parse(text)


@given(st.text(alphabet='{}[]()"=:,.-<> abX01\\_', max_size=40) | st.text(max_size=20))
def test_no_text_ends_in_anything_else(text: str) -> None:
    with suppress(CppTextError):
        parse(text)
