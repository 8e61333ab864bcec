"""Live objects of every value type: captured, written, read, rebuilt, and captured equal."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracer.values.strategies import EVERY_TYPE
from tracer.values import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    NdShardSpec,
    Placement,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    TorchTensor,
    TypedValue,
    Value,
    ValueSet,
    decode,
    describe,
    encode,
)

pytestmark = pytest.mark.ttnn
Strategy = st.SearchStrategy[Value]

_sides = st.sampled_from([32, 64, 96])
_orientations = st.sampled_from(["ROW_MAJOR", "COL_MAJOR"])
_sharded = st.sampled_from(["HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED"])
_dims = st.lists(st.integers(1, 70), min_size=1, max_size=4).map(tuple)
_cores = st.builds(CoreCoord, st.integers(0, 7), st.integers(0, 6))
_one_range = st.builds(
    lambda x, y: CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(x, y)),)), st.integers(0, 6), st.integers(0, 6)
)
_grids = st.just(CoreRangeSet(())) | _one_range
_shards = st.builds(ShardSpec, _one_range, st.tuples(_sides, _sides), _orientations)
_nd_shards = st.builds(NdShardSpec, _one_range, st.tuples(st.just(1), _sides, _sides), _orientations)
_interleaved = st.builds(MemoryConfig, st.just("INTERLEAVED"), st.sampled_from(["DRAM", "L1"]))
_memories = _interleaved | st.builds(MemoryConfig, _sharded, st.just("L1"), st.none() | _shards)
_tiles = st.builds(Tile, st.sampled_from([16, 32]), st.just(32))
_placements = st.sampled_from([Placement((1, 2), (2,), (None,)), Placement((1, 2), (1, 2), (None, 0))])
_tensors = st.builds(
    *(Tensor, _dims, st.sampled_from(["BFLOAT16", "FLOAT32", "UINT32", "BFLOAT8_B"]), st.just("TILE")),
    *(st.just("DEVICE"), _interleaved, st.none(), _placements),
)
_members = st.sampled_from(
    [
        EnumMember("DataType", "BFLOAT16"),
        EnumMember("UnaryOpType", "GELU"),
        EnumMember("Op2DSliceConfig.SliceTypeEnum", "DRAMSliceWidth"),
    ]
)
_coordinates = st.builds(
    lambda row, column: Struct("MeshCoordinate", (("coords", (row, column)),)), st.integers(0, 3), st.integers(0, 3)
)
_plain = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False) | st.text(max_size=4)
_hashable = _plain | _coordinates | st.tuples(st.integers(0, 3), st.integers(0, 3))
LIVE: dict[type[TypedValue], Strategy | None] = {
    EnumMember: _members,
    Shape: st.builds(Shape, _dims | st.just(())),
    CoreCoord: _cores,
    CoreRange: st.builds(CoreRange, st.just(CoreCoord(0, 0)), _cores),
    CoreRangeSet: _grids,
    CoreGrid: st.builds(CoreGrid, st.integers(1, 8), st.integers(1, 7)),
    ShardSpec: _shards,
    NdShardSpec: _nd_shards,
    MemoryConfig: _memories,
    Tile: _tiles,
    Tensor: _tensors,
    TorchTensor: st.builds(TorchTensor, _dims, st.sampled_from(["float32", "bfloat16", "int64"])),
    Mapping: st.dictionaries(_hashable, _plain | _memories, max_size=3).map(lambda each: Mapping(tuple(each.items()))),
    ValueSet: st.lists(_coordinates | _plain, max_size=3).map(ValueSet.of),
    Handle: st.sampled_from([Handle("MeshDevice"), Handle("GlobalSemaphore")]),
    Struct: st.one_of(
        _coordinates,
        st.builds(lambda dim: Struct("PlacementShard", (("dim", dim),)), st.integers(-4, 3)),
        st.builds(
            lambda grid, orientation: Struct(
                "ParallelConfig",
                (
                    ("grid", grid),
                    ("shard_orientation", EnumMember("ShardOrientation", orientation)),
                    ("shard_scheme", EnumMember("TensorMemoryLayout", "BLOCK_SHARDED")),
                ),
            ),
            _grids,
            _orientations,
        ),
        st.binary(max_size=4).map(describe),
        st.slices(9).map(describe),
    ),
    Placement: None,  # part of a tensor
    Lost: None,
}
"""Values of which live objects can be made, of each type; None for those that have no object."""

_makeable = [
    each
    for kind, each in LIVE.items()
    if each is not None and (kind is not TorchTensor or find_spec("torch") is not None)
]
values = st.recursive(
    st.one_of(_plain, *_makeable),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=3,
)


def test_it_is_known_of_every_type_what_objects_it_has() -> None:
    assert LIVE.keys() == set(EVERY_TYPE)


def test_what_is_captured_is_rebuilt_and_captured_equal(mock_mesh: Any) -> None:
    from tracer.values.live import Rebuilder

    rebuilder = Rebuilder(mock_mesh)

    @settings(derandomize=True, max_examples=150, suppress_health_check=list(HealthCheck))
    @given(values)
    def check(value: Value) -> None:
        live = rebuilder.live(value)
        captured = describe(live)
        text = json.dumps(encode(captured), sort_keys=True)
        again = describe(rebuilder.live(decode(json.loads(text))))
        assert json.dumps(encode(again), sort_keys=True) == text
        assert again == captured == value

    check()
