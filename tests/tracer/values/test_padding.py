"""Padded shapes: those that follow from a tensor, and how the others are recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.errors import ConfigurationError
from tracer.schemas.reader import read_configuration
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, NdShardSpec, ShardSpec, Tensor, Tile, decode
from tracer.values.canonical import config_hash
from tracer.values.configuration import BrokenConfiguration, Configuration
from tracer.values.padding import joined, separated, usual_padding

GRID = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(1, 1)),))
BLOCKS = MemoryConfig("BLOCK_SHARDED", "L1", ShardSpec(GRID, (64, 64)))
ND = MemoryConfig("INTERLEAVED", "L1", None, NdShardSpec(GRID, (1, 16, 48)))


# as ttnn 0.66.0 and 0.81.1 allocate them
@pytest.mark.parametrize(
    ("shape", "layout", "tile", "memory", "padded"),
    [
        ((1, 32, 2, 64), "TILE", None, None, (1, 32, 32, 64)),
        ((3, 40, 5), "TILE", None, None, (3, 64, 32)),
        ((1, 1, 20, 40), "TILE", Tile(16, 32), None, (1, 1, 32, 64)),
        ((1, 1, 60, 100), "TILE", None, BLOCKS, (1, 1, 64, 128)),
        ((1, 0, 3), "TILE", None, None, (1, 0, 32)),
        ((40,), "TILE", None, None, (32, 64)),
        ((), "TILE", None, None, (32, 32)),
        ((2, 3), "ROW_MAJOR", None, None, (2, 3)),
        ((), "ROW_MAJOR", None, None, (1,)),
        ((2, 3, 10, 50), "ROW_MAJOR", None, BLOCKS, (2, 3, 10, 64)),
        ((2, 60, 100), "ROW_MAJOR", None, ND, (2, 60, 144)),
    ],
)
def test_the_padding_that_ttnn_gives_by_itself(
    shape: tuple[int, ...], layout: str, tile: Tile | None, memory: MemoryConfig | None, padded: tuple[int, ...]
) -> None:
    assert usual_padding(shape, layout, tile, memory) == padded
    assert Tensor(shape, "FLOAT32", layout, "DEVICE", memory, tile).with_padding(padded).padded is None


PADDED = Tensor((1, 32, 2, 64), "BFLOAT16", "TILE", padded=(1, 32, 32, 128))
PLAIN = Tensor((1, 32, 2, 64), "BFLOAT16", "TILE")


def test_unusual_padding_is_part_of_a_tensor() -> None:
    assert decode(PADDED.encode()) == PADDED
    assert PADDED.padded_shape == (1, 32, 32, 128)
    assert PLAIN.padded_shape == (1, 32, 32, 64)
    assert "padded=[1, 32, 32, 128]" in PADDED.show()
    assert "padded_shape" not in PLAIN.encode()


def test_a_master_keeps_padded_shapes_beside_the_arguments_and_out_of_their_config_hash() -> None:
    padded = Configuration("ttnn.concat", {"arg0": (PLAIN, PADDED), "dim": 3})
    plain = Configuration("ttnn.concat", {"arg0": (PLAIN, PLAIN), "dim": 3})
    assert padded.padded_shapes == {"arg0[1]": [1, 32, 32, 128]}
    assert padded.written_arguments == plain.written_arguments == plain.encoded
    assert padded.config_hash == plain.config_hash == config_hash("ttnn.concat", plain.encoded, None)
    assert padded.content_hash != plain.content_hash
    file = {"arguments": padded.written_arguments, "padded_shapes": padded.padded_shapes}
    again = read_configuration("ttnn.concat", 0, file)
    assert isinstance(again, Configuration)
    assert again.content_hash == padded.content_hash
    assert again.raw == padded.written_arguments
    assert again.padded_shapes == padded.padded_shapes


def test_padded_shapes_come_back_at_any_depth() -> None:
    arguments = {"a": PADDED.encode(), "b": [{"type": "X", "value": {"c": [PLAIN.encode(), PADDED.encode()]}}]}
    without, shapes = separated(arguments)
    assert shapes == {"a": [1, 32, 32, 128], "b[0].value.c[1]": [1, 32, 32, 128]}
    assert "padded_shape" not in str(without)
    assert joined(without, shapes) == arguments


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([1], "padded_shapes must be an object"),
        ({"arg0": "?"}, "padded_shapes.arg0"),
        ({"arg7": [32, 32]}, "no tensor at arg7"),
    ],
)
def test_padded_shapes_that_fit_no_tensor_are_refused(shapes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        joined({"arg0": PLAIN.encode()}, shapes)
    broken = read_configuration("ttnn.relu", 0, {"arguments": {"arg0": PLAIN.encode()}, "padded_shapes": shapes})
    assert isinstance(broken, BrokenConfiguration)
    assert message.split(" at ", maxsplit=1)[0] in broken.message
