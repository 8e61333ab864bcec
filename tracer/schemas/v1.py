"""Version 1: arguments as C++ printed them while a graph was traced, in a list of one-key objects.

Every scalar is text (`"0"`, `"nullopt"`, `"DataType::BFLOAT8_B"`), every object a dict of its class
(`{"Tensor": {...}}`), and what the printer could not do is left as it was: as text that is no JSON
(`UnparsedElement`), as `{...}`, or as `[ unsupported type , T]`.

The first traces have the bare list for a configuration, later ones an object with the list under `arguments`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import LONGEST_TEXT
from tracer.schemas.base import Arguments, decoded
from tracer.values import Lost, Struct, Tensor, Value
from tracer.values.base import ANY
from tracer.values.cores import are_ranges
from tracer.values.cpptext import CppTextError, Elided, parse
from tracer.values.dispatch import interpret, interpret_object, opaque_value, stateless_value, v1_types, within_levels
from tracer.values.text import brief

_UNPARSED = "UnparsedElement"


class BareList:
    """A list of arguments, without provenance."""

    def matches(self, raw: Any) -> bool:
        return isinstance(raw, list)

    def arguments(self, raw: Any) -> Arguments:
        return Arguments(decoded(by_name(raw), decode))


class Version1:
    """An object with a list of arguments."""

    def matches(self, raw: Any) -> bool:
        return isinstance(raw, dict) and isinstance(raw.get("arguments"), list)

    def arguments(self, raw: Any) -> Arguments:
        return Arguments(decoded(by_name(raw["arguments"]), decode))


def is_version_1(raw: Any) -> bool:
    """Return whether an argument is a version-1 object, a dict of a class with version-1 JSON, or a list of them."""
    if type(raw) is list and raw:
        raw = raw[0]
    if type(raw) is not dict or len(raw) != 1:
        return False
    (name,) = raw
    return name == _UNPARSED or (name in v1_types() and name != ANY)


def by_name(elements: list[Any]) -> dict[str, Any]:
    """Return the arguments of a list of one-key objects, by name, for `decode`; those that weren't JSON are parsed.

    Raises:
        ConfigurationError: an element is no such object, or two have one name.
    """
    arguments: dict[str, Any] = {}
    for place, element in enumerate(elements):
        if not isinstance(element, dict) or len(element) != 1:
            raise ConfigurationError(f"argument {place} must be an object of one key, not {brief(element)}")
        ((name, raw),) = element.items()
        if name == _UNPARSED:
            name, raw = parse_element(raw, place)
        if name in arguments:
            raise ConfigurationError(f"argument {name} is there twice")
        arguments[name] = raw
    return arguments


def parse_element(raw: object, place: int) -> tuple[str, Any]:
    """Return the name and value of an `UnparsedElement`; the whole text is `Lost` if it can't be parsed."""
    text = raw.get("element_info") if isinstance(raw, dict) else None
    if not isinstance(text, str):
        raise ConfigurationError(f"argument {place}: {_UNPARSED} must hold its text as element_info")
    try:
        return _one_argument(text)
    except CppTextError:
        return f"arg{place}", Lost(text)


@lru_cache(maxsize=2048)
def _one_argument(text: str) -> tuple[str, Any]:
    node = parse(text)
    if not isinstance(node, dict) or len(node) != 1:
        raise CppTextError("no single argument")
    return next(iter(node.items()))


def decode(raw: Any) -> Value:
    """Return the value of one argument, as JSON or as parsed text.

    Raises:
        ConfigurationError: a known class holds something impossible, or it is nested too deeply.
    """
    return within_levels(raw, lambda: _decode(raw))


def _decode(raw: Any) -> Value:
    if isinstance(raw, str):
        return _decode_text(raw) if len(raw) <= LONGEST_TEXT else Lost(raw)
    if isinstance(raw, Lost):
        return raw
    if isinstance(raw, dict):
        value = interpret_object(raw)
        if value is not None:
            return value
        return _decode_object(raw) if len(raw) == 1 else interpret(raw)
    if isinstance(raw, (list, tuple)) and not are_ranges(raw):
        return tuple([_on_device(_decode(part)) for part in raw])
    return interpret(raw)


def _on_device(value: Value) -> Value:
    """Return an element of a list; a tensor of which nothing says where it is must be on the device.

    Tensors in lists were never printed with their storage, and operations take lists of tensors on the device alone.
    """
    return replace(value, storage="DEVICE") if isinstance(value, Tensor) and not value.storage else value


@lru_cache(maxsize=4096)
def _decode_text(text: str) -> Value:
    if not text:
        return text
    try:
        node = parse(text)
    except CppTextError:
        return Lost(text)
    return node if isinstance(node, str) else _decode(node)


def _decode_object(raw: dict[str, Any]) -> Value:
    ((name, body),) = raw.items()
    if name == _UNPARSED:
        return decode(parse_element(body, 0)[1])
    opaque = opaque_value(name)
    if opaque is not None:
        return opaque
    if isinstance(body, Elided):
        stateless = stateless_value(name)
        return Lost("{...}", name) if stateless is None else stateless
    value_type = v1_types().get(name)
    if value_type is not None and name != ANY:
        return value_type.decode_v1(body, name)
    if isinstance(body, dict) or body == ():
        return Struct.decode_v1(body or {}, name)
    return Struct(name, (("0", _decode(body)),))
