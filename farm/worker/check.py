"""Was the output what it should be? Against the traced spec, and against a golden where there are numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tracer.values import Struct, Tensor, Value


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
    """Compares two arrays of one shape.

    Raises:
        ValueError: the shapes differ.
    """
    expected, found = np.asarray(golden, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if expected.shape != found.shape:
        raise ValueError(f"the golden's shape is {list(expected.shape)}, the output's {list(found.shape)}")
    if not expected.size:
        return Comparison(1.0, 0.0)
    finite = np.isfinite(expected) & np.isfinite(found)
    # infinities and NaNs must stand in the same places, and be the same
    if not np.array_equal(expected[~finite], found[~finite], equal_nan=True):
        return Comparison(0.0, float("inf"))
    expected, found = expected[finite], found[finite]
    if not expected.size:
        return Comparison(1.0, 0.0)
    error = float(np.max(np.abs(expected - found)))
    expected, found = expected - expected.mean(), found - found.mean()
    scale = float(np.sqrt((expected @ expected) * (found @ found)))
    if scale == 0.0:
        # a constant has no correlation with anything: only equality says something
        return Comparison(1.0 if error == 0.0 else 0.0, error)
    return Comparison(float(expected @ found) / scale, error)


def differences(expected: Value, found: Value) -> list[str]:
    """What of a traced output the found one contradicts, in words; empty where nothing.

    Args:
        expected: a tensor, or a tuple of them (others are not compared).
        found: the described output.
    """
    if isinstance(expected, tuple):
        if not isinstance(found, tuple) or len(found) != len(expected):
            return [f"{len(expected)} outputs were traced, this call gave {_count(found)}"]
        return [
            f"output {number}: {text}"
            for number, (one, other) in enumerate(zip(expected, found, strict=True))
            for text in differences(one, other)
        ]
    if not isinstance(expected, Tensor):
        return []
    if not isinstance(found, Tensor):
        kind = found.type if isinstance(found, Struct) else type(found).__name__
        return [f"a tensor was traced, this call gave {kind}"]
    told = []
    for name in ("shape", "dtype", "layout", "storage", "tile"):
        one, other = getattr(expected, name), getattr(found, name)
        if one != other:
            told.append(f"{name} {_text(one)} was traced, this call gave {_text(other)}")
    if expected.storage == "DEVICE" and expected.memory is not None and expected.memory != found.memory:
        told.append(f"memory config {expected.memory} was traced, this call gave {found.memory}")
    return told


def _count(value: Value) -> str:
    return str(len(value)) if isinstance(value, tuple) else "one"


def _text(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
