"""Defaults for what early traces don't say of their tensors; each default that is used is named.

The first tracer kept neither a tensor's storage nor, at first, its layout. Leaving such tensors out would lose whole
masters; assuming something silently would be worse. So the likeliest is assumed, and named as inexact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tracer.values import Tensor, Value


def complete(arguments: Mapping[str, Value]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Complete the tensors among arguments.

    Returns:
        The arguments, and a note for each default that was used. A tensor without a dtype is left as it is.
    """
    completed: dict[str, Value] = {}
    notes: list[str] = []
    for name, value in arguments.items():
        defaults: list[str] = []
        completed[name] = _completed(value, defaults)
        notes += [f"{name}: {each}" for each in dict.fromkeys(defaults)]
    return completed, tuple(notes)


def _completed(value: Value, defaults: list[str]) -> Value:
    if isinstance(value, tuple):
        return tuple(_completed(part, defaults) for part in value)
    if not isinstance(value, Tensor) or not value.dtype:
        return value
    if not value.storage:
        defaults.append("storage is not in the trace, DEVICE is assumed")
        value = replace(value, storage="DEVICE")
    if not value.layout:
        defaults.append("layout is not in the trace, TILE is assumed")
        value = replace(value, layout="TILE")
    return value
