"""Prints objects as ttnn does, or writes their fields as its `to_json` does, where reading that back yields them again.

tt-metal's own tools look for these forms.
"""

from __future__ import annotations

import math
from typing import Any

from tracer.values.objects import SPECIAL, TRUTHS
from tracer.values.types import CoreCoord, CoreRange, CoreRangeSet, EnumMember, Struct, Value

# Marks of this project's own forms, and fields of which the reader makes what their names say.
_TAKEN = frozenset({"type", "value", "repr", "fields", "items", "member", "handle", "lost"})
_READ_BY_NAME = frozenset({"compute_grid", "op_type", "math_fidelity", "throttle_level", "param"})
_WORDS = frozenset({"true", "True", "false", "False", "null", "None", "nullopt", "inf", "Infinity", "nan", "NaN"})


class _Unprintable(Exception):  # noqa: N818 - never leaves this module
    """The grammar would not give this value back."""


def printed(value: Value) -> str | None:
    """The text of an object, as ttnn prints it; None where that would lose something."""
    try:
        return _object(value)
    except _Unprintable:
        return None


def _object(value: Value) -> str:
    if isinstance(value, CoreCoord):
        return f"(x={value.x},y={value.y})"
    if isinstance(value, CoreRange):
        return f"[{_object(value.start)} - {_object(value.end)}]"
    if isinstance(value, CoreRangeSet):
        return "{" + ", ".join(_object(cores) for cores in value.ranges) + "}"
    if isinstance(value, Struct) and value.type == "UnaryWithParam":
        kind, parameters = _activation(value)
        if isinstance(kind, int):
            raise _Unprintable
        return f"BasicUnaryWithParam<float>(op_type=UnaryOpType::{kind},param={{{', '.join(map(repr, parameters))}}})"
    if isinstance(value, Struct) and _name(value.type) and value.type not in SPECIAL:
        return f"{value.type}({', '.join(_assigned(key, part) for key, part in value.fields)})"
    raise _Unprintable


def _name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and text not in _WORDS


def _assigned(key: str, value: Value) -> str:
    if not _name(key) or key in _READ_BY_NAME:
        raise _Unprintable
    if key in TRUTHS and not isinstance(value, (bool, type(None))):
        raise _Unprintable
    if key.endswith(("grid", "grid_size")) and isinstance(value, tuple):
        raise _Unprintable
    if key == "hop_cores" and value in ((), CoreRangeSet(())):
        raise _Unprintable
    return f"{key}={_part(value)}"


def _part(value: Value) -> str:
    if value is None:
        return "std::nullopt"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, EnumMember) and _name(value.type) and _name(value.name):
        return f"{value.type}::{value.name}"
    if isinstance(value, tuple):
        if any(isinstance(part, (CoreRange, tuple)) for part in value):
            raise _Unprintable
        return f"[{', '.join(_part(part) for part in value)}]"
    if isinstance(value, CoreRange) or value == CoreRangeSet(()):
        raise _Unprintable  # it would read as a set of one, or as an empty list
    return _object(value)


def by_field(value: Struct) -> dict[str, Any] | None:
    """The JSON of a matmul program config, field by field; None for any other object."""
    if not (value.type.startswith("Matmul") and value.type.endswith("ProgramConfig") and value.type.isidentifier()):
        return None
    raw: dict[str, Any] = {"type": value.type}
    try:
        for key, part in value.fields:
            if key in _TAKEN or key in _READ_BY_NAME or key in raw:
                return None
            raw[key] = _field(key, part)
    except _Unprintable:
        return None
    return raw


def _field(key: str, value: Value) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and key not in TRUTHS:
        return value
    if isinstance(value, CoreCoord):
        return {"x": value.x, "y": value.y}
    if isinstance(value, CoreRangeSet) and (value.ranges or key == "hop_cores"):
        return [{"start": _field("", cores.start), "end": _field("", cores.end)} for cores in value.ranges]
    if key == "fused_activation" and isinstance(value, Struct):
        kind, parameters = _activation(value)
        return {"op_type": kind if isinstance(kind, int) else f"UnaryOpType.{kind}", "param": list(parameters)}
    raise _Unprintable


def _activation(value: Struct) -> tuple[int | str, tuple[float, ...]]:
    """The operation and the parameters of a UnaryWithParam."""
    kind, parameters = dict(value.fields).get("op_type"), dict(value.fields).get("param")
    if value.type != "UnaryWithParam" or len(value.fields) != 2 or not isinstance(parameters, tuple):
        raise _Unprintable
    numbers = tuple(number for number in parameters if isinstance(number, float) and math.isfinite(number))
    if len(numbers) != len(parameters):
        raise _Unprintable
    if type(kind) is int:
        return kind, numbers
    if isinstance(kind, EnumMember) and kind.type == "UnaryOpType" and _name(kind.name):
        return kind.name, numbers
    raise _Unprintable
