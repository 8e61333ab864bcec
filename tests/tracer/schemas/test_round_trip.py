"""Values of every type through every schema: as C++ printed them, in version 2's envelope, and written in version 2."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.schemas.printing import PRINTERS, argument, printable
from tests.tracer.values.strategies import EVERY_TYPE, values
from tracer.schemas.mixed import Mixed
from tracer.schemas.reader import read_configuration
from tracer.schemas.v1 import is_version_1
from tracer.values import Value, encode, show
from tracer.values.configuration import Configuration

styles = st.sampled_from(["plain", "quoted", "raw"])


def element(name: str, value: Value, style: str) -> dict[str, Any]:
    """Return an element of version 1's list: JSON, or the text that wasn't."""
    text = f'{{"{name}": {argument(value, style)}}}'
    try:
        parsed: dict[str, Any] = json.loads(text)
    except ValueError as error:
        return {"UnparsedElement": {"error": str(error), "element_info": text}}
    return parsed


def read(raw: Any) -> dict[str, Value]:
    configuration = read_configuration("ttnn.add", 0, raw)
    assert isinstance(configuration, Configuration), configuration
    return configuration.arguments


def test_it_is_known_of_every_type_how_c_plus_plus_prints_it() -> None:
    assert PRINTERS.keys() == set(EVERY_TYPE)


@settings(derandomize=True)
@given(st.lists(st.tuples(printable, styles), max_size=3))
def test_what_c_plus_plus_printed_is_read_as_it_was(arguments: list[tuple[Value, str]]) -> None:
    expected = {f"arg{place}": value for place, (value, _) in enumerate(arguments)}
    elements = [element(f"arg{place}", value, style) for place, (value, style) in enumerate(arguments)]
    for raw in (elements, {"arguments": elements}):
        values_read = read(raw)
        assert values_read == expected
        assert list(map(encode, values_read.values())) == list(map(encode, expected.values()))  # 1 is not True
    # and written in version 2
    assert read({"arguments": {name: encode(value) for name, value in expected.items()}}) == expected


@settings(derandomize=True)
@given(printable, values)
def test_both_versions_in_one_envelope(old: Value, new: Value) -> None:
    raw = element("arg0", old, "plain")
    mixed = {"arguments": {"arg0": raw.get("arg0", raw), "arg1": encode(new)}}
    if not is_version_1(mixed["arguments"]["arg0"]) or not isinstance(mixed["arguments"]["arg1"], dict):
        return
    assert Mixed().matches(mixed)
    assert read(mixed)["arg0"] == old


@pytest.mark.parametrize("style", ["plain", "quoted", "raw"])
def test_a_value_in_quotes_is_shown_as_the_value(style: str) -> None:
    (value,) = read([element("arg0", (1, (2, 3)), style)]).values()
    assert show(value) == "[1, [2, 3]]"
