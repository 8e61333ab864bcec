"""Where the shards of an output lie, and which cores hold them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracer.values import CoreRangeSet, NdShardSpec, ShardSpec, Tensor

Cut = tuple[int, ...]
"""Where the parts of a dimension start."""


@dataclass(frozen=True, slots=True)
class ShardGrid:
    """The shards of an output.

    Attributes:
        view: the shape in which the output is cut, of the same elements: rows of all batches and columns, or the
            output's own.
        cuts: of each dimension of the view.
        names: of the shards, in the order of rows of the grid that the cuts make.
    """

    view: tuple[int, ...]
    cuts: tuple[Cut, ...]
    names: tuple[str, ...]


def shard_grid(output: Tensor) -> ShardGrid | None:
    """Return the shards of an output; None where it has none, or where it isn't known how they lie."""
    memory = output.memory
    if memory is None or not output.shape:
        return None
    place = "bank" if memory.buffer == "DRAM" else "core"
    if memory.nd_shard_spec is not None:
        return _nd_grid(output, memory.nd_shard_spec, place)
    if memory.shard_spec is not None:
        return _flat_grid(output, memory.shard_spec, memory.layout, place)
    return None


def _flat_grid(output: Tensor, spec: ShardSpec, layout: str, place: str) -> ShardGrid | None:
    """Cut an output as rows of all batches and columns. Batches are padded to whole tiles first."""
    *batches, height, width = (1, *output.shape)[-max(2, len(output.shape)) :]
    padded = _padded_height(output, height)
    rows = np.arange(math.prod(batches) * height)
    by_row = (rows // height * padded + rows % height) // spec.shape[0]
    starts = (0, *(np.flatnonzero(np.diff(by_row)) + 1).tolist())
    columns = range(0, width, spec.shape[1])
    cores = cores_in_order(spec.grid, spec.orientation)
    across = len(columns)
    if layout == "BLOCK_SHARDED":
        # rows of shards go down the grid's columns of cores, or along its rows of cores
        across = len({x for x, _ in cores} if spec.orientation == "ROW_MAJOR" else {y for _, y in cores})
    numbers = [int(row) * across + column for row in by_row[list(starts)] for column in range(len(columns))]
    if max(numbers) >= len(cores):
        return None
    names = tuple(_name(number, cores[number], place) for number in numbers)
    return ShardGrid((rows.size, width), (starts, tuple(columns)), names)


def _nd_grid(output: Tensor, spec: NdShardSpec, place: str) -> ShardGrid | None:
    """Cut an output in its own dimensions; where the shard has fewer, the first ones of the output are one."""
    missing = len(output.shape) - len(spec.shape)
    if missing < 0 or not spec.shape or spec.distribution != "ROUND_ROBIN_1D":
        return None
    if missing and _padded_height(output, output.shape[-2]) != output.shape[-2] and len(spec.shape) < 3:
        return None
    view = (math.prod(output.shape[: missing + 1]), *output.shape[missing + 1 :])
    cuts = tuple(tuple(range(0, size, step)) for size, step in zip(view, spec.shape, strict=True))
    cores = cores_in_order(spec.grid, spec.orientation)
    shards = math.prod(map(len, cuts))
    return ShardGrid(view, cuts, tuple(_name(number, cores[number % len(cores)], place) for number in range(shards)))


def _padded_height(output: Tensor, height: int) -> int:
    """Return the height of a batch with its padding."""
    tile = 32 if output.tile is None else output.tile.height
    return -(-height // tile) * tile if output.layout == "TILE" else height


def cores_in_order(grid: CoreRangeSet, orientation: str) -> list[tuple[int, int]]:
    """Return the cores of a grid in the order in which they get shards: range by range, by rows or by columns."""
    cores = []
    for part in grid.ranges:
        xs, ys = range(part.start.x, part.end.x + 1), range(part.start.y, part.end.y + 1)
        if orientation == "COL_MAJOR":
            cores += [(x, y) for x in xs for y in ys]
        else:
            cores += [(x, y) for y in ys for x in xs]
    return cores


def _name(number: int, core: Sequence[int], place: str) -> str:
    return f"{number} ({place} {core[0]},{core[1]})"
