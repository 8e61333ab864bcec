"""Reads arguments that a Python program printed with `str`: of a graph capture, or of the visualizer's report.

Text doesn't say of what type it is: `0.5` is taken for a number, `silu` for text. Whatever can't be read is `Lost`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import LONGEST_KEPT
from tracer.values import Lost, Tensor, Value
from tracer.values.base import is_lost
from tracer.values.cores import CoreRange, CoreRangeSet
from tracer.values.cpptext import Call, CppTextError, Elided, Range, Word, last_part, parse
from tracer.values.dispatch import describe, interpret, opaque_value, stateless_value
from tracer.values.enums import TORCH_DTYPE, EnumMember
from tracer.values.lost import LONGEST
from tracer.values.memory import MemoryConfig
from tracer.values.placement import Placement
from tracer.values.sets import ValueSet
from tracer.values.spellings import dimensions, fields_of, is_none, member
from tracer.values.structs import Struct
from tracer.values.tile import Tile
from tracer.values.torch_tensor import TorchTensor
from tracer.values.versions import CLASS, recorded_overloads

_OBJECT = re.compile(r"<(?P<type>[\w.]+) object(?: at 0x[0-9a-fA-F]+)?>")
_PAGES = {"TilePageConfig": "TILE", "RowMajorPageConfig": "ROW_MAJOR"}
_STORAGES = {"DeviceStorage": "DEVICE", "HostStorage": "HOST"}
_TILE = re.compile(r"Tile with shape: \[(\d+), (\d+)\]")
_MARKS = re.compile(r"^<|[\[\](){}=]")
NUMBERS = re.compile(r"(?<=Tensor\()\s*\[[-+\d\s.,\[\]eEnaif]*\](?=, shape=)")
"""The numbers that a tensor prints before its shape."""

_TENSOR = r"ttnn\.Tensor\([^()]*Shape\(\[[\d, ]*\]\)[^()]*\)"
_CHIP = rf"device_id: \d+, MeshCoordinate\(\[[\d, ]*\]\)\n(?P<tensor>{_TENSOR})"
_CHIPS = re.compile(rf"{_CHIP}(?:\n{_CHIP.replace('?P<tensor>', '?:')})*")
"""A tensor that is printed chip by chip."""


@dataclass(frozen=True, slots=True)
class PrintedArgument:
    """An argument as its text tells it.

    Attributes:
        value: what it is; `Lost` where the text doesn't tell.
        missing: what else the text doesn't tell, in words.
    """

    value: Value
    missing: tuple[str, ...] = ()


def read_argument(text: str) -> PrintedArgument:
    """Read the text of an argument."""
    return (_argument if len(text) <= LONGEST_KEPT else _argument.__wrapped__)(text)


@lru_cache(maxsize=16384)
def _argument(text: str) -> PrintedArgument:
    if not text:
        return PrintedArgument("")
    text = NUMBERS.sub("...", text.strip())
    text, spread = _CHIPS.subn(lambda match: match["tensor"], text)
    missing = ("how it is spread over the mesh",) if spread else ()
    try:
        return PrintedArgument(_read(text), missing)
    except (CppTextError, ConfigurationError):
        pass
    try:
        # ttnn's own reports join the elements of lists, and of lists in them
        return PrintedArgument(_value(parse(f"[{text}]")), (*missing, "which lists it has inside"))
    except (CppTextError, ConfigurationError):
        return PrintedArgument(_unread(text), missing)


def read_tensor_row(shape: str, dtype: str, layout: str, memory: str | None, storage: str) -> Tensor:
    """Read a tensor whose parts were printed one by one.

    Raises:
        ConfigurationError: one can't be read.
    """
    return Tensor(
        dimensions(shape, "shape"),
        member(dtype, "dtype"),
        member(layout, "layout"),
        member(storage, "storage_type"),
        None if is_none(memory) else MemoryConfig.read(memory),
    )


def not_told(value: Value) -> Iterator[str]:
    """Yield, in words, what is not known of a value."""
    if isinstance(value, tuple):
        for part in value:
            yield from not_told(part)
    elif isinstance(value, Tensor):
        fields = (("its layout", value.layout), ("where it is", value.storage), ("its memory config", value.memory))
        yield from (what for what, known in fields if not known)
    elif isinstance(value, Struct):
        yield from (f"its {name}" for name in _unprinted_fields(value))
    elif is_lost(value):
        yield "its content"


@lru_cache(maxsize=1024)
def _unprinted_fields(value: Struct) -> tuple[str, ...]:
    """Return the fields of an object that ttnn doesn't print, as far as its class is written down."""
    printed = {name for name, _ in value.fields}
    fields = [each.by_name for each in recorded_overloads(CLASS + value.type)]
    missing = [[name for name in names if name not in printed] for names in fields if printed & names.keys()]
    shortest: list[str] = min(missing, key=len, default=[])
    return tuple(shortest)


def _read(text: str) -> Value:
    tile = _TILE.fullmatch(text)
    if tile:
        return Tile(int(tile[1]), int(tile[2]))
    printed_object = _OBJECT.fullmatch(text)
    if printed_object:
        return _without_content(printed_object["type"])
    return _value(parse(text))


def _unread(text: str) -> Value:
    name = last_part(text.partition("(")[0])
    if "(" in text and name.isidentifier() and (opaque := opaque_value(name)) is not None:
        return opaque
    # text without brackets, such as an equation or a path, is no object that was printed
    if not _MARKS.search(text):
        return text
    return Lost.of_text(text[:LONGEST], name if name.isidentifier() else "")


def _without_content(class_name: str) -> Value:
    name = last_part(class_name)
    value = stateless_value(name) if opaque_value(name) is None else opaque_value(name)
    return Lost("<object>", class_name) if value is None else value


def _value(node: Any) -> Value:
    if isinstance(node, list):
        return CoreRange.read(node[0], "range") if _is_core_range(node) else tuple([_value(part) for part in node])
    if isinstance(node, tuple):
        return _braces(node)
    if isinstance(node, Word):
        return _word(node)
    if isinstance(node, Call) and last_part(node.name) == "Tensor":
        return _tensor(node.name, dict(node.fields))
    if isinstance(node, Call) and not node.name and all(field.isdigit() for field, _ in node.fields):
        return tuple([_value(part) for _, part in node.fields])
    if isinstance(node, Elided):
        return Lost("...")
    return interpret(node)


def _word(word: Word) -> Value:
    if word.type == "torch":
        return EnumMember(TORCH_DTYPE, word.name)
    if word.type:
        return EnumMember(word.type, word.name)
    return describe(...) if word.name == "Ellipsis" else word.name


def _is_core_range(node: Any) -> bool:
    return (
        isinstance(node, list) and len(node) == 1 and isinstance(node[0], Range) and not isinstance(node[0].start, int)
    )


def _braces(parts: tuple[Any, ...]) -> Value:
    """Return what is printed in braces: core ranges, a C++ list of tensors, or a set. Nothing in them may be any."""
    if parts and all(map(_is_core_range, parts)):
        return CoreRangeSet.read([part[0] for part in parts], "core ranges")
    values = [_value(part) for part in parts]
    if all(isinstance(value, Tensor) for value in values):
        return tuple(values)
    return ValueSet.of(values)


def _tensor(name: str, fields: dict[str, Any]) -> Value:
    """Return a tensor of its printed fields; what they don't say stays "" or None."""
    if "tensor_spec" in fields:
        return _tensor_of_spec(fields)
    if "shape" not in fields or "dtype" not in fields:
        return Lost(name, "ttnn.Tensor")
    dtype = member(fields["dtype"], "dtype")
    if name == "torch.Tensor":
        return TorchTensor(dimensions(fields["shape"], "shape"), dtype)
    memory, mesh, placements = (fields.get(key) for key in ("memory_config", "mesh_shape", "placements"))
    placement = None
    if placements and mesh is not None:
        spread = {
            "placement": str([_placement_text(each) for each in placements]),
            "mesh_device_shape": list(_mesh(mesh)),
            "distribution_shape": list(_mesh(fields.get("distribution_shape", mesh))),
        }
        placement = Placement.decode_of_tensor(spread)
    return Tensor(
        dimensions(fields["shape"], "shape"),
        dtype,
        member(fields["layout"], "layout") if "layout" in fields else "",
        member(fields["storage_type"], "storage_type") if "storage_type" in fields else "",
        None if is_none(memory) else MemoryConfig.read(memory),
        None,
        placement,
    )


def _tensor_of_spec(fields: dict[str, Any]) -> Tensor:
    """Return a tensor as C++ prints it: `Tensor(storage=DeviceStorage(),tensor_spec=TensorSpec(...))`."""
    spec = fields_of(fields["tensor_spec"], "tensor_spec")
    parts = fields_of(spec.get("tensor_layout"), "tensor_layout")
    page = fields_of(parts.get("page_config"), "page_config").get("config")
    tile = fields_of(page, "config").get("tile")
    storage, memory = fields.get("storage"), parts.get("memory_config")
    return Tensor(
        dimensions(spec.get("logical_shape"), "logical_shape"),
        member(parts.get("dtype"), "dtype"),
        _PAGES.get(page.name, "") if isinstance(page, Call) else "",
        _STORAGES.get(storage.name, "") if isinstance(storage, Call) else "",
        None if is_none(memory) else MemoryConfig.read(memory),
        None if tile is None else Tile.decode(fields_of(tile, "tile")).unless_usual(),
    )


def _placement_text(node: Any) -> str:
    """Return `PlacementReplicate` or `PlacementShard(-1)` of what was printed of it."""
    text = node if isinstance(node, str) else str(node)
    return text.replace("()", "")


def _mesh(node: Any) -> tuple[int, ...]:
    return dimensions(node, "mesh_shape")
