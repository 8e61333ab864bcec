"""Tensors that early traces don't fully describe: what is taken for what they leave unsaid, and that it was.

The first tracer kept neither a tensor's storage nor, at first, its layout. Leaving such tensors out would lose whole
masters; taking them silently for something would be worse. So the likeliest is taken, and named as inexact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tracer.values import Tensor, Value


def complete(arguments: Mapping[str, Value]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Completes the tensors among arguments.

    Returns:
        The arguments, and for each that was completed what it was taken for. A tensor without a dtype can't be.
    """
    whole: dict[str, Value] = {}
    notes: list[str] = []
    for name, value in arguments.items():
        taken: list[str] = []
        whole[name] = _completed(value, taken)
        notes += [f"{name}: {each}" for each in dict.fromkeys(taken)]
    return whole, tuple(notes)


def _completed(value: Value, taken: list[str]) -> Value:
    if isinstance(value, tuple):
        return tuple(_completed(part, taken) for part in value)
    if not isinstance(value, Tensor) or not value.dtype:
        return value
    if not value.storage:
        taken.append("storage is not in the trace, taken for DEVICE")
        value = replace(value, storage="DEVICE")
    if not value.layout:
        taken.append("layout is not in the trace, taken for TILE")
        value = replace(value, layout="TILE")
    return value
