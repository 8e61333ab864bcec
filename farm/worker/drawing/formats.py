"""What a dtype of ttnn holds, as far as drawing numbers for it depends on it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.core.numeric_options import InputStyle

Array = NDArray[Any]

_MANTISSAS = {"BFLOAT8_B": 7, "BFLOAT4_B": 3}
"""The bits of a magnitude in formats whose blocks of 16 numbers share an exponent."""
_INTEGERS = {"INT32": np.int32, "UINT32": np.uint32, "UINT16": np.uint16, "UINT8": np.uint8}
_REACH = {"INT32": 2**15 - 1, "UINT32": 2**15 - 1, "UINT16": 2**8 - 1, "UINT8": 2**4 - 1}
"""Bounds of integers whose sums and products stay inside the dtype."""
SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)
LARGEST = float(np.float32(3.3895313892515355e38))
"""The largest finite BFLOAT16."""


@dataclass(frozen=True, slots=True)
class Format:
    """A dtype of ttnn.

    Attributes:
        name: member of DataType.
        array: the numpy dtype of the arrays that ttnn converts to it.
    """

    name: str
    array: Any

    @property
    def is_integer(self) -> bool:
        """Whether it holds integers."""
        return self.name in _INTEGERS

    @property
    def signed(self) -> bool:
        """Whether it holds negative numbers."""
        return not self.name.startswith("UINT")

    @property
    def reach(self) -> tuple[int, int]:
        """The bounds of integers that may be added and multiplied without overflow."""
        reach = _REACH[self.name]
        return (-reach if self.signed else 0), reach

    @property
    def bounds(self) -> tuple[int, int]:
        """The bounds of its integers. -2^31 is left out: a board that holds a sign and a magnitude lacks it."""
        limits = np.iinfo(self.array)
        return (-int(limits.max) if self.signed else 0), int(limits.max)

    @property
    def steps(self) -> int | None:
        """The largest magnitude of a block float's number, counted in steps of its block; None: no block float."""
        mantissa = _MANTISSAS.get(self.name)
        return None if mantissa is None else 2**mantissa - 1

    def step(self, bound: float) -> float:
        """The step of blocks, as a power of two, in which all numbers up to `bound` are exact multiples of one step."""
        return float(2.0 ** np.ceil(np.log2(bound / (self.steps or 1))))


@functools.cache
def format_of(dtype: str) -> Format:
    """Return the format of a dtype."""
    return Format(dtype, _INTEGERS.get(dtype, np.float32))


@functools.cache
def distinct_values(dtype: str, count: int) -> Array:
    """Return values that a dtype tells apart, ascending: `count` of them, or all where it has fewer."""
    spec = format_of(dtype)
    if spec.is_integer:
        low, high = spec.bounds
        span = min(high - low + 1, max(count, 4 * spec.reach[1]))
        low = max(low, -span // 2)
        return np.unique(np.linspace(low, low + span - 1, min(count, span)).astype(np.int64)).astype(spec.array)
    if spec.steps is not None:
        return np.arange(-spec.steps, spec.steps + 1, dtype=np.float32) / np.float32(2 ** (spec.steps.bit_length() - 1))
    if count > _BFLOATS // 2 and dtype == "FLOAT32":
        return np.linspace(-64, 64, count, dtype=np.float32)
    binades = min(max(4, -(-count // 256)), 2 * _EXPONENT)
    first = max(0x3F80 - 128 * ((binades + 1) // 2), 0x0080)
    positive = (np.arange(first, first + 128 * binades, dtype=np.uint32) << np.uint32(16)).view(np.float32)
    both: Array = np.concatenate([-positive[::-1], positive])
    return both if count >= both.size else np.asarray(both[np.linspace(0, both.size - 1, count).astype(np.int64)])


_EXPONENT = 126
_BFLOATS = 2 * 128 * 2 * _EXPONENT


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn.

    Attributes:
        shape: the tensor's.
        dtype: the tensor's.
        style: how it is drawn.
        stream: its random stream; that of angles is shared by all tensors of the call.
    """

    shape: tuple[int, ...]
    dtype: Format
    style: InputStyle
    stream: np.random.Generator

    @property
    def size(self) -> int:
        """The number of numbers."""
        return math.prod(self.shape)
