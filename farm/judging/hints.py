"""What a wrong output is instead of the expected one, where that is certain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.judging.details import Flags, marked_positions
from farm.judging.formats import Floats, NumberFormat

FIRST, LAST = 512, 1 << 16
"""Elements that are looked at: a few first, and what fits them must fit many."""

CLOSE = 0.01
"""An output is what a hint says if its relative error against that is at most this, or twice what rounding makes."""

FEW = 4
"""Fewer wrong elements may be anything."""

_TIMES = {2.0: "twice", 0.5: "half", 3.0: "three times", 4.0: "four times", 0.25: "a quarter of"}
Array = npt.NDArray[Any]
Index = tuple[npt.NDArray[np.intp], ...]


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
    box = _box(flags)
    part = math.prod(each.stop - each.start for each in box)
    with np.errstate(all="ignore"):
        for many in (FIRST, LAST):
            chosen = _some(positions.size, many)
            chosen = positions if chosen is None else positions[chosen]
            hint = _values(_wide(expected, chosen), _wide(actual, chosen), form)
            if not hint:
                break
        if hint:
            return (f"the {'output is' if positions.size == flags.size else 'wrong ones are'} {hint}",)
        if positions.size * 2 > part and (hint := _order(expected[box], actual[box], form)):
            return (f"the output is the expected values {hint}" + ("" if part == flags.size else " there"),)
    return ()


def _some(total: int, many: int) -> npt.NDArray[np.int64] | None:
    """Choose some of many positions, without any order that an output may have; None for all."""
    return None if total <= many else np.random.default_rng(0).integers(0, total, many)


def _box(flags: Flags) -> tuple[slice, ...]:
    """Return the part of an output around its wrong elements, in whole tiles."""
    box = []
    for axis, size in enumerate(flags.shape):
        held = marked_positions(flags, axis)
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
    every = np.arange(expected.size)
    samples = [every if chosen is None else chosen for chosen in (_some(every.size, many) for many in (FIRST, LAST))]
    for words, source in _arrangements(expected.shape):
        for sample in samples:
            places = np.ravel_multi_index(source(np.unravel_index(sample, expected.shape)), expected.shape)
            moved, there = _wide(expected, places), _wide(actual, sample)
            if not _close(moved, there, _room(moved, there, form)):
                break
        else:
            return words
    return ""


def _arrangements(shape: tuple[int, ...]) -> Iterator[tuple[str, Callable[[Index], Index]]]:
    """Yield arrangements in words, each with the function that says where an element comes from."""
    rows, columns = (1, *shape)[-2:]
    if rows % 32 == 0 and columns % 32 == 0:
        yield "transposed within tiles", partial(_transposed, within=32)
        yield "transposed within faces", partial(_transposed, within=16)
    if rows == columns and rows > 1:
        yield "transposed", partial(_transposed, within=rows)
    for shift, back in ((1, ""), (-1, "back ")):
        yield f"shifted {back}by one", partial(_shifted, shape=shape, by=shift)
    for axis, size in enumerate(shape):
        noun = {len(shape) - 1: "columns", len(shape) - 2: "rows"}.get(axis, f"positions of dimension {axis}")
        if size > 2:
            for shift, back in ((1, ""), (-1, "back ")):
                yield f"with {noun} shifted {back}by one", partial(_rolled, axis=axis, size=size, by=shift)
            yield f"with {noun} reversed", partial(_reversed, axis=axis, size=size)
        if size % 2 == 0:
            yield f"with the halves of its {noun} swapped", partial(_rolled, axis=axis, size=size, by=size // 2)


def _transposed(index: Index, within: int) -> Index:
    *batches, row, column = index
    return (*batches, row // within * within + column % within, column // within * within + row % within)


def _shifted(index: Index, shape: tuple[int, ...], by: int) -> Index:
    return np.unravel_index((np.ravel_multi_index(index, shape) - by) % math.prod(shape), shape)


def _rolled(index: Index, axis: int, size: int, by: int) -> Index:
    return (*index[:axis], (index[axis] - by) % size, *index[axis + 1 :])


def _reversed(index: Index, axis: int, size: int) -> Index:
    return (*index[:axis], size - 1 - index[axis], *index[axis + 1 :])


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
