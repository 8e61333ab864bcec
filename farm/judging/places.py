"""Where the wrong elements of an output are: its tiles, shards, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from farm.core.mismatch import Places
from farm.judging.details import Flags, marked_positions
from farm.judging.shards import Cut, shard_grid
from tracer.values import Tensor

MOST_KEPT = 8
"""Tiles or shards that are kept by name."""
MOST_NAMED = 4
"""Tiles or shards that the words name."""

_ORDINALS = {2: "second", 3: "third"}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the wrong elements are.

    Attributes:
        words: in words that follow a comma; "" where they are everywhere, or scattered.
        places: the tiles and shards that hold them.
    """

    words: str = ""
    places: tuple[Places, ...] = ()


def whereabouts(flags: Flags, output: Tensor | None) -> Whereabouts:
    """Say where wrong elements are.

    Args:
        flags: the wrong ones, of the output's shape; at least one.
        output: the output without its numbers; None where it isn't known.
    """
    count = int(np.count_nonzero(flags))
    if count == flags.size or flags.ndim == 0:
        return Whereabouts()
    tiles, shards = (None, None) if output is None else (_tiles(flags, output), _shards(flags, output))
    every = "all " if count > 1 else ""
    words = "" if shards is None else _named(shards, every)
    if tiles is not None and tiles.wrong == 1 and tiles.total > 1:
        words = f"{every}in tile {tiles.names[0][0]}" + words.replace(f"{every}in", " of", 1)
    if not words and count > 1:
        words = _pattern(flags)
    if not words and tiles is not None:
        words = _named(tiles, every)
    return Whereabouts(words, tuple(each for each in (tiles, shards) if each is not None))


def _named(places: Places, every: str) -> str:
    """Name the places that hold all wrong elements, if they are few of many."""
    if places.total < 2 or places.wrong > MOST_NAMED or places.wrong * 2 > places.total:
        return ""
    names = [name for name, _ in places.names]
    if len(names) == 1:
        return f"{every}in {places.kind} {names[0]}"
    return f"{every}in {places.kind}s {', '.join(names[:-1])} and {names[-1]}"


def _tiles(flags: Flags, output: Tensor) -> Places | None:
    if output.layout != "TILE" or flags.ndim == 0:
        return None
    height, width = (32, 32) if output.tile is None else (output.tile.height, output.tile.width)
    *batches, rows, columns = (1, *flags.shape)[-max(2, flags.ndim) :]
    row_cuts = tuple(
        start + batch * rows for batch in range(int(np.prod(batches, dtype=int))) for start in range(0, rows, height)
    )
    column_cuts = tuple(range(0, columns, width))
    counts, sizes = _counts(flags.reshape(-1, columns), (row_cuts, column_cuts))
    shape = (*(size for size in batches if size > 1), -(-rows // height), len(column_cuts))
    counts, sizes = counts.reshape(shape), sizes.reshape(shape)
    wrong = np.argwhere(counts)
    names = tuple(
        (f"({', '.join(str(int(each)) for each in index)})", float(counts[tuple(index)] / sizes[tuple(index)]))
        for index in wrong[:MOST_KEPT]
    )
    return Places("tile", len(wrong), counts.size, names)


def _shards(flags: Flags, output: Tensor) -> Places | None:
    grid = shard_grid(output)
    if grid is None:
        return None
    counts, sizes = _counts(flags.reshape(grid.view), grid.cuts)
    by_shard: dict[str, tuple[int, int]] = {}
    for name, count, size in zip(grid.names, counts.flat, sizes.flat, strict=True):
        before = by_shard.get(name, (0, 0))
        by_shard[name] = (before[0] + int(count), before[1] + int(size))
    wrong = [(name, count / size) for name, (count, size) in by_shard.items() if count]
    return Places("shard", len(wrong), len(by_shard), tuple(wrong[:MOST_KEPT]))


def _counts(flags: Flags, cuts: Sequence[Cut]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count the flags in each cell of a grid, and the elements of each cell."""
    counts: npt.NDArray[np.int64] = flags.view(np.uint8)
    sizes = np.ones((), np.int64)
    for axis, (cut, size) in enumerate(zip(cuts, flags.shape, strict=True)):
        counts = np.add.reduceat(counts, cut, axis=axis, dtype=np.int64)
        sizes = np.multiply.outer(sizes, np.diff((*cut, size)))
    return counts, sizes


def _pattern(flags: Flags) -> str:
    """Say which rows, columns or positions in other dimensions hold all wrong elements; "" if they are in most."""
    words = []
    last = flags.ndim - 1
    for axis, size in enumerate(flags.shape):
        if size < 2:
            continue
        held = marked_positions(flags, axis)
        noun = {last: "column", last - 1: "row"}.get(axis, "")
        if held.size > 2 and (step := _step(held, size)):
            ordinal = _ORDINALS.get(step, f"{step}th")
            if axis == last:
                words.append(f"every {ordinal} element of a row")
            else:
                words.append(f"every {ordinal} {noun or f'position in dimension {axis}'}")
        elif (held[-1] - held[0] + 1) * 2 <= size:
            words.append(_range(int(held[0]), int(held[-1]), noun, axis))
    return "only " + ", ".join(words) if words else ""


def _step(held: npt.NDArray[np.intp], size: int) -> int:
    """Return the regular distance of positions that go from one end of a dimension to the other; 0 if there is none."""
    step = int(held[1] - held[0])
    regular = step > 1 and bool(np.all(np.diff(held) == step)) and held[0] < step and held[-1] + step >= size
    return step if regular else 0


def _range(first: int, last: int, noun: str, axis: int) -> str:
    if noun:
        return f"{noun} {first}" if first == last else f"{noun}s {first}-{last}"
    where = f"position {first}" if first == last else f"positions {first}-{last}"
    return f"{where} of dimension {axis}"
