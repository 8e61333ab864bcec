"""Checks of how an output is described: against the traced one, and against the call's own arguments."""

from __future__ import annotations

from typing import Any

from farm.core.plain_words import counted
from farm.worker.binding import Call
from tracer.values import EnumMember, MemoryConfig, Struct, Tensor, Value


def differences(expected: Value, output: Value, *, same_cores: bool = True) -> list[str]:
    """How an output differs from the traced one, in words; empty where it doesn't.

    Args:
        expected: a tensor, or a tuple of them (others are not compared).
        output: the described output.
        same_cores: whether an operation that chooses the cores of its output's shards must have chosen the traced ones.
    """
    if isinstance(expected, tuple):
        if not isinstance(output, tuple) or len(output) != len(expected):
            return [f"the trace has {counted(len(expected), 'output')}, this call gave {_count(output)}"]
        return [
            f"output {number}: {text}"
            for number, (one, other) in enumerate(zip(expected, output, strict=True))
            for text in differences(one, other, same_cores=same_cores)
        ]
    if not isinstance(expected, Tensor):
        return []
    if not isinstance(output, Tensor):
        kind = output.type if isinstance(output, Struct) else type(output).__name__
        return [f"a tensor was traced, this call gave {kind}"]
    wrong = []
    for name in ("shape", "dtype", "layout", "storage", "tile"):
        traced, actual = getattr(expected, name), getattr(output, name)
        if traced != actual:
            wrong.append(f"{name} {_text(traced)} was traced, this call gave {_text(actual)}")
    memory = expected.memory
    if expected.storage == "DEVICE" and memory and not _same_memory(memory, output.memory, same_cores=same_cores):
        wrong.append(f"memory config {memory} was traced, this call gave {output.memory}")
    return wrong


def _same_memory(traced: MemoryConfig, actual: MemoryConfig | None, *, same_cores: bool) -> bool:
    if same_cores or actual is None:
        return traced == actual
    return (traced.layout, traced.buffer) == (actual.layout, actual.buffer)


def contradictions(call: Call, output: Value) -> list[str]:
    """What of an output contradicts the call's own arguments, in words, where the trace doesn't have the output."""
    if not isinstance(output, Tensor):
        return []
    wrong, arguments = [], call.by_parameter
    for name in ("dtype", "output_dtype"):
        requested = arguments.get(name)
        if isinstance(requested, EnumMember) and output.dtype != requested.name:
            wrong.append(f"dtype {requested.name} was requested, this call gave {output.dtype}")
    memory = arguments.get("memory_config")
    if isinstance(memory, MemoryConfig) and output.memory is not None and output.storage == "DEVICE":
        for name in ("layout", "buffer"):
            requested, actual = getattr(memory, name), getattr(output.memory, name)
            if requested != actual:
                wrong.append(f"memory {name} {requested} was requested, this call gave {actual}")
    return wrong


def _count(value: Value) -> str:
    return str(len(value)) if isinstance(value, tuple) else "one"


def _text(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
