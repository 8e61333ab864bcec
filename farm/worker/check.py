"""Checks of an output: against the traced one, against the call's own arguments, and its numbers against a golden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from farm.core.plain_words import counted
from farm.worker.binding import Call
from tracer.values import EnumMember, MemoryConfig, Struct, Tensor, Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """How close an output is to its golden.

    Attributes:
        pcc: Pearson correlation over all elements; 1.0 for two equal constants, where it is not defined.
        max_abs_error: the largest absolute difference. A uniform offset has a perfect PCC, so both are kept.
    """

    pcc: float
    max_abs_error: float


def compare(golden: Any, actual: Any) -> Comparison:
    """Compare two arrays of one shape.

    Raises:
        ValueError: the shapes differ.
    """
    expected, output = np.asarray(golden, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if expected.shape != output.shape:
        raise ValueError(f"the golden's shape is {list(expected.shape)}, the output's {list(output.shape)}")
    if not expected.size:
        return Comparison(1.0, 0.0)
    finite = np.isfinite(expected) & np.isfinite(output)
    # infinities and NaNs must stand in the same places, and be the same
    if not np.array_equal(expected[~finite], output[~finite], equal_nan=True):
        return Comparison(0.0, float("inf"))
    expected, output = expected[finite], output[finite]
    if not expected.size:
        return Comparison(1.0, 0.0)
    error = float(np.max(np.abs(expected - output)))
    expected, output = expected - expected.mean(), output - output.mean()
    scale = float(np.sqrt((expected @ expected) * (output @ output)))
    if scale == 0.0:
        # a constant has no correlation with anything: only equality says something
        return Comparison(1.0 if error == 0.0 else 0.0, error)
    return Comparison(float(expected @ output) / scale, error)


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
    wrong = []
    for name in ("dtype", "output_dtype"):
        requested = call.keywords.get(name)
        if isinstance(requested, EnumMember) and output.dtype != requested.name:
            wrong.append(f"dtype {requested.name} was requested, this call gave {output.dtype}")
    memory = call.keywords.get("memory_config")
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
