"""Hypothesis strategies for typed values, in the normal form that `tracer.values.base` describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

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
    describe,
)
from tracer.values.registry import FIRST_TYPES, TYPES

EVERY_TYPE = (*FIRST_TYPES, *TYPES)
"""Every value type; one without a strategy is an error."""

sizes = st.integers(0, 2**32 - 1)
shapes = st.lists(sizes, max_size=5).map(tuple)
members = st.from_regex(r"[A-Z][A-Z0-9_]{0,12}", fullmatch=True)
classes = st.sampled_from(
    [
        "SDPAProgramConfig", "Conv2dConfig", "UnaryWithParam", "a b", "set", "Shape", "ttnn.Tensor", "slice",
        "WormholeComputeKernelConfig", "MatmulMultiCoreReuseMultiCast1DProgramConfig", "torch.dtype", "MeshDevice", "",
    ]
) | st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True)  # fmt: skip
keys = st.sampled_from(
    [
        "compute_with_storage_grid_size", "compute_grid", "core_grid", "fuse_batch", "fused_activation", "activation",
        "hop_cores", "in0_block_w", "math_fidelity", "op_type", "param", "type", "value", "fields", "memory_layout",
        "0", "1",
    ]
) | st.text(max_size=4)  # fmt: skip

cores = st.builds(CoreCoord, st.integers(0, 20), st.integers(0, 20))
core_ranges = st.builds(CoreRange, cores, cores)
core_range_sets = st.builds(CoreRangeSet, st.lists(core_ranges, max_size=3).map(tuple))
pairs = st.tuples(sizes, sizes)
shard_specs = st.builds(ShardSpec, core_range_sets, pairs, st.sampled_from(["ROW_MAJOR", "COL_MAJOR"]))
nd_shard_specs = st.builds(NdShardSpec, core_range_sets, shapes, st.sampled_from(["ROW_MAJOR", "COL_MAJOR"]), members)
memory_configs = st.builds(
    MemoryConfig,
    st.sampled_from(["INTERLEAVED", "HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED", "ND_SHARDED"]),
    st.sampled_from(["DRAM", "L1", "L1_SMALL"]),
    st.none() | shard_specs,
    st.none() | nd_shard_specs,
)
tiles = st.builds(Tile, sizes, sizes, st.booleans(), st.booleans())
meshes = st.lists(st.integers(1, 8), min_size=1, max_size=3).map(tuple).filter(lambda mesh: any(n > 1 for n in mesh))
placements = st.builds(
    Placement,
    meshes,
    st.lists(st.integers(1, 32), max_size=3).map(tuple),
    st.lists(st.none() | st.integers(-4, 4), max_size=3).map(tuple),
)
tensors = st.builds(
    Tensor,
    shapes,
    members,
    st.sampled_from(["TILE", "ROW_MAJOR", ""]),
    st.sampled_from(["DEVICE", "HOST", ""]),
    st.none() | memory_configs,
    st.none() | tiles.filter(lambda tile: tile != Tile()),
    st.none() | placements,
)
tensors = st.one_of(tensors, st.builds(Tensor.with_padding, tensors, shapes.filter(len)))
numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()
texts = st.text(max_size=8) | st.sampled_from(["inf", "-inf", "nan", "nullopt", "DataType::BFLOAT16", "[1, 2]"])
Strategy = st.SearchStrategy[Value]
LEAVES: dict[type[TypedValue], Strategy] = {
    EnumMember: st.builds(
        EnumMember, classes | st.sampled_from(["DataType", "UnaryOpType"]), members | st.text(max_size=5)
    ),
    Shape: st.builds(Shape, shapes),
    CoreCoord: cores,
    CoreRange: core_ranges,
    CoreRangeSet: core_range_sets,
    CoreGrid: st.builds(CoreGrid, sizes, sizes),
    ShardSpec: shard_specs,
    NdShardSpec: nd_shard_specs,
    MemoryConfig: memory_configs,
    Tile: tiles,
    Placement: placements,
    Tensor: tensors,
    TorchTensor: st.builds(TorchTensor, shapes, st.sampled_from(["float32", "bfloat16", "int64"])),
    Handle: st.builds(Handle, st.sampled_from(["MeshDevice", "GlobalSemaphore", "MeshSocket"])),
    Lost: st.builds(Lost, st.text(max_size=20), classes),
}
"""Values of each type that hold none of any type."""


def _pairs(keys: st.SearchStrategy[Any], inner: Strategy) -> st.SearchStrategy[tuple[tuple[Any, Value], ...]]:
    return st.lists(st.tuples(keys, inner), max_size=4).map(tuple)


HOLDERS: dict[type[TypedValue], Callable[[Strategy], Strategy]] = {
    Mapping: lambda inner: st.builds(Mapping, _pairs(keys | inner, inner)),
    ValueSet: lambda inner: st.lists(inner, max_size=3).map(ValueSet.of),
    Struct: lambda inner: st.builds(Struct, classes, _pairs(keys, inner)),
}
"""Values of each type that hold values of any type."""

leaves: Strategy = st.one_of(st.none(), numbers, texts, *(LEAVES[each] for each in EVERY_TYPE if each not in HOLDERS))


def _nested(inner: Strategy) -> Strategy:
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(some, *(HOLDERS[each](inner) for each in EVERY_TYPE if each in HOLDERS))


python_objects = (
    st.binary(max_size=6) | st.complex_numbers(allow_nan=False) | st.just(...) | st.sets(st.integers(0, 9), max_size=3)
).map(describe)
compute_configs = st.builds(
    lambda flags, fidelity: Struct(
        "WormholeComputeKernelConfig",
        (
            *zip(("dst_full_sync_en", "fp32_dest_acc_en", "math_approx_mode", "packer_l1_acc"), flags, strict=True),
            ("math_fidelity", EnumMember("MathFidelity", fidelity)),
            ("throttle_level", EnumMember("ThrottleLevel", "NO_THROTTLE")),
        ),
    ),
    st.tuples(*[st.booleans()] * 4),
    st.sampled_from(["LoFi", "HiFi2", "HiFi4"]),
)
activations = st.builds(
    lambda name, parameters: Struct(
        "UnaryWithParam", (("op_type", EnumMember("UnaryOpType", name)), ("param", parameters))
    ),
    members,
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=2).map(tuple),
)
matmul_configs = st.builds(
    lambda grid, hops, activation, blocks, batch: Struct(
        "MatmulMultiCoreReuseMultiCast1DProgramConfig",
        (
            ("compute_with_storage_grid_size", grid),
            ("fuse_batch", batch),
            ("fused_activation", activation),
            ("hop_cores", hops),
            ("in0_block_w", blocks),
        ),
    ),
    cores,
    core_range_sets,
    st.none() | activations,
    sizes,
    st.booleans(),
)
# the same classes and fields, with anything in them
misfits = st.builds(
    lambda config, key, value: Struct(config.type, ((key, value), *((k, v) for k, v in config.fields if k != key))),
    compute_configs | matmul_configs | activations,
    st.sampled_from(
        ["packer_l1_acc", "math_fidelity", "hop_cores", "fused_activation", "in0_block_w", "op_type", "param"]
    ),
    leaves | activations,
)
values: Strategy = st.one_of(
    *(st.recursive(leaves, _nested, max_leaves=6), python_objects),
    *(compute_configs, matmul_configs, activations, misfits),
)
CORES = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(3, 1)),))
EXAMPLES: tuple[TypedValue, ...] = (
    EnumMember("DataType", "BFLOAT16"),
    Shape((1, 32)),
    CoreCoord(1, 2),
    CoreRange(CoreCoord(0, 0), CoreCoord(3, 1)),
    CORES,
    CoreGrid(8, 7),
    ShardSpec(CORES, (32, 64)),
    NdShardSpec(CORES, (1, 32, 64)),
    MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(CORES, (32, 64))),
    Tile(16, 32),
    Placement((1, 2), (2,), (3,)),
    Tensor((1, 32), "BFLOAT16", "TILE"),
    TorchTensor((1, 32), "float32"),
    Mapping((("a", 1),)),
    ValueSet.of((Struct("MeshCoordinate", (("coords", (0, 1)),)), 3)),
    Handle("MeshDevice"),
    Lost("{...}", "std::vector<float>"),
    Struct("SDPAProgramConfig", (("q_chunk_size", 32),)),
)
"""One value of each type."""

operations = st.sampled_from(["ttnn.add", "ttnn.matmul", "ttnn.transformer.scaled_dot_product_attention"])
arguments = st.dictionaries(
    st.integers(0, 12).map(lambda position: f"arg{position}") | st.sampled_from(["bias", "memory_config", "dtype"]),
    values,
    max_size=4,
)
