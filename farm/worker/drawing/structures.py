"""Numbers that mean something only together: masks, rotations, probabilities, and the operands of norms."""

from __future__ import annotations

import math

import numpy as np

from farm.judging.input_domains import (
    Angles,
    GroupMask,
    Listed,
    Mask,
    OneHot,
    Part,
    Probabilities,
    Reciprocals,
    Rotation,
    Sparsity,
    Stale,
    Sums,
    Triangle,
)
from farm.worker.drawing.formats import Array, Request

TILE = 32
HIDDEN = -(2.0**30)
"""Added to a score, it hides a key. It is finite and exact in every dtype, and -inf may be neither."""
_STALE_INTEGER = 90
"""0x5A: no index, no flag, and every integer dtype holds it."""


def draw_mask(domain: Mask, request: Request) -> Array:
    """Draw a mask whose rows each let at least one key through."""
    queries, keys = (1, *request.shape)[-2:]
    if domain.causal:
        return _repeated(np.where(np.tri(queries, keys, keys - queries, dtype=bool), 0.0, HIDDEN), request)
    visible = request.stream.random((request.size // keys, keys), np.float32) < 0.75
    rows = np.arange(len(visible))
    visible[rows, request.stream.integers(0, keys, len(rows))] = True
    return np.where(visible, np.float32(0), np.float32(HIDDEN))


def draw_angles(domain: Angles, request: Request) -> Array:
    """Draw cosines or sines of angles; the last dimension is that of the vectors which are rotated."""
    *lines, width = request.shape
    # in float64: float32's cosines differ from one processor to another
    angles = request.stream.uniform(0, 2 * math.pi, (*lines, (width + 1) // 2))
    values = (np.cos(angles) if domain.part is Part.COS else np.sin(angles)).astype(np.float32)
    paired = np.repeat(values, 2, axis=-1) if domain.adjacent else np.concatenate([values, values], axis=-1)
    return np.ascontiguousarray(paired[..., :width])


def rotation(_: Rotation, request: Request) -> Array:
    """Return quarter turns of pairs of neighbors, by tile."""
    tile = np.zeros((TILE, TILE), np.float32)
    even = np.arange(0, TILE, 2)
    tile[even, even + 1] = 1
    tile[even + 1, even] = -1
    rows, columns = (np.arange(side) % TILE for side in request.shape[-2:])
    return _repeated(tile[np.ix_(rows, columns)], request)


def draw_probabilities(domain: Probabilities, request: Request) -> Array:
    """Draw positive numbers whose sum along a dimension is 1."""
    values = request.stream.random(request.shape, np.float32) + np.float32(0.05)
    values /= values.sum(axis=domain.dim, keepdims=True)
    return values


def draw_one_hot(domain: OneHot, request: Request) -> Array:
    """Draw lines that hold one 1 each; as many lines as there are places hold it in different ones."""
    shape, width = request.shape, request.shape[domain.dim]
    places = request.stream.permutation(request.size // width) % width
    lines = np.zeros((places.size, width), np.uint8)
    lines[np.arange(places.size), places] = 1
    others = [each for place, each in enumerate(shape) if place != domain.dim % len(shape)]
    return np.ascontiguousarray(np.moveaxis(lines.reshape(*others, width), -1, domain.dim))


def draw_sparsity(domain: Sparsity, request: Request) -> Array:
    """Draw ones at random places."""
    ones = (request.size + 1) // 2 if domain.ones is None else min(request.size, domain.ones)
    values = np.zeros(request.size, np.uint8)
    values[request.stream.choice(request.size, ones, replace=False)] = 1
    return values


def group_masks(domain: GroupMask, request: Request) -> Array:
    """Return the masks of group norm, [..., groups, rows, columns]: groups follow each other in the tiles' columns."""
    groups, columns = request.shape[-3], np.arange(request.shape[-1])
    first = (np.arange(groups)[:, None] * domain.channels) % TILE
    inside = (columns >= first) & (columns < first + domain.channels)
    return _repeated((~inside if domain.negative else inside)[:, None, :], request)


def reciprocals(_: Reciprocals, request: Request) -> Array:
    """Return 1, 1/2, 1/3, ... along the last dimension."""
    return _repeated(1 / np.arange(1, request.shape[-1] + 1), request)


def draw_sums(domain: Sums, request: Request) -> Array:
    """Draw the sums of rows whose numbers have about the mean 0 and the variance 1."""
    values = np.zeros(request.shape, np.float32)
    columns = values[..., ::TILE]
    columns[...] = domain.width * (
        request.stream.random(columns.shape, np.float32) * np.float32(0.5) + np.float32(0.75)
    )
    if domain.plain:
        plain = columns[..., 1::2]
        plain[...] = domain.width * request.stream.uniform(-0.5, 0.5, plain.shape)
    return values


def triangle(domain: Triangle, request: Request) -> Array:
    """Return the unit matrix, or a lower triangle of ones."""
    rows, columns = request.shape[-2:]
    return _repeated(np.tri(rows, columns) if domain.filled else np.eye(rows, columns), request)


def listed(domain: Listed, request: Request) -> Array:
    """Return values in order, over again."""
    return np.resize(np.array(domain.values), request.size)


def stale(_: Stale, request: Request) -> Array:
    """Return a pattern that no operation's output has by chance: 64 to 124 over again, or 90 in integers."""
    if request.dtype.is_integer:
        return np.full(request.size, _STALE_INTEGER)
    pattern = np.arange(64, 125) if request.dtype.name != "BFLOAT4_B" else np.arange(64, 125, 16)
    return np.resize(pattern, request.size)


def _repeated(matrix: Array, request: Request) -> Array:
    return np.array(np.broadcast_to(matrix, request.shape), np.float32)  # a copy: ttnn takes no read-only array
