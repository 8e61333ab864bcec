"""Reads version 1's form of values: what C++ printed while a graph was traced.

Every scalar is text (`"0"`, `"nullopt"`, `"DataType::BFLOAT8_B"`), every object a dict of its class
(`{"Tensor": {...}}`), and what the printer could not do is left as it fell: as text that is no JSON
(`UnparsedElement`), as `{...}`, or as `[ unsupported type , T]`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values import forms, objects
from tracer.values.cpptext import CppTextError, Elided, parse
from tracer.values.types import Handle, Lost, Shape, Struct, Tensor, Tile, Value

# The classes whose dict marks an argument as version 1's, in whichever envelope it lies.
CLASSES = frozenset({"Tensor", "MemoryConfig", "Shape", "UnparsedElement"})


def arguments(elements: list[Any]) -> dict[str, Any]:
    """The arguments of a list of one-key dicts, by name, for `decode`; those that weren't JSON are parsed.

    Raises:
        ConfigurationError: an element is no such dict, or two have one name.
    """
    found: dict[str, Any] = {}
    for place, element in enumerate(elements):
        if not isinstance(element, dict) or len(element) != 1:
            raise ConfigurationError(f"argument {place} must be an object of one key, not {forms.brief(element)}")
        ((name, raw),) = element.items()
        if name == "UnparsedElement":
            name, raw = unparsed(raw, place)
        if name in found:
            raise ConfigurationError(f"argument {name} is there twice")
        found[name] = raw
    return found


def unparsed(raw: object, place: int) -> tuple[str, Any]:
    """Name and value of an `UnparsedElement`; the whole text is `Lost` where nothing can be made of it."""
    text = raw.get("element_info") if isinstance(raw, dict) else None
    if not isinstance(text, str):
        raise ConfigurationError(f"argument {place}: UnparsedElement must hold its text as element_info")
    try:
        return _one_argument(text)
    except CppTextError:
        return f"arg{place}", Lost(text)


@lru_cache(maxsize=2048)
def _one_argument(text: str) -> tuple[str, Any]:
    found = parse(text)
    if not isinstance(found, dict) or len(found) != 1:
        raise CppTextError("no single argument")
    return next(iter(found.items()))


def decode(raw: Any) -> Value:
    """The value of one argument, as JSON or as parsed text.

    Raises:
        ConfigurationError: a known class holds something impossible.
    """
    if isinstance(raw, str):
        return _printed(raw)
    if isinstance(raw, Lost):
        return raw
    if isinstance(raw, dict):
        return _object(raw) if len(raw) == 1 else objects.value(raw)
    if isinstance(raw, (list, tuple)) and not objects.holds_ranges(raw):
        return tuple([decode(part) for part in raw])
    return objects.value(raw)


@lru_cache(maxsize=4096)
def _printed(text: str) -> Value:
    try:
        found = parse(text)
    except CppTextError:
        return Lost(text)
    return found if isinstance(found, str) else decode(found)


def _object(raw: dict[str, Any]) -> Value:
    ((name, body),) = raw.items()
    if name in objects.HANDLES:
        return Handle(objects.HANDLES[name])
    if isinstance(body, Elided):
        return Lost("{...}", name)
    if name == "Tensor":
        return tensor(body)
    if name == "MemoryConfig":
        return forms.memory_config(body, name)
    if name == "Shape":
        return Shape(forms.shape(body, name))
    if name == "CoreRangeSet":
        return forms.core_ranges(body, name)
    if isinstance(body, dict):
        return objects.struct(name, body.items())
    return Struct(name, (("0", decode(body)),))


def tensor(body: Any) -> Tensor:
    """A tensor from its `tensor_spec`. What the first traces didn't say stays unsaid: `layout` and `storage` are ""."""
    spec = _part(body, "tensor_spec", "Tensor")
    layout = _part(spec, "tensor_layout", "tensor_spec")
    if "logical_shape" not in spec or "dtype" not in layout:
        raise ConfigurationError("Tensor: its tensor_spec must have a logical_shape and a dtype")
    memory = layout.get("memory_config")
    tile = _tile(layout)
    said, storage = body.get("layout"), body.get("storage_type")
    return Tensor(
        forms.shape(spec["logical_shape"], "logical_shape"),
        forms.member(layout["dtype"], "dtype"),
        _layout(layout, tile) if said is None else forms.member(said, "layout"),
        "" if storage is None else forms.member(storage, "storage_type"),
        None if memory is None else forms.memory_config(memory),
        None if tile == Tile() else tile,
    )


def _part(body: Any, key: str, what: str) -> dict[str, Any]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{what} must have a {key}, not {forms.brief(body)}")
    return found


def _tile(layout: dict[str, Any]) -> Tile:
    config = layout.get("page_config")
    for key in ("config", "tile"):
        config = config.get(key) if isinstance(config, dict) else None
    return Tile() if config is None else forms.tile(config)


def _layout(layout: dict[str, Any], tile: Tile) -> str:
    """The layout, where only the alignment tells: tiles align to their own size, rows to something of one dimension."""
    alignment = layout.get("alignment")
    if not isinstance(alignment, list) or not alignment:
        return ""
    return "TILE" if alignment[-2:] == [tile.height, tile.width] else "ROW_MAJOR"
