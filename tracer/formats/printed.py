"""Reads arguments that a Python program printed with `str`: of a graph capture, or of the visualizer's report.

Text doesn't say of what type it is: `0.5` is taken for a number, `silu` for text. Whatever can't be read is `Lost`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values import Lost, Tensor, Value
from tracer.values.base import is_lost
from tracer.values.cpptext import Call, CppTextError, Elided, Word, last_part, parse
from tracer.values.dispatch import interpret, opaque_value
from tracer.values.enums import TORCH_DTYPE, EnumMember
from tracer.values.memory import MemoryConfig
from tracer.values.placement import Placement
from tracer.values.spellings import dimensions, is_none, member
from tracer.values.torch_tensor import TorchTensor

_OBJECT = re.compile(r"<(?P<type>[\w.]+) object(?: at 0x[0-9a-fA-F]+)?>")
_MARKS = re.compile(r"^<|[\[\](){}=]")
_TENSOR_FIELDS = {"layout": "its layout", "storage_type": "where it is", "memory_config": "its memory config"}

_NUMBERS = re.compile(r"(?<=Tensor\()\s*\[.*?\](?=, shape=)", re.DOTALL)
"""The numbers that a tensor prints before its shape."""


@lru_cache(maxsize=16384)
def read_argument(text: str) -> tuple[Value, tuple[str, ...]]:
    """Return the value of an argument's text, and what the text doesn't say of it, in words."""
    value = _read(text.strip())
    missing = tuple(dict.fromkeys(_missing(value)))
    return value, missing


def _read(text: str) -> Value:
    printed_object = _OBJECT.fullmatch(text)
    if printed_object:
        return _without_content(printed_object["type"])
    try:
        return _value(parse(_NUMBERS.sub("...", text)))
    except (CppTextError, ConfigurationError):
        pass
    name = last_part(text.partition("(")[0])
    if "(" in text and name.isidentifier() and (opaque := opaque_value(name)) is not None:
        return opaque
    # text without brackets, such as an equation or a path, is no object that was printed
    return Lost.of_text(text, name if name.isidentifier() else "") if _MARKS.search(text) else text


def _without_content(class_name: str) -> Value:
    opaque = opaque_value(last_part(class_name))
    return Lost("<object>", class_name) if opaque is None else opaque


def _value(node: Any) -> Value:
    if isinstance(node, (list, tuple)):
        return tuple([_value(part) for part in node])
    if isinstance(node, Word):
        if node.type == "torch":
            return EnumMember(TORCH_DTYPE, node.name)
        return EnumMember(node.type, node.name) if node.type else node.name
    if isinstance(node, Call) and last_part(node.name) == "Tensor":
        return _tensor(node.name, dict(node.fields))
    if isinstance(node, Elided):
        return Lost("...")
    return interpret(node)


def _tensor(name: str, fields: dict[str, Any]) -> Value:
    """Return a tensor of its printed fields; what they don't say stays "" or None."""
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


def _placement_text(node: Any) -> str:
    """Return `PlacementReplicate` or `PlacementShard(-1)` of what was printed of it."""
    text = node if isinstance(node, str) else str(node)
    return text.replace("()", "")


def _mesh(node: Any) -> tuple[int, ...]:
    return dimensions(node, "mesh_shape")


def _missing(value: Value) -> Iterator[str]:
    if isinstance(value, tuple):
        for part in value:
            yield from _missing(part)
    elif isinstance(value, Tensor):
        if not value.layout:
            yield _TENSOR_FIELDS["layout"]
        if not value.storage:
            yield _TENSOR_FIELDS["storage_type"]
        if value.memory is None:
            yield _TENSOR_FIELDS["memory_config"]
    elif is_lost(value):
        yield "its content"
