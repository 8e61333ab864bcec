"""What a wrong output is instead of the expected one, where that is certain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.judging.formats import Floats, NumberFormat
from farm.judging.measuring import Flags

SAMPLE = 4096
"""Wrong elements that are looked at first; only what fits them is looked for in all."""

CLOSE = 0.01
"""An output is what a hint says if its relative error against that is at most this, or twice what rounding makes."""

FEW = 4
"""Fewer wrong elements may be anything."""

MOST_ORDERED = 1 << 20
"""A part with more elements gets no hint about their order."""

_TIMES = {2.0: "twice", 0.5: "half", 3.0: "three times", 4.0: "four times", 0.25: "a quarter of"}
Array = npt.NDArray[Any]


def hints(expected: Array, actual: Array, flags: Flags, form: NumberFormat) -> tuple[str, ...]:
    """Say what an output is instead of the expected one, or its wrong elements; at most one thing.

    Args:
        expected: the golden's numbers.
        actual: the output's, of the same shape.
        flags: the wrong ones.
        form: the output's format.
    """
    positions = np.flatnonzero(flags)
    if positions.size < FEW:
        return ()
    chosen = positions[:: max(1, positions.size // SAMPLE)]
    with np.errstate(all="ignore"):
        hint = _values(_wide(expected, chosen), _wide(actual, chosen), form)
        if hint and chosen.size < positions.size:
            hint = _values(_wide(expected, positions), _wide(actual, positions), form)
        if hint:
            return (f"the {'output is' if positions.size == flags.size else 'wrong ones are'} {hint}",)
        box = _box(flags)
        if positions.size * 2 > expected[box].size and (hint := _order(expected[box], actual[box], form)):
            everywhere = expected[box].size == expected.size
            return (f"the output is the expected values {hint}" + ("" if everywhere else " there"),)
    return ()


def _box(flags: Flags) -> tuple[slice, ...]:
    """Return the part of an output around its wrong elements, in whole tiles."""
    box = []
    for axis, size in enumerate(flags.shape):
        held = np.flatnonzero(flags.any(axis=tuple(other for other in range(flags.ndim) if other != axis)))
        step = 32 if axis >= flags.ndim - 2 else 1
        box.append(slice(int(held[0]) // step * step, min(size, -(-(int(held[-1]) + 1) // step) * step)))
    return tuple(box)


def _values(expected: Floats, actual: Floats, form: NumberFormat) -> str:
    """Say what each number is instead, whatever its position; "" if nothing is certain."""
    if not actual.any():
        return "all zero"
    if np.all(actual == actual[0]):
        return f"all {actual[0]:g}"
    squares = float(expected @ expected)
    if not (0 < squares < math.inf and np.isfinite(actual).all()):
        return ""
    room = _room(expected, actual, form)
    factor = float(expected @ actual) / squares
    if factor and abs(factor - 1) > 2 * room and _close(factor * expected, actual, room):
        return _times(factor, room)
    error = actual - expected
    offset, spread = float(np.mean(error)), float(np.std(expected))
    if spread and abs(offset) > spread * room and float(np.std(error)) <= room * spread:
        return f"the expected values {'plus' if offset > 0 else 'minus'} {abs(offset):.3g}"
    return ""


def _times(factor: float, room: float) -> str:
    if abs(factor + 1) <= room:
        return "the expected values negated"
    for known, words in _TIMES.items():
        if abs(factor / known - 1) <= room:
            return f"{words} the expected values"
    return f"{factor:.3g} times the expected values"


def _order(expected: Array, actual: Array, form: NumberFormat) -> str:
    """Say in which other order the output has the expected numbers; "" if nothing is certain."""
    if expected.size > MOST_ORDERED:
        return ""
    wide, other = np.atleast_1d(expected.astype(np.float64)), np.atleast_1d(actual.astype(np.float64))
    squares, other_squares = float(np.vdot(wide, wide)), float(np.vdot(other, other))
    room = _room(wide.reshape(-1), other.reshape(-1), form)
    # a permutation keeps the sum of the squares; this also excludes numbers that are not finite
    if not (0 < squares < math.inf and abs(other_squares / squares - 1) <= 2 * room):
        return ""
    head = slice(0, max(1, SAMPLE // wide.shape[-1]))
    for words, arrange in _arrangements(wide.shape):
        arranged = arrange(wide)
        rows = (-1, wide.shape[-1])
        if _close(arranged.reshape(rows)[head], other.reshape(rows)[head], room) and _close(arranged, other, room):
            return words
    return ""


def _arrangements(shape: tuple[int, ...]) -> Iterator[tuple[str, Callable[[Floats], Floats]]]:
    rows, columns = (1, *shape)[-2:]
    if rows % 32 == 0 and columns % 32 == 0:
        yield "transposed within tiles", partial(_transposed_within, size=32)
        yield "transposed within faces", partial(_transposed_within, size=16)
    if rows == columns and rows > 1:
        yield "transposed", partial(np.swapaxes, axis1=-1, axis2=-2)
    yield "shifted by one", partial(np.roll, shift=1)
    yield "shifted back by one", partial(np.roll, shift=-1)
    for axis, size in enumerate(shape):
        noun = {len(shape) - 1: "columns", len(shape) - 2: "rows"}.get(axis, f"positions of dimension {axis}")
        if size > 2:
            yield f"with {noun} shifted by one", partial(np.roll, shift=1, axis=axis)
            yield f"with {noun} shifted back by one", partial(np.roll, shift=-1, axis=axis)
            yield f"with {noun} reversed", partial(np.flip, axis=axis)
        if size % 2 == 0:
            yield f"with the halves of its {noun} swapped", partial(np.roll, shift=size // 2, axis=axis)


def _transposed_within(numbers: Floats, size: int) -> Floats:
    """Transpose each square of a size within the last two dimensions."""
    *batches, rows, columns = numbers.shape
    squares = numbers.reshape(*batches, rows // size, size, columns // size, size)
    return np.swapaxes(squares, -1, -3).reshape(numbers.shape)


def _wide(numbers: Array, positions: npt.NDArray[np.intp]) -> Floats:
    return numbers.reshape(-1)[positions].astype(np.float64)


def _room(expected: Floats, actual: Floats, form: NumberFormat) -> float:
    """Return the relative error up to which an output is what a hint says."""
    spacing = np.maximum(form.spacing(expected), form.spacing(actual))
    rounding = 2 * math.sqrt(float(np.mean(spacing * spacing)) / 12)
    scale = math.sqrt(float(np.mean(expected * expected)))
    return max(CLOSE, rounding / scale) if scale and math.isfinite(rounding) else CLOSE


def _close(expected: Floats, actual: Floats, room: float) -> bool:
    difference = actual - expected
    return bool(np.sqrt(np.mean(difference * difference)) <= room * np.sqrt(np.mean(expected * expected)))
