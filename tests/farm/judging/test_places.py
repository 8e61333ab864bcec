"""Where wrong elements are, in words and by tiles and shards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from farm.core.mismatch import Places
from farm.judging.places import whereabouts
from farm.judging.shards import cores_in_order, shard_grid
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, NdShardSpec, ShardSpec, Tensor, Tile

TILED = Tensor((1, 1, 128, 256), "BFLOAT16", "TILE")


def cores(columns: int, rows: int = 1) -> CoreRangeSet:
    return CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, rows - 1)),))


def sharded(layout: str, grid: CoreRangeSet, shape: tuple[int, int], orientation: str = "ROW_MAJOR") -> Tensor:
    return replace(TILED, memory=MemoryConfig(layout, "L1", ShardSpec(grid, shape, orientation)))


def wrong(*index: Any, shape: tuple[int, ...] = TILED.shape) -> Any:
    flags = np.zeros(shape, np.bool_)
    flags[index] = True
    return flags


ROWS, COLUMNS = (slice(32, 64), slice(None)), (slice(None), slice(64, 128))
HEIGHT, WIDTH = sharded("HEIGHT_SHARDED", cores(4), (32, 256)), sharded("WIDTH_SHARDED", cores(4), (128, 64))
BLOCK = sharded("BLOCK_SHARDED", cores(4, 2), (64, 64))
TURNED = sharded("BLOCK_SHARDED", cores(2, 4), (64, 64), "COL_MAJOR")
IN_BANKS = replace(WIDTH, memory=replace(WIDTH.memory, buffer="DRAM"))  # type: ignore[type-var]
ND = replace(TILED, memory=MemoryConfig("ND_SHARDED", "L1", nd_shard_spec=NdShardSpec(cores(3), (1, 1, 64, 64))))


@pytest.mark.parametrize(
    ("index", "output", "words"),
    [
        ((0, 0, 5, slice(37, 49)), TILED, "all in tile (0, 1)"),
        ((0, 0, 5, 37), TILED, "in tile (0, 1)"),
        ((0, 0, slice(0, 32), slice(64)), TILED, "only rows 0-31, columns 0-63"),
        ((0, 0, slice(0, 32)), TILED, "only rows 0-31"),
        ((0, 0, 40), TILED, "only row 40"),
        ((0, 0, slice(None), 255), TILED, "only column 255"),
        ((0, 0, slice(None), slice(128, 256)), TILED, "only columns 128-255"),
        ((0, 0, slice(None), slice(None, None, 2)), TILED, "only every second element of a row"),
        ((0, 0, slice(None), slice(15, None, 16)), TILED, "only every 16th element of a row"),
        ((0, 0, slice(1, None, 3)), TILED, "only every third row"),
        ((0, 0, slice(0, 32), slice(0, 32, 2)), TILED, "all in tile (0, 0)"),
        ((0, 0, *ROWS), HEIGHT, "all in shard 1 (core 1,0)"),
        ((0, 0, *COLUMNS), WIDTH, "all in shard 1 (core 1,0)"),
        ((0, 0, *COLUMNS), IN_BANKS, "all in shard 1 (bank 1,0)"),
        (
            (0, 0, slice(64, 128), slice(192, 256)),
            BLOCK,
            "all in shard 7 (core 3,1)",
        ),
        (
            (0, 0, slice(64, 128), slice(64, 128)),
            TURNED,
            "all in shard 5 (core 1,1)",
        ),
        ((0, 0, 70, 200), BLOCK, "in tile (2, 6) of shard 7 (core 3,1)"),
        ((0, 0, slice(64, 128), slice(64)), ND, "all in shard 4 (core 1,0)"),
        ((0, 0), TILED, ""),
        ((0, 0, [1, 100, 5], [200, 3, 5]), TILED, "all in tiles (0, 0), (0, 6) and (3, 0)"),
        ((0, 0, [1, 100, 5, 40, 90], [200, 3, 5, 250, 160]), TILED, ""),
    ],
)
def test_the_words_name_the_narrowest_place(index: Any, output: Tensor, words: str) -> None:
    assert whereabouts(wrong(*index), output).words == words


def test_places_are_counted_with_their_shares() -> None:
    tiles, shards = whereabouts(wrong(0, 0, slice(48, 64)), HEIGHT).places
    assert (tiles.kind, tiles.wrong, tiles.total) == ("tile", 8, 32)
    assert tiles.names[0] == ("(1, 0)", 0.5)
    assert shards == Places("shard", 1, 4, (("1 (core 1,0)", 0.5),))


def test_tiles_have_the_indices_of_batches() -> None:
    output = Tensor((2, 1, 3, 33, 40), "BFLOAT16", "TILE")
    flags = wrong(1, 0, 2, 32, 39, shape=output.shape)
    assert whereabouts(flags, output).words == "in tile (1, 2, 1, 1)"
    (tiles,) = whereabouts(flags, output).places
    assert tiles == Places("tile", 1, 24, (("(1, 2, 1, 1)", 1 / 8),))


def test_tiles_of_other_sizes_and_rows_without_tiles() -> None:
    narrow = replace(TILED, tile=Tile(16, 16))
    assert whereabouts(wrong(0, 0, 20, 20), narrow).words == "in tile (1, 1)"
    assert whereabouts(wrong(0, 0, 20, 20), replace(TILED, layout="ROW_MAJOR")).words == ""
    assert (
        whereabouts(wrong(slice(3, 5), shape=(64,)), Tensor((64,), "BFLOAT16", "ROW_MAJOR")).words == "only columns 3-4"
    )
    assert whereabouts(wrong(1, slice(7), shape=(4, 8, 8)), None).words == "only position 1 of dimension 0"


def test_everything_and_a_scalar_have_no_place() -> None:
    assert whereabouts(np.ones((64, 64), np.bool_), TILED).words == ""
    assert whereabouts(np.ones((), np.bool_), Tensor((), "BFLOAT16", "TILE")).words == ""


def test_shards_cut_batches_that_are_padded_to_whole_tiles() -> None:
    output = replace(HEIGHT, shape=(1, 4, 20, 256))  # each batch takes 32 rows
    grid = shard_grid(output)
    assert grid is not None
    assert grid.cuts == ((0, 20, 40, 60), (0,))
    flat = shard_grid(replace(output, layout="ROW_MAJOR"))
    assert flat is not None
    assert flat.cuts == ((0, 32, 64), (0,))


def test_cores_get_shards_by_rows_or_by_columns() -> None:
    assert cores_in_order(cores(2, 2), "ROW_MAJOR") == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert cores_in_order(cores(2, 2), "COL_MAJOR") == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_shards_that_do_not_fit_their_cores_are_not_named() -> None:
    assert shard_grid(sharded("HEIGHT_SHARDED", cores(2), (32, 256))) is None
