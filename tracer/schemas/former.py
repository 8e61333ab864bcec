"""Values as earlier versions of the tracer encoded them, for readers of what was stored then.

Where a reader has become more exact, what it encoded before differs from what it encodes now: an argument that was lost
has its text, a set had numbered fields, an object of a class that has a type of its own now was a plain struct. Here,
such an encoding is read as its source would be read today.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingType
from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import LONGEST_TEXT
from tracer.schemas import v1
from tracer.values import Lost, Struct, Value, decode
from tracer.values.base import Unprintable, is_lost
from tracer.values.cpptext import last_part
from tracer.values.dispatch import encode, stateless_value
from tracer.values.mapping import Mapping
from tracer.values.printing import printed
from tracer.values.sets import SETS, ValueSet

_EMPTY = Mapping(())
"""What an empty collection of C++ was read as, whatever it was."""


def reread(arguments: MappingType[str, Any]) -> dict[str, Value]:
    """Return the values of stored arguments, as today's reader would have read the calls that they were encoded from.

    Args:
        arguments: version 2's JSON of each, in today's or a former encoding.

    Raises:
        ConfigurationError: one holds something impossible.
    """
    return {name: decode(raw) for name, raw in in_current_encoding(arguments).items()}


def in_current_encoding(arguments: MappingType[str, Any]) -> dict[str, Any]:
    """Return stored arguments as `encode` would write them today; equal ones if they are in no former encoding.

    Raises:
        ConfigurationError: one holds something impossible.
    """
    return {name: _current(raw) for name, raw in arguments.items()}


def _current(raw: Any) -> Any:
    """Return JSON in today's encoding."""
    if isinstance(raw, list):
        return [_current(part) for part in raw]
    if not isinstance(raw, dict):
        return raw
    raw = {key: _current(part) for key, part in raw.items()}
    if "lost" in raw:
        return _exact(raw, lambda: _recovered(raw))
    if "fields" in raw and isinstance(raw["fields"], dict):
        return _exact(raw, lambda: _typed(raw))
    return raw


def _exact(raw: Any, read: Callable[[], Value]) -> Any:
    """Return the encoding of what can be read whole; else the JSON as it is."""
    try:
        value = read()
    except (ConfigurationError, Unprintable):
        return raw
    return raw if is_lost(value) else encode(value)


def _recovered(raw: dict[str, Any]) -> Value:
    """Return the value of a lost argument, from its class or from the text that was kept of it."""
    name, text = raw.get("type"), raw["lost"]
    if not isinstance(name, str) or not isinstance(text, str) or len(text) > LONGEST_TEXT:
        return Lost("")
    stateless = stateless_value(last_part(name.removesuffix(" const")))
    if stateless is not None:
        return stateless
    if name:
        return Lost(text, name)  # what a live object printed, cut off after some length
    _, element = v1.parse_element({"element_info": text}, 0)
    return v1.decode(text if isinstance(element, Lost) else element)


def _typed(raw: dict[str, Any]) -> Value:
    """Return the value of an object that was a plain struct."""
    if raw.get("type") in SETS:
        members = list(raw["fields"].values())
        if raw["type"] == "frozenset" and len(members) == 1 and isinstance(members[0], list):
            [members] = members  # it is printed around a set
        return ValueSet.of(map(decode, members))
    value = decode(raw)
    if not isinstance(value, Struct):
        return value
    fields = [f"{'' if name.isdecimal() else f'{name}='}{_text(part)}" for name, part in value.fields]
    return v1.decode(f"{value.type}({', '.join(fields)})")


def _text(value: Value) -> str:
    return "{}" if value == _EMPTY else printed(value)
