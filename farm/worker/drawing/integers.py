"""Drawing of whole numbers, of indices, and of numbers from short lists."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from farm.core.numeric_options import InputStyle
from farm.judging.input_domains import (
    Bits,
    Choices,
    Distinct,
    Grid,
    Indices,
    Integers,
    Once,
    Positions,
    Reals,
    Specials,
)
from farm.worker.drawing.formats import Array, Format, Request, distinct_values

Shape = tuple[int, ...]


def draw_whole_reals(domain: Reals, request: Request) -> Array:
    """Draw integers where an integer tensor stands for real numbers: small enough to be added and multiplied."""
    low, high = request.dtype.bounds if domain.specials is Specials.WIDE else request.dtype.reach
    if math.isfinite(domain.low):
        low = max(low, math.ceil(domain.low))
    if math.isfinite(domain.high):
        high = min(high, math.floor(domain.high))
    return draw_integers(Integers(low, max(low, high)), request)


def draw_integers(domain: Integers, request: Request) -> Array:
    """Draw integers, both bounds included."""
    low, high = _bounds(domain, request.dtype)
    size, kind, stream = request.size, request.dtype.array, request.stream
    if request.style is InputStyle.ONES:
        return np.full(size, min(max(1, low), high), kind)
    if request.style is InputStyle.EDGE:
        edges = sorted({each for each in (low, high, 0, 1, -1) if low <= each <= high})
        table: Array = np.array(edges, kind)
        return np.asarray(table[stream.integers(0, len(edges), size)])
    drawn_as = kind if request.dtype.is_integer else np.int64
    drawn: Array = np.asarray(stream.integers(low, high, size, drawn_as, endpoint=True))
    return np.asarray(drawn.astype(kind, copy=False))


def _bounds(domain: Integers, dtype: Format) -> tuple[int, int]:
    if not dtype.is_integer:
        return domain.low, domain.high
    low, high = dtype.bounds
    return min(max(low, domain.low), high), max(min(high, domain.high), low)


def draw_bits(_: Bits, request: Request) -> Array:
    """Draw any bits."""
    return draw_integers(Integers(*request.dtype.bounds) if request.dtype.is_integer else Integers(0, 1), request)


def draw_grid(domain: Grid, request: Request) -> Array:
    """Draw multiples of a step around a point; of integers, the numbers around it."""
    if request.dtype.is_integer:
        around = round(domain.around)
        low = around - domain.count if request.dtype.signed else max(0, around - domain.count)
        return draw_integers(Integers(low, around + domain.count), request)
    if request.style is InputStyle.ONES:
        return np.full(request.size, 1.0, np.float32)
    count = min(domain.count, request.dtype.steps or domain.count)
    steps = draw_integers(Integers(-count, count), request)
    return np.asarray(np.float32(domain.around) + steps * np.float32(domain.step))


def draw_choices(domain: Choices, request: Request) -> Array:
    """Draw from a few values; `ones` are ones only if they are among them."""
    if request.style is InputStyle.ONES and 1 in domain.values:
        return np.ones(request.size, request.dtype.array)
    values = np.array(domain.values).astype(request.dtype.array)
    return np.asarray(values[request.stream.integers(0, len(values), request.size)])


def draw_indices(domain: Indices, request: Request) -> Array:
    """Draw indices that are valid whatever the style; the first and the last entry are among them."""
    size, shape, stream = request.size, request.shape, request.stream
    count = max(1, domain.count)
    if domain.ascending:
        inner = np.sort(stream.integers(0, count, max(0, size - 2), endpoint=True))
        indices = np.concatenate([[0], inner, [count]])[:size]
    elif domain.once is Once.ALONG and shape:
        lines, width = size // shape[domain.dim], shape[domain.dim]
        indices = _along(np.stack([_covering(count, width, stream) for _ in range(lines)]), shape, domain.dim)
    elif domain.once is Once.TENSOR or size > count:
        indices = _covering(count, size, stream)
    else:
        indices = stream.integers(0, count, size)
        indices[0], indices[-1] = 0, count - 1
        stream.shuffle(indices)
    return _representable(indices, request.dtype)


def _without_repeats(count: int, size: int, stream: np.random.Generator) -> Array:
    """Draw different indices, the first and the last entry among them."""
    picks = stream.choice(count, size, replace=False, shuffle=True)
    for wanted in (0, count - 1):
        if size >= 2 and not (picks == wanted).any():
            other = count - 1 - wanted
            place = int(np.flatnonzero(picks != other)[0])
            picks[place] = wanted
    return picks


def _covering(count: int, size: int, stream: np.random.Generator) -> Array:
    """Draw indices: each entry at most once, or where there are more indices than entries, at least once."""
    if size <= count:
        return _without_repeats(count, size, stream)
    indices = stream.integers(0, count, size, dtype=np.int64)
    indices[:count] = np.arange(count)
    stream.shuffle(indices)
    return indices


def _representable(indices: Array, dtype: Format) -> Array:
    """Round indices in a BFLOAT16 tensor down to what it holds."""
    if dtype.name != "BFLOAT16":
        return indices
    bits = indices.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return np.asarray(bits.view(np.float32))


def _along(lines: Array, shape: Shape, dim: int) -> Array:
    """Put lines of numbers along a dimension of a tensor."""
    others = [each for place, each in enumerate(shape) if place != dim % len(shape)]
    return np.ascontiguousarray(np.moveaxis(lines.reshape(*others, shape[dim]), -1, dim))


def draw_positions(domain: Positions, request: Request) -> Array:
    """Count along a dimension."""
    shape = request.shape or (1,)
    sides = [1] * len(shape)
    sides[domain.dim] = shape[domain.dim]
    return np.array(np.broadcast_to(np.arange(shape[domain.dim]).reshape(sides), shape))


def draw_distinct(domain: Distinct, request: Request) -> Array:
    """Draw numbers without ties along a dimension.

    One random order is drawn; each line has it, rotated by its own offset.
    """
    if domain.dim is None or not request.shape:
        return draw_distinct(replace(domain, dim=0), replace(request, shape=(request.size,)))
    width = request.shape[domain.dim]
    lines = request.size // width
    values = distinct_values(request.dtype.name, 2 * width if domain.negative else width)
    if domain.negative and request.dtype.signed:
        values = values[values < 0][:width]
    order = values[_ranks(width, len(values))[request.stream.permutation(width)]]
    offsets = request.stream.permutation(max(lines, width))[:lines] % width
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([order, order]), width)
    return _along(windows[offsets], request.shape, domain.dim)


def _ranks(width: int, values: int) -> Array:
    """The value of each rank: different ones, or as far as there are too few, those of the outer thirds."""
    if width <= values:
        return np.arange(width)
    outer = values // 3
    ranks = np.arange(width)
    inner = outer + (ranks - outer) * (values - 2 * outer) // max(1, width - 2 * outer)
    return np.where(ranks < outer, ranks, np.where(ranks >= width - outer, values - (width - ranks), inner))
