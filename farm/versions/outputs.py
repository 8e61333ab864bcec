"""How the output specs of a call differ between two versions of ttnn. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from tracer.errors import TracerError
from tracer.values import MemoryConfig, Tensor, Value, decode, show
from tracer.values.base import TypedValue

_FIELDS = ("shape", "dtype", "layout", "storage", "memory", "tile")
"""The fields of a tensor that are compared, as a sweep compares an output with the traced one."""
_MEMORY_FIELDS = tuple(field.name for field in fields(MemoryConfig))


def output_differences(before: Any, after: Any) -> list[str]:
    """How an output differs from another, in words; empty if it doesn't, or if one of them isn't known.

    Args:
        before: encoded by `tracer.values.encode`; None where nobody knows it.
        after: the other.
    """
    if before is None or after is None or before == after:
        return []
    try:
        return _differences(decode(before), decode(after))
    except TracerError:
        return [f"{before} → {after}"]


def _differences(before: Value, after: Value) -> list[str]:
    if isinstance(before, tuple) and isinstance(after, tuple):
        if len(before) != len(after):
            return [f"{len(before)} outputs → {len(after)}"]
        return [
            f"output {number}: {text}"
            for number, (one, other) in enumerate(zip(before, after, strict=True))
            for text in _differences(one, other)
        ]
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        return list(_field_differences(before, after, _FIELDS))
    return [] if before == after else [f"{show(before)} → {show(after)}"]


def _field_differences(before: Any, after: Any, names: Iterable[str]) -> Iterator[str]:
    """The fields of two values that differ; memory configs are compared field by field, too."""
    for name in names:
        one, other = getattr(before, name), getattr(after, name)
        if one == other:
            continue
        if isinstance(one, MemoryConfig) and isinstance(other, MemoryConfig):
            yield from (f"{name} {text}" for text in _field_differences(one, other, _MEMORY_FIELDS))
        else:
            yield f"{name} {_text(one)} → {_text(other)}"


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, TypedValue):
        return show(value)
    return str(list(value)) if isinstance(value, tuple) else str(value)


def output_spec(output: Any) -> str:
    """The parts of an output that are compared, as text: equal texts are outputs of one spec."""
    if output is None:
        return ""
    try:
        return _spec(decode(output))
    except TracerError:
        return str(output)


def _spec(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_spec, value))})"
    if isinstance(value, Tensor):
        parts = ((name, getattr(value, name)) for name in _FIELDS)
        return ", ".join(f"{name} {_text(part)}" for name, part in parts if part is not None)
    return show(value)
