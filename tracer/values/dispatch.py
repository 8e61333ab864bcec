"""Every value, whatever its type: describe, encode, decode, parse, show.

The tables are filled from the classes that `tracer.values.registry` lists, when `tracer.values` is imported.

`encode` writes what tt-metal's own tracer writes of the same object, wherever it has a form for it: tensors, memory
configs, compute kernel configs and matmul program configs by field, everything else by class and printed text. A value
that those forms would lose something of gets one of this project's own, marked by a key beside `type`: `fields`,
`member`, `items`, `handle` or `lost`. `decode` reads all of them, and the forms of tt-metal's tracer past and present.

`decode(encode(value)) == value` for every value.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Set
from contextlib import suppress
from functools import lru_cache
from typing import Any, cast

from tracer.errors import ConfigurationError
from tracer.limits import FILE_LEVELS, LEVELS, TOO_DEEP, is_deeper
from tracer.values.base import (
    ANY,
    RESERVED_NAMES,
    LiveClass,
    LiveReader,
    MarkDecoder,
    TypedValue,
    Value,
    is_nested_deeper,
)
from tracer.values.cpptext import Call, CppTextError, Elided, Word, last_part, parse
from tracer.values.enums import EnumMember
from tracer.values.equal_json import ReadOnce
from tracer.values.lost import Lost
from tracer.values.text import brief

_SCALARS = frozenset({bool, int, float, str, type(None)})

NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""What tt-metal writes in place of the three floats that JSON does not have."""

Decoder = Callable[[Any], Value]

_WRAPPERS = frozenset({"optional", "variant", "reference_wrapper", "SmallVector", "vector", "array", "Span", "span"})
"""C++'s own classes around one value, which say nothing of it."""

# by type of value
_encoders: dict[type, Callable[[Any], Any]] = {}
_showers: dict[type, Callable[[Any], str]] = {}
# live objects: asked in turn about each class, once
_reader_choices: list[Callable[[type], LiveReader | None]] = []
_readers: dict[type, LiveReader] = {}
# version 2's JSON: by `type` and a key, by `type` alone, by a key beside `type`, by a key without a `type`
_fast_json: dict[str, tuple[str, Decoder]] = {}
_json_types: dict[str, Decoder] = {}
_marks: dict[str, MarkDecoder] = {}
_json_keys: dict[str, Decoder] = {}
# printed text: nodes by type, objects by the set of their keys, by one key, by class; classes whose text says nothing
_nodes: dict[type, Decoder] = {}
_json_shapes: dict[frozenset[str], Decoder] = {}
_object_keys: dict[str, Decoder] = {}
_printed: dict[str, Decoder] = {}
_texts: dict[str, Callable[[str], Value]] = {}
_opaque: dict[str, Value] = {}
# objects of classes that hold nothing, by class: there is nothing of them that a text could leave out
_stateless: dict[str, Value] = {}
# version 1's JSON by class
_v1_types: dict[str, type[TypedValue]] = {}


def register(value_type: type[TypedValue]) -> None:
    """Add a value type; live classes are matched in the order of registration."""
    register_python(value_type, value_type.encode, value_type.show)
    _reader_choices.append(value_type.reader)
    for name in value_type.JSON_TYPES:
        _json_types[name] = value_type.decode
        if value_type.JSON_KEY:
            _fast_json[name] = value_type.JSON_KEY, value_type.decode
    _printed.update(dict.fromkeys(value_type.PRINTED_NAMES, value_type.parse))
    _v1_types.update(dict.fromkeys(value_type.V1_NAMES, value_type))
    _opaque.update(value_type.opaque_names())
    _marks.update(value_type.json_marks())
    _json_keys.update(value_type.json_keys())
    _json_shapes.update(value_type.json_shapes())
    _object_keys.update({**value_type.json_keys(), **value_type.object_keys()})
    _nodes.update(value_type.printed_nodes())
    RESERVED_NAMES.update(value_type.JSON_TYPES, value_type.PRINTED_NAMES, value_type.opaque_names())


def register_python(python_type: type, encoder: Callable[[Any], Any], shower: Callable[[Any], str]) -> None:
    """Add how values of one of Python's types are encoded and shown."""
    _encoders[python_type] = encoder
    _showers[python_type] = shower


def register_reader(choice: Callable[[type], LiveReader | None]) -> None:
    """Add a function that knows how objects of some live classes are read."""
    _reader_choices.append(choice)


def register_node(node_type: type, parser: Decoder) -> None:
    """Add how a node of parsed text becomes a value."""
    _nodes[node_type] = parser


def register_printed(name: str, parser: Decoder) -> None:
    """Add how the printed text of a class is read that no value type stands for alone."""
    _printed[name] = parser
    RESERVED_NAMES.add(name)


def register_text(name: str, reader: Callable[[str], Value]) -> None:
    """Add how the text of objects of a class is read that doesn't follow the grammar of `tracer.values.cpptext`.

    Where it raises ValueError, the grammar counts.
    """
    _texts[name] = reader
    RESERVED_NAMES.add(name)


def register_stateless(name: str, value: Value) -> None:
    """Add the one value that all objects of a class have, since they hold nothing."""
    _stateless[name] = value


def register_json_key(key: str, decoder: Decoder) -> None:
    """Add how JSON without a `type` is read that has this key."""
    _json_keys[key] = _object_keys[key] = decoder


def register_object_key(key: str, parser: Decoder) -> None:
    """Add how an object inside printed text is read that has this key."""
    _object_keys[key] = parser


def mark_keys() -> Set[str]:
    """Return the keys beside `type` that are not those of an object's own fields."""
    return _marks.keys()


def untyped_keys() -> Set[str]:
    """Return the keys that make JSON other than that of a plain dict."""
    return _json_keys.keys() | {"type"}


def v1_types() -> dict[str, type[TypedValue]]:
    """Return the value types by their class in version 1's JSON."""
    return _v1_types


def opaque_value(name: str) -> Value:
    """Return the value of a class whose text says nothing; None if it is another class."""
    return _opaque.get(name)


def stateless_value(name: str) -> Value:
    """Return the value of a class whose objects hold nothing; None if it is another class."""
    return _stateless.get(name)


# -- live objects


def describe(live: object) -> Value:
    """Describe a live object exactly; one of an unknown class becomes `Lost`, with what it prints.

    It never raises: an object that cannot be read is `Lost`, too. ttnn is not imported: an object is known by its
    class, and each class is looked at once.
    """
    _nesting.levels += 1
    try:
        if _nesting.levels > LEVELS + 1:
            raise _NestingError  # noqa: TRY301 - the object around it catches it
        return reader_of(type(live)).describe(live)
    except _NestingError:
        if _nesting.levels > LEVELS + 1:
            raise
        return Lost.of(live, TOO_DEEP)
    except Exception as error:  # noqa: BLE001 - describing must not break the model that is traced
        return Lost.of(live, f"{type(error).__name__}: {error}")
    finally:
        _nesting.levels -= 1


class _Nesting(threading.local):
    """How many objects of this thread are being described, each inside the one before."""

    levels = 0


class _NestingError(Exception):
    """An object is inside more others than `tracer.limits` allows: the one around it is lost."""


_nesting = _Nesting()


def reader_of(live_class: LiveClass) -> LiveReader:
    """Return how objects of a class are read."""
    reader = _readers.get(live_class)
    if reader is None:
        choices = (choice(live_class) for choice in _reader_choices)
        reader = _readers[live_class] = next((each for each in choices if each is not None), UNKNOWN)
    return reader


UNKNOWN = LiveReader(Lost.of)
"""The reader of classes that no value type describes."""


# -- version 2's JSON


def encode(value: Value) -> Any:
    """Return the JSON of a value: dicts, lists, strings, finite numbers, booleans and None."""
    return _encoders[type(value)](value)


def decode(raw: Any) -> Value:
    """Return the value of version 2's JSON, as tt-metal or `encode` wrote it.

    Raises:
        ConfigurationError: the JSON is none of the known forms, or holds something impossible.
    """
    kind = type(raw)
    if kind is dict:
        name = raw.get("type")
        if type(name) is str and name in _fast_json and _fast_json[name][0] in raw:
            return _fast_json[name][1](raw)  # a tensor holds no other values
    elif kind is not list or _SCALARS.issuperset(map(type, raw)):
        return decode_nested(raw, 0)
    return _decode_once(raw)


def within_levels(raw: Any, decoded: Callable[[], Value]) -> Value:
    """Return what JSON is decoded to.

    Raises:
        ConfigurationError: the JSON or the value is nested deeper than `tracer.limits` allows; or as `decode`.
    """
    if is_deeper(raw, FILE_LEVELS):
        raise ConfigurationError(TOO_DEEP)
    try:
        value = decoded()
    except RecursionError:
        raise ConfigurationError(TOO_DEEP) from None
    if is_nested_deeper(value, LEVELS):
        raise ConfigurationError(TOO_DEEP)
    return value


# a model makes thousands of calls with a few program configs
_decode_once = ReadOnce(lambda raw: within_levels(raw, lambda: decode_nested(raw, 0)), most=4096)


def decode_nested(raw: Any, depth: int) -> Value:
    """Return the value of JSON that is nested so deep."""
    if depth > LEVELS:
        raise ConfigurationError(TOO_DEEP)
    kind = type(raw)
    if kind is dict:
        return _decode_object(raw, depth)
    if kind is list:
        return tuple([decode_nested(part, depth + 1) for part in raw])
    if kind is str:
        return cast("Value", NUMBERS.get(raw, raw))
    return cast("Value", raw)


def _decode_object(raw: dict[str, Any], depth: int) -> Value:
    name = raw.get("type")
    if type(name) is str and name in _fast_json:
        key, decoder = _fast_json[name]
        if key in raw:
            return decoder(raw)
    if name is None:
        for key, decoder in _json_keys.items():
            if key in raw:
                return decoder(raw)
        return _marks["items"]("", list(map(list, raw.items())), depth)
    if type(name) is not str:
        raise ConfigurationError(f"'type' must be a class, not {brief(name)}")
    for key, part in raw.items():
        if key in _marks:
            return _marks[key](name, part, depth)
    if name in _opaque:
        return _opaque[name]
    return _json_types.get(name, _json_types[ANY])(raw)


def _decode_printed(name: str, text: Any, _depth: int) -> Value:
    if type(text) is not str:
        raise ConfigurationError(f"{name} must be printed, not {brief(text)}")
    if text.startswith(name) and text[len(name) : len(name) + 1] == "." and name not in RESERVED_NAMES:
        member = text[len(name) + 1 :]
        if member.isidentifier():
            return EnumMember(name, member)
    return decode_text(name, text)


_marks["value"] = _marks["repr"] = _decode_printed


@lru_cache(maxsize=4096)  # a model makes thousands of calls with a few program configs
def decode_text(name: str, text: str) -> Value:
    """Return the value of version 2's `{"type": name, "value" or "repr": text}`: an object of this class, printed."""
    if name in _opaque:
        return _opaque[name]
    if name in _texts:
        with suppress(ValueError, SyntaxError):
            return _texts[name](text)
    try:
        node = parse(text)
        if isinstance(node, Word):
            return EnumMember.of_class(name, node)
        if name in _printed:
            return _printed[name](node)
        if isinstance(node, Call) or node is None or isinstance(node, (bool, int, float)):
            return interpret(node)
    except (CppTextError, ConfigurationError):
        pass
    if name in _stateless and text.startswith("<"):
        return _stateless[name]
    return Lost.of_text(text, name)


# -- printed text


def interpret(node: Any) -> Value:
    """Return the value of parsed text, or of JSON inside it.

    Raises:
        ConfigurationError: a known class holds something impossible.
    """
    parser = _nodes.get(type(node))
    return node if parser is None else parser(node)


def interpret_call(call: Call) -> Value:
    """Return the object that a printed call describes."""
    name = last_part(call.name)
    if name == "":
        fields = dict(call.fields)
        shape = _json_shapes.get(frozenset(fields))
        if shape is not None:
            return shape(fields)
        if all(field.isdigit() for field in fields):
            return tuple(interpret(part) for part in fields.values())
    if name in _opaque:
        return _opaque[name]
    if name in _stateless and all(isinstance(part, Elided) for _, part in call.fields):
        return _stateless[name]
    if name in _WRAPPERS and len(call.fields) == 1:
        return interpret(call.fields[0][1])
    return _printed.get(name, _printed[ANY])(call)


def interpret_object(raw: dict[str, Any]) -> Value | None:
    """Return the value of JSON inside printed text that is known by its keys; None if it is a plain dict."""
    shape = _json_shapes.get(frozenset(raw))
    if shape is not None:
        return shape(raw)
    return next((decoder(raw) for key, decoder in _object_keys.items() if key in raw), None)


_nodes[Call] = interpret_call


# -- views


def show(value: Value) -> str:
    """Return a value in one line, nothing hidden but what is usual.

    Usual, and so left out of a tensor's line, are the layout TILE, the storage DEVICE and the tile 32 x 32.
    """
    return _showers[type(value)](value)
