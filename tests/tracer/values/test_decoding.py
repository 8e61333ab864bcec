"""Version 2's JSON in all of tt-metal's spellings; JSON that can't be read is a named error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.values.examples import FIRST, GRID, MATMUL, PRINTED_SPEC, SHARDED, STARTS_AND_ENDS
from tracer.errors import ConfigurationError
from tracer.values import (
    CoreCoord,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    NdShardSpec,
    Placement,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    Value,
    ValueSet,
    decode,
    encode,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"type": "DataType", "repr": "DataType.BFLOAT16"}, EnumMember("DataType", "BFLOAT16")),
        ({"type": "DataType", "value": "DataType::BFLOAT16"}, EnumMember("DataType", "BFLOAT16")),
        ({"type": "CoreCoord", "value": "1-2"}, CoreCoord(1, 2)),
        ({"type": "ShardSpec", "value": PRINTED_SPEC}, SHARDED.shard_spec),
        ({"type": "float32", "value": "1.5"}, 1.5),
        (
            {"type": "slice", "value": "slice(0, 32, None)"},
            Struct("slice", (("start", 0), ("step", None), ("stop", 32))),
        ),
        (
            {"type": "set", "value": "{MeshCoordinate([2, 3])}"},
            ValueSet((Struct("MeshCoordinate", (("coords", (2, 3)),)),)),
        ),
        (
            {"type": "MeshDevice", "repr": "MeshDevice(4x8 grid, 32 devices)", "shape": [4, 8], "device_ids": [0]},
            Handle("MeshDevice"),
        ),
        (
            {"type": "global_semaphore", "value": "<ttnn._ttnn.global_semaphore.global_semaphore object at 0x7f>"},
            Handle("GlobalSemaphore"),
        ),
        (
            {"type": "WhatEver", "value": "<ttnn._ttnn.WhatEver object at 0x7eff8c804f30>"},
            Lost("<ttnn._ttnn.WhatEver object>", "WhatEver"),
        ),
        (
            {"type": "SDPAProgramConfig", "value": "SDPAProgramConfig(compute_with_storage_grid_size=6-8)"},
            Struct("SDPAProgramConfig", (("compute_with_storage_grid_size", CoreCoord(6, 8)),)),
        ),
        (
            {
                "type": "Conv2dConfig",
                "value": "Conv2dConfig(weights_dtype=std::nullopt,deallocate_activation=1,"
                "core_grid={[(x=0,y=0) - (x=7,y=6)]})",
            },
            Struct(
                "Conv2dConfig",
                (("core_grid", CoreRangeSet((FIRST,))), ("deallocate_activation", True), ("weights_dtype", None)),
            ),
        ),
        (
            {"in0_block_w": 1, "per_core_M": 2, "fused_activation": None},
            Struct(
                "MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig",
                (("fused_activation", None), ("in0_block_w", 1), ("per_core_M", 2)),
            ),
        ),
        (
            {
                "in0_block_w": 1,
                "compute_with_storage_grid_size": {"x": 8, "y": 4},
                "mcast_in0": 1,
                "hop_cores": STARTS_AND_ENDS,
            },
            Struct(
                MATMUL,
                (
                    ("compute_with_storage_grid_size", CoreCoord(8, 4)),
                    ("hop_cores", GRID),
                    ("in0_block_w", 1),
                    ("mcast_in0", True),
                ),
            ),
        ),
        ({"type": "set", "value": "{(x=3,y=1), (x=0,y=1)}"}, ValueSet((CoreCoord(0, 1), CoreCoord(3, 1)))),
        ({"type": "set", "value": "{3-1, 0-1}"}, ValueSet((CoreCoord(0, 1), CoreCoord(3, 1)))),
        ({"type": "set", "value": "{[(x=0,y=0) - (x=7,y=6)]}"}, ValueSet((FIRST,))),
        ({"type": "frozenset", "value": "frozenset({'b', 'a'})"}, ValueSet(("a", "b"))),
        ({"type": "set", "value": "set()"}, ValueSet(())),
        ({"type": "CoreRangeSet", "value": "{[0-0 - 7-6], [0-7 - 3-7]}"}, GRID),
        ({"type": "CoreRange", "value": "[0-0 - 7-6]"}, FIRST),
        (
            {"type": "SoftmaxDefaultProgramConfig", "value": "<ttnn._ttnn.SoftmaxDefaultProgramConfig object at 0x7>"},
            Struct("SoftmaxDefaultProgramConfig", ()),
        ),
        ({"type": "Tile", "value": "Tile with shape: [16, 32]"}, Tile(16, 32)),
        ({"type": "bytes", "value": "b'a\\x00'"}, Struct("bytes", (("hex", "6100"),))),
        ({"type": "complex", "value": "(1+2j)"}, Struct("complex", (("imag", 2.0), ("real", 1.0)))),
        ({"type": "ellipsis", "value": "Ellipsis"}, Struct("ellipsis", ())),
        ({"type": "range", "value": "range(0, 6, 2)"}, (0, 2, 4)),
        ({"type": "range", "value": "range(0, 10000000000)"}, Lost("range(0, 10000000000)", "builtins.range")),
        ({"type": "Size", "value": "torch.Size([1, 2])"}, (1, 2)),
        ({"type": "PosixPath", "value": "/a/b c"}, "/a/b c"),
        ({"type": "PosixPath", "value": "PosixPath('/a/b')"}, "/a/b"),
        ({"type": "float64", "value": "np.float64(1.5)"}, 1.5),
        ({"b": 1, "a": [True, None]}, Mapping((("b", 1), ("a", (True, None))))),
    ],
)
def test_tt_metals_other_spellings_are_read(raw: Any, value: Value) -> None:
    read = decode(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "spec",
    [
        {"grid": STARTS_AND_ENDS, "shape": [224, 32], "orientation": "COL_MAJOR"},
        {
            "grid": [[{"x": 0, "y": 0}, {"x": 7, "y": 6}], [{"x": 0, "y": 7}, {"x": 3, "y": 7}]],
            "shape": "{224, 32}",
            "orientation": 1,
        },
        {
            "grid": "{[(x=0,y=0) - (x=7,y=6)], [(x=0,y=7) - (x=3,y=7)]}",
            "shard_shape": [224, 32],
            "orientation": "ShardOrientation.COL_MAJOR",
        },
        PRINTED_SPEC,
    ],
)
def test_every_spelling_of_a_shard_spec_is_the_same(spec: Any) -> None:
    raw = {
        "memory_layout": "TensorMemoryLayout.HEIGHT_SHARDED",
        "buffer_type": "BufferType::L1",
        "shard_spec": spec,
        "hash": 5,
    }
    assert decode(raw) == SHARDED


def test_a_grid_of_two_corners_is_one_range() -> None:
    raw = {"memory_layout": "HEIGHT_SHARDED", "buffer_type": "L1"}
    spec = {"grid": [{"x": 0, "y": 0}, {"x": 7, "y": 6}], "shape": [1, 2], "orientation": "ROW_MAJOR"}
    assert decode({**raw, "shard_spec": spec}) == MemoryConfig(
        "HEIGHT_SHARDED", "L1", ShardSpec(CoreRangeSet((FIRST,)), (1, 2))
    )


@pytest.mark.parametrize("none", [None, "None", "std::nullopt"])
def test_no_shard_spec_in_any_spelling(none: str | None) -> None:
    raw = {"memory_layout": "TensorMemoryLayout.WIDTH_SHARDED", "buffer_type": "BufferType.L1", "shard_spec": none}
    assert decode(raw) == MemoryConfig("WIDTH_SHARDED", "L1")


def test_a_raw_traces_tensor() -> None:
    raw = {
        "type": "ttnn.Tensor",
        "original_shape": [1, 2],
        "original_dtype": "ttnn.bfloat16",
        "layout": "ttnn.ROW_MAJOR_LAYOUT",
        "storage_type": "StorageType.HOST",
        "mesh_device": {
            "shape": [1, 2],
            "device_ids": [0, 1],
            "placements": ["PlacementShard(3)"],
            "distribution_shape": [2],
        },
    }
    host = Tensor((1, 2), "BFLOAT16", "ROW_MAJOR", "HOST", None, None, Placement((1, 2), (2,), (3,)))
    assert decode(raw) == host
    assert decode({**raw, "mesh_device": {"shape": [1, 1], "placements": ["PlacementReplicate"]}}) == Tensor(
        (1, 2), "BFLOAT16", "ROW_MAJOR", "HOST", None
    )


def test_an_unusual_tile_and_an_nd_shard_spec_are_kept() -> None:
    tensor = Tensor(
        (1, 16, 32),
        "BFLOAT16",
        "TILE",
        "DEVICE",
        MemoryConfig("ND_SHARDED", "L1", None, NdShardSpec(GRID, (1, 16, 32))),
        Tile(16, 32),
    )
    assert decode(encode(tensor)) == tensor


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"type": "ttnn.Tensor", "original_shape": [1, "2"], "original_dtype": "DataType.BFLOAT16"}, "original_shape"),
        ({"type": "ttnn.Tensor"}, "original_shape must be a list of ints, not None"),
        ({"type": "ttnn.Tensor", "original_shape": [1]}, "original_dtype"),
        ({"type": "ttnn.Tensor", "original_shape": [1], "original_dtype": "a b"}, "original_dtype"),
        ({"type": 5}, "'type' must be a class"),
        ({"type": "X", "value": 5}, "X must be printed"),
        ({"type": "X", "fields": [1]}, "fields of X"),
        ({"type": "dict", "items": 5}, "items of a dict"),
        ({"type": "X", "lost": None}, "lost must be text"),
        ({"memory_layout": "INTERLEAVED"}, "buffer_type"),
        ({"memory_layout": "HEIGHT_SHARDED", "buffer_type": "L1", "shard_spec": {"shape": [1, 2]}}, "grid"),
        (
            {
                "memory_layout": "HEIGHT_SHARDED",
                "buffer_type": "L1",
                "shard_spec": {"grid": STARTS_AND_ENDS, "shape": [1, 2, 3], "orientation": 0},
            },
            "two ints",
        ),
        (
            {
                "memory_layout": "HEIGHT_SHARDED",
                "buffer_type": "L1",
                "shard_spec": {"grid": STARTS_AND_ENDS, "shape": [1, 2], "orientation": 7},
            },
            "orientation",
        ),
    ],
)
def test_json_that_cannot_be_read_is_an_error_that_names_it(raw: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        decode(raw)


def test_nesting_has_an_end() -> None:
    raw: Any = 1
    for _ in range(200):
        raw = [raw]
    with pytest.raises(ConfigurationError, match="deep"):
        decode(raw)
    for _ in range(200):
        raw = {"type": "X", "fields": {"a": raw}}
    with pytest.raises(ConfigurationError, match="deep"):
        decode(raw)


json_keys = st.sampled_from(
    ["type", "value", "fields", "items", "lost", "memory_layout", "buffer_type", "original_shape"]
)
json_texts = st.sampled_from(
    ["ttnn.Tensor", "Tile", "ShardSpec", "DataType.X", "CoreGrid", "", "[1, 2]", "{...}", "A(b=1)"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | json_texts | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_keys | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_no_json_ends_in_any_other_error(raw: Any) -> None:
    with suppress(ConfigurationError):
        encode(decode(raw))
