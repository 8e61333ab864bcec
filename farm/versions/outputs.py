"""How the output specs of a call differ between two versions of ttnn. Pure."""

from __future__ import annotations

from typing import Any

from tracer.errors import TracerError
from tracer.values import Tensor, Value, decode, show

_FIELDS = ("shape", "dtype", "layout", "storage", "memory", "tile")
"""The fields of a tensor that are compared, as a sweep compares an output with the traced one."""


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
        return [
            f"{name} {_text(getattr(before, name))} → {_text(getattr(after, name))}"
            for name in _FIELDS
            if getattr(before, name) != getattr(after, name)
        ]
    return [] if before == after else [f"{show(before)} → {show(after)}"]


def _text(value: Any) -> str:
    if value is None:
        return "not known"
    return str(list(value)) if isinstance(value, tuple) else str(value)
