"""Drawing of real numbers. They are drawn in pieces, so that a large tensor takes no memory but its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from farm.core.numeric_options import InputStyle
from farm.judging.input_domains import Fractions, Magnitudes, NonFinite, Observed, Reals, Specials
from farm.worker.drawing.formats import LARGEST, SMALLEST_NORMAL, Array, Format, Request, format_of
from farm.worker.drawing.integers import draw_whole_reals

_PIECE = 1 << 20
_DRAWN = 8 * _PIECE
"""So many numbers are drawn; drawing 1 GB would take ten times as long as copying it."""
_EVERY = 64
"""One in so many numbers is a special value."""
_NORMAL_REACH = 3.5
"""Deviations that normal numbers of block floats are bounded by."""
_LARGEST_FLOAT = float(np.finfo(np.float32).max)
_POWERS = tuple(sign * 2.0**exponent for exponent in (-14, -7, -1, 1, 4) for sign in (-1, 1))
_ROUND = (0.0, -0.0, 1.0, -1.0, 1.0078125, -1.0078125, 0.99609375, 3.0)
_EXTREMES = (LARGEST, -LARGEST, SMALLEST_NORMAL, -SMALLEST_NORMAL, 2.0**100, -(2.0**100), 2.0**-100, 65504.0)


def draw_reals(domain: Reals, request: Request) -> Array:
    """Draw real numbers of a domain; an integer tensor gets whole ones."""
    if request.dtype.is_integer:
        return draw_whole_reals(domain, request)
    if domain.becomes is not None:
        becoming = replace(request, dtype=format_of(domain.becomes))
        return _truncated(draw_reals(replace(domain, becomes=None), becoming), domain.becomes)
    if request.style is InputStyle.ONES:
        return np.full(request.size, _one(domain, request.dtype), np.float32)
    if request.style is InputStyle.EDGE:
        return _edges(domain, request)
    stream, (low, high) = request.stream, _range(domain)
    specials = np.array(_specials(domain, request), np.float32)
    # the steps of block floats must reach from bound to bound
    bounds = domain if request.dtype.steps is None else replace(domain, low=low, high=high)

    def fill(piece: Array) -> None:
        if request.style is InputStyle.UNIFORM:
            _uniform(piece, low, high, stream)
        else:
            _normal(piece, domain.mean, domain.deviation, stream)
        if specials.size:
            places = stream.integers(0, piece.size, max(1, piece.size // _EVERY))
            piece[places] = specials[stream.integers(0, specials.size, places.size)]
        _move_inside(piece, bounds, request.dtype)

    return _pieces(request, fill)


def _truncated(values: Array, dtype: str) -> Array:
    """Numbers as BFLOAT16 holds them; block floats are multiples of one step already."""
    if dtype == "BFLOAT16":
        bits = values.view(np.uint32)
        bits &= np.uint32(0xFFFF0000)
    return values


def draw_magnitudes(domain: Magnitudes, request: Request) -> Array:
    """Draw numbers away from zero; an integer tensor gets whole ones."""
    if request.dtype.is_integer:
        return draw_whole_reals(Reals(1, math.ceil(domain.high)), request)
    low, high, stream = domain.low, domain.high, request.stream
    if request.dtype.steps is not None:  # one step for all numbers, and none so small that it would become zero
        middle, reach = math.sqrt(low * high), math.sqrt((request.dtype.steps + 1) / 4)
        low, high = max(low, middle / reach), min(high, middle * reach)
    bounds = Reals(-high if domain.signed else low, high, avoid=domain.avoid, margin=domain.margin)
    if request.style is InputStyle.ONES:
        return np.full(request.size, _one(bounds, request.dtype), np.float32)
    edges = np.array([each for each in (low, high, 1.0) if low <= each <= high], np.float32)

    def fill(piece: Array) -> None:
        if request.style is InputStyle.EDGE:
            piece[...] = edges[stream.integers(0, edges.size, piece.size)]
        elif request.style is InputStyle.UNIFORM:
            _uniform(piece, low, high, stream)
        elif request.style is InputStyle.NORMAL:
            _normal(piece, math.sqrt(low * high), math.sqrt(low * high) / 3, stream)
            np.clip(piece, low, high, out=piece)
        else:
            # in float64: float32's exp differs from one processor to another
            piece[...] = np.exp(stream.uniform(math.log(low), math.log(high), piece.size))
        if domain.signed:
            np.negative(piece, out=piece, where=stream.integers(0, 2, piece.size, dtype=np.uint8) == 0)
        _move_inside(piece, bounds, request.dtype, low)

    return _pieces(request, fill)


def draw_observed(domain: Observed, request: Request) -> Array:
    """Draw numbers like those of a trace; an integer tensor gets whole ones."""
    stream, span = request.stream, domain.high - domain.low
    middle = (domain.mean - domain.low) / span
    weight = middle * (1 - middle) * (span / domain.deviation) ** 2 - 1
    bounds = Reals(domain.low, domain.high, avoid=domain.avoid, margin=domain.margin)
    shares = {
        0.0: domain.zeros,
        math.nan: domain.nans,
        math.inf: domain.positive_infinities,
        -math.inf: domain.negative_infinities,
    }
    of_blocks = request.dtype.steps is not None or request.dtype.is_integer

    def fill(piece: Array) -> None:
        piece[...] = domain.low + span * stream.beta(middle * weight, (1 - middle) * weight, piece.size)
        _move_inside(piece, bounds, request.dtype)
        chances, start = stream.random(piece.size, np.float32), 0.0
        for value, share in shares.items():
            if share and not (of_blocks and value):
                piece[(chances >= start) & (chances < start + share)] = value
            start += share

    numbers = _pieces(request, fill)
    return np.clip(np.rint(numbers.astype(np.float64)), *request.dtype.bounds) if request.dtype.is_integer else numbers


def draw_fractions(domain: Fractions, request: Request) -> Array:
    """Draw numbers away from all whole and half multiples of a unit; an integer tensor gets whole ones."""
    if request.dtype.is_integer:
        return draw_whole_reals(Reals(), request)
    steps, stream = request.dtype.steps, request.stream
    count = domain.count if steps is None else max(1, min(domain.count, (steps + 1) // 4 - 1))

    def fill(piece: Array) -> None:
        piece[...] = 1 if request.style is InputStyle.ONES else stream.integers(0, count, piece.size, dtype=np.int32)
        # 0.1 to 0.4: half a unit more is away from whole numbers, too; block floats hold a quarter exactly
        piece += (
            0.25 if steps is not None else stream.random(piece.size, np.float32) * np.float32(0.3) + np.float32(0.1)
        )
        if domain.halves:
            piece += stream.integers(0, 2, piece.size, dtype=np.uint8) * np.float32(0.5)
        if domain.signed:
            np.negative(piece, out=piece, where=stream.integers(0, 2, piece.size, dtype=np.uint8) == 0)
        piece *= np.float32(domain.unit)

    return _pieces(request, fill)


def draw_non_finite(_: NonFinite, request: Request) -> Array:
    """Draw real numbers, one in four of them NaN or infinite as far as the dtype holds these."""
    values = draw_reals(Reals(), request)
    if not request.dtype.is_integer and request.dtype.steps is None and request.style is not InputStyle.ONES:
        places = request.stream.integers(0, 4, request.size) == 0
        kinds = np.array([math.nan, math.inf, -math.inf], np.float32)
        values[places] = kinds[request.stream.integers(0, 3, int(places.sum()))]
    return values


def _pieces(request: Request, fill: Callable[[Array], None]) -> Array:
    """Draw numbers piece by piece. Large tensors repeat what was drawn, each piece from a place of its own."""
    values = np.empty(request.size, np.float32)
    for start in range(0, request.size, _PIECE):
        piece = values[start : start + _PIECE]
        if start < _DRAWN:
            fill(piece)
        else:
            place = int(request.stream.integers(0, _DRAWN - piece.size))
            piece[...] = values[place : place + piece.size]
    return values


def _normal(piece: Array, mean: float, deviation: float, stream: np.random.Generator) -> None:
    stream.standard_normal(dtype=np.float32, out=piece)
    if deviation != 1:
        piece *= np.float32(deviation)
    if mean:
        piece += np.float32(mean)


def _uniform(piece: Array, low: float, high: float, stream: np.random.Generator) -> None:
    stream.random(dtype=np.float32, out=piece)
    piece *= np.float32(high - low)
    piece += np.float32(low)


def _range(domain: Reals) -> tuple[float, float]:
    """The bounds of a domain; of one without bounds, those of all but its rarest numbers."""
    reach = _NORMAL_REACH * domain.deviation
    low = max(domain.low, min(domain.mean - reach, domain.high))
    return low, min(domain.high, max(domain.mean + reach, low))


def _move_inside(piece: Array, domain: Reals, dtype: Format, least: float = 0.0) -> None:
    """Move numbers into a domain, in place.

    Args:
        piece: the numbers.
        domain: its bounds and the points to avoid count.
        dtype: block floats become multiples of one step, which they hold exactly.
        least: the least magnitude.
    """
    if dtype.steps is not None:
        _to_steps(piece, domain, dtype, least)
        return
    if math.isfinite(domain.low) or math.isfinite(domain.high):
        np.clip(piece, domain.low, domain.high, out=piece)
    for point in domain.avoid:
        near = np.abs(piece - np.float32(point)) < domain.margin
        if near.any():
            piece[near] = _moved(piece[near], point, domain)


def _moved(values: Array, point: float, domain: Reals) -> Array:
    """Numbers near a point, moved away from it: to its other side where theirs is outside the domain."""
    above = values >= point
    if point - domain.margin < domain.low:
        above[...] = True
    elif point + domain.margin > domain.high:
        above[...] = False
    margin = np.float32(domain.margin)
    return np.asarray(np.float32(point) + np.where(above, margin, -margin))


def _to_steps(piece: Array, domain: Reals, dtype: Format, least: float) -> None:
    steps = dtype.steps or 1
    step = dtype.step(max(abs(domain.low), abs(domain.high)))
    levels = np.arange(-steps, steps + 1) * step
    allowed = (levels >= domain.low) & (levels <= domain.high)
    if least:
        allowed &= (np.abs(levels) >= min(least, step)) & (levels != 0)
    for point in domain.avoid:
        allowed &= np.abs(levels - point) >= domain.margin
    choices = levels[allowed]
    if not choices.size:  # the domain lies between two steps
        choices = levels[np.abs(levels - (domain.low + domain.high) / 2).argmin()][None]
    nearest = choices[np.abs(levels[:, None] - choices[None, :]).argmin(axis=1)].astype(np.float32)
    piece *= np.float32(1 / step)
    np.rint(piece, out=piece)
    np.clip(piece, -steps, steps, out=piece)
    piece += np.float32(steps)
    piece[...] = nearest[piece.astype(np.uint8)]


def _one(domain: Reals, dtype: Format) -> Array:
    """The number of a domain that is next to 1."""
    one = np.ones(1, np.float32)
    low, high = _range(domain)
    _move_inside(one, domain if dtype.steps is None else replace(domain, low=low, high=high), dtype)
    return one


def _specials(domain: Reals, request: Request) -> list[float]:
    """The special values to mix into numbers of a domain."""
    if request.style is not InputStyle.AUTO or request.dtype.steps is not None or domain.specials is Specials.NONE:
        return []
    values = _ROUND + _POWERS + (_EXTREMES if domain.specials is Specials.WIDE else ())
    return [each for each in values if _holds(domain, each)]


def _holds(domain: Reals, value: float) -> bool:
    return domain.low <= value <= domain.high and all(abs(value - each) >= domain.margin for each in domain.avoid)


def _edges(domain: Reals, request: Request) -> Array:
    """Draw the edges of a dtype and of a domain, and one number in four from in between."""
    low, high = _range(domain)
    if request.dtype.steps is not None:
        step = request.dtype.step(max(abs(low), abs(high)))
        edges = [low, high, step, -step, 0.0]
    else:
        edges = [*_ROUND, *_POWERS, domain.low, domain.high]
        if domain.specials is not Specials.NONE:  # else a sum of them would be infinite, or hide all others
            edges += _EXTREMES
        if domain.specials is not Specials.NONE and request.dtype.name == "FLOAT32":
            edges += [_LARGEST_FLOAT, -_LARGEST_FLOAT, 1 + 2.0**-23]
    table = np.array([each for each in edges if math.isfinite(each) and _holds(domain, each)], np.float32)
    values = draw_reals(domain, replace(request, style=InputStyle.NORMAL))
    if table.size:
        places = request.stream.integers(0, 4, request.size, dtype=np.uint8) > 0
        values[places] = table[request.stream.integers(0, table.size, int(places.sum()))]
    if request.dtype.steps is not None:
        _move_inside(values, replace(domain, low=low, high=high), request.dtype)
    return values
