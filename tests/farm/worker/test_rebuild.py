"""Rebuilding on a real mock mesh: a rebuilt value, described again, equals the traced one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracer.values import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    MemoryConfig,
    NdShardSpec,
    Placement,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
)

pytestmark = pytest.mark.ttnn
FLOATS = ["BFLOAT16", "FLOAT32", "BFLOAT8_B", "BFLOAT4_B"]
INTEGERS = ["UINT32", "INT32", "UINT16", "UINT8"]
FULL = Placement((1, 2), (1, 2), (None, None))


@pytest.fixture(scope="module")
def rebuilder(mock_mesh: Any) -> Any:
    from tracer.values.live import Rebuilder

    return Rebuilder(mock_mesh)


def grids(cores: int) -> CoreRangeSet:
    """A rectangle, or two, of so many cores of an 8 x 8 grid."""
    rows, rest = divmod(cores, 8)
    ranges = [CoreRange(CoreCoord(0, 0), CoreCoord(7, rows - 1))] if rows else []
    if rest:
        ranges.append(CoreRange(CoreCoord(0, rows), CoreCoord(rest - 1, rows)))
    return CoreRangeSet(tuple(ranges))


@st.composite
def device_tensors(draw: st.DrawFn) -> Tensor:
    """Tensors that fit: interleaved anywhere, or sharded over real cores with shards that cover them."""
    layout = draw(st.sampled_from(["TILE", "ROW_MAJOR"]))
    dtype = draw(st.sampled_from(FLOATS + INTEGERS if layout == "TILE" else ["BFLOAT16", "FLOAT32", "UINT32", "INT32"]))
    kind = draw(st.sampled_from(["INTERLEAVED", "HEIGHT_SHARDED", "WIDTH_SHARDED"]))
    cores, tiles = draw(st.integers(1, 64)), draw(st.integers(1, 3))
    if kind == "INTERLEAVED":
        shape = (
            *draw(st.lists(st.integers(1, 3), max_size=2)),
            draw(st.integers(1, 100)),
            draw(st.integers(1, 50)) * 2,
        )
        return Tensor(
            shape, dtype, layout, memory=MemoryConfig(buffer=draw(st.sampled_from(["DRAM", "L1"]))), placement=FULL
        )
    orientation = draw(st.sampled_from(["ROW_MAJOR", "COL_MAJOR"]))
    shard = (32 * tiles, 64)
    shape = (1, 1, shard[0] * cores, 64) if kind == "HEIGHT_SHARDED" else (1, 1, shard[0], 64 * cores)
    spec = ShardSpec(grids(cores), shard, orientation)
    return Tensor(shape, dtype, layout, memory=MemoryConfig(kind, "L1", spec), placement=FULL)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traced=device_tensors())
def test_a_device_tensor_comes_back_equal(rebuilder: Any, traced: Tensor) -> None:
    from tracer.values import describe

    assert describe(rebuilder.live(traced)) == traced


@pytest.mark.parametrize("layout", ["TILE", "ROW_MAJOR"])
@pytest.mark.parametrize("dtype", ["BFLOAT16", "FLOAT32", "UINT32", "BFLOAT8_B"])
def test_a_host_tensor_comes_back_equal(rebuilder: Any, dtype: str, layout: str) -> None:
    from tracer.values import describe

    if dtype == "BFLOAT8_B" and layout == "ROW_MAJOR":
        pytest.skip("ttnn has no row-major bfloat8_b")
    rebuilt = describe(rebuilder.live(Tensor((1, 3, 32, 64), dtype, layout, "HOST", None)))
    assert (rebuilt.shape, rebuilt.dtype, rebuilt.layout, rebuilt.storage) == ((1, 3, 32, 64), dtype, layout, "HOST")  # type: ignore[union-attr]


def test_a_field_that_this_ttnn_lacks_is_left_out_or_refused(rebuilder: Any) -> None:
    from tracer.errors import RebuildError
    from tracer.values import describe

    name = "MatmulMultiCoreReuseProgramConfig"
    fields = {"in0_block_w": 1, "out_subblock_h": 1, "out_subblock_w": 1, "per_core_M": 1, "per_core_N": 1}
    grid = ("compute_with_storage_grid_size", CoreCoord(8, 7))
    config = Struct(name, (*fields.items(), grid, ("allowed_worker_cores", None)))
    built, left_out = rebuilder.live(config), [each.name for each in rebuilder.left_out((config,))]
    if hasattr(built, "allowed_worker_cores"):  # 0.66.0 does not
        assert left_out == []
        assert describe(built) == config
    else:
        assert left_out == ["allowed_worker_cores"]
        assert describe(built) == Struct(name, (*fields.items(), grid))
        with pytest.raises(RebuildError, match="has no field allowed_worker_cores"):
            rebuilder.live(Struct(name, (*fields.items(), grid, ("allowed_worker_cores", grids(8)))))
    with pytest.raises(RebuildError, match="has no field invented"):
        rebuilder.live(Struct(name, (*fields.items(), grid, ("invented", None))))


def test_tiles_and_nd_shards_come_back_equal(rebuilder: Any) -> None:
    from tracer.values import describe

    nd_shard = NdShardSpec(grids(4), (1, 32, 64))
    nd_memory = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(grids(4), (32, 64)), nd_shard)
    for traced in (
        Tensor((1, 1, 32, 64), "BFLOAT16", "TILE", tile=Tile(16, 32), placement=FULL),
        Tensor((4, 32, 64), "BFLOAT16", "TILE", memory=nd_memory, placement=FULL),
    ):
        rebuilt = describe(rebuilder.live(traced))
        assert isinstance(rebuilt, Tensor)
        assert (rebuilt.shape, rebuilt.tile, rebuilt.placement) == (traced.shape, traced.tile, FULL)
        if traced.memory is not None and traced.memory.nd_shard_spec is not None:
            assert rebuilt.memory is not None
            assert rebuilt.memory.nd_shard_spec == nd_shard


# how a model spreads a tensor over two chips, by distribution shape and dimension that is sharded
SPREADS: list[tuple[tuple[int, ...], tuple[int | None, ...]]] = [
    ((2,), (None,)),
    ((1, 2), (None, None)),
    ((2,), (0,)),
    ((2,), (2,)),
    ((2,), (3,)),
    ((2,), (-1,)),
    ((1, 2), (None, 3)),
    ((1, 2), (1, 2)),
    ((2, 1), (3, None)),
    ((2, 1, 1), (0, None, None)),
]


@pytest.mark.parametrize("tiled_first", [False, True])
@pytest.mark.parametrize("dtype", ["BFLOAT16", "BFLOAT8_B", "FLOAT32", "INT32"])
@pytest.mark.parametrize(("distribution", "dims"), SPREADS)
def test_a_tensor_over_two_chips_comes_back_spread_and_padded_alike(
    mock_mesh: Any,
    rebuilder: Any,
    distribution: tuple[int, ...],
    dims: tuple[int | None, ...],
    dtype: str,
    *,
    tiled_first: bool,
) -> None:
    ttnn = pytest.importorskip("ttnn")
    from tracer.values import describe
    from tracer.values.live import Rebuilder, numpy_dtype

    parts = [ttnn.PlacementReplicate() if dim is None else ttnn.PlacementShard(dim) for dim in dims]
    config = ttnn.MeshMapperConfig(parts, ttnn.MeshShape(distribution))
    mapper = ttnn.create_mesh_mapper(mock_mesh, config)
    placement = Placement((1, 2), distribution, dims)
    array = np.zeros(placement.whole_shape((2, 6, 2, 24)), numpy_dtype(dtype))
    made = ttnn.float32 if dtype == "BFLOAT16" else getattr(ttnn.DataType, dtype)
    host = ttnn.Tensor(array, made, layout=ttnn.TILE_LAYOUT, mesh_mapper=None if tiled_first else mapper)
    if dtype == "BFLOAT16":
        host = ttnn.to_dtype(host, ttnn.bfloat16)
    if tiled_first:  # then its parts keep the padding of the whole
        host = ttnn.distribute_tensor(host, mapper)

    def zeros(tensor: Tensor, spread: Placement | None) -> Any:
        shape = tensor.shape if spread is None else spread.whole_shape(tensor.shape)
        return np.zeros(shape, numpy_dtype(tensor.dtype))

    for traced in (host, ttnn.to_device(host, mock_mesh)):
        value = describe(traced)
        assert isinstance(value, Tensor)
        assert value.placement == placement
        assert value.padded_shape == tuple(traced.padded_shape)
        for each in (rebuilder, Rebuilder(mock_mesh, zeros)):
            live = each.live(value)
            assert describe(live) == value
            assert tuple(live.padded_shape) == tuple(traced.padded_shape)


def test_another_distribution_or_padding_is_another_tensor(mock_mesh: Any) -> None:
    traced = Tensor((1, 32, 2, 64), "BFLOAT16", "TILE", placement=Placement((1, 2), (2,), (3,)))
    assert traced.is_rebuilt_as(traced, mock_mesh)
    assert not traced.is_rebuilt_as(traced.with_padding((1, 32, 32, 128)), mock_mesh)
    for other in (Placement((1, 2), (1, 2), (None, 3)), Placement((1, 2), (2,), (None,)), None):
        assert not traced.is_rebuilt_as(replace(traced, placement=other), mock_mesh)


@pytest.mark.parametrize("dims", [(3,), (-4,)])
def test_a_dimension_that_is_cut_may_be_gone(mock_mesh: Any, dims: tuple[int, ...]) -> None:
    """As after ttnn.embedding with a table of four dimensions that is cut along its last."""
    from tracer.values import describe
    from tracer.values.live import Rebuilder

    def zeros(tensor: Tensor, spread: Placement | None) -> Any:
        assert spread is not None
        return np.zeros(spread.whole_shape(tensor.shape), np.float32)

    for padded in (None, (2, 32, 128)):
        traced = Tensor((2, 20, 64), "BFLOAT16", "TILE", placement=Placement((1, 2), (2,), dims), padded=padded)
        for each in (Rebuilder(mock_mesh), Rebuilder(mock_mesh, zeros)):
            assert describe(each.live(traced)) == traced


def test_a_placement_that_ttnn_makes_no_tensor_of_is_refused(mock_mesh: Any) -> None:
    from tracer.errors import RebuildError
    from tracer.values.live import Rebuilder

    twice = Placement((1, 2), (1, 2), (3, 3))
    with pytest.raises(RebuildError, match="can't make Tensor"):
        Rebuilder(mock_mesh).live(Tensor((1, 32, 2, 64), "BFLOAT16", "TILE", "HOST", placement=twice))


@pytest.mark.parametrize(
    "value",
    [
        Shape((1, 2, 3)),
        EnumMember("DataType", "BFLOAT8_B"),
        EnumMember("MathFidelity", "HiFi2"),
        CoreCoord(3, 4),
        grids(11),
        MemoryConfig("BLOCK_SHARDED", "L1", ShardSpec(grids(16), (32, 32), "COL_MAJOR")),
        (1, 2.5, True, None, "text"),
    ],
)
def test_plain_values_come_back_equal(rebuilder: Any, value: Any) -> None:
    from tracer.values import describe

    assert describe(rebuilder.live(value)) == value


def test_structs_come_back_equal(rebuilder: Any, mock_mesh: Any) -> None:
    import ttnn

    from tracer.values import describe

    configs = [
        ttnn.WormholeComputeKernelConfig(math_fidelity=ttnn.MathFidelity.HiFi2, packer_l1_acc=True),
        ttnn.SDPAProgramConfig(compute_with_storage_grid_size=(8, 8), q_chunk_size=64, k_chunk_size=64),
        ttnn.LayerNormShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=(8, 4), subblock_w=4, block_h=1, block_w=4, inplace=False
        ),
        ttnn.MatmulMultiCoreReuseMultiCast1DProgramConfig(
            compute_with_storage_grid_size=(8, 4),
            in0_block_w=2,
            out_subblock_h=1,
            out_subblock_w=4,
            per_core_M=1,
            per_core_N=4,
            fuse_batch=True,
            fused_activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, 1.0),
            mcast_in0=True,
        ),
        ttnn.Conv2dConfig(weights_dtype=ttnn.bfloat8_b, shard_layout=ttnn.TensorMemoryLayout.HEIGHT_SHARDED),
        ttnn.Op2DSliceConfig(slice_type=ttnn.Conv2dDRAMSliceHeight, num_slices=2),
        slice(1, 7, 2),
    ]
    for config in configs:
        traced = describe(config)
        assert isinstance(traced, Struct)
        assert describe(rebuilder.live(traced)) == traced


def test_handles_are_the_open_device_and_new_semaphores(rebuilder: Any, mock_mesh: Any) -> None:
    assert rebuilder.live(Handle("MeshDevice")) is mock_mesh
    assert type(rebuilder.live(Handle("GlobalSemaphore"))).__name__ == "global_semaphore"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Lost("{...}", "Topology"), "lost in the trace"),
        (Struct("NoSuchProgramConfig", ()), "no class NoSuchProgramConfig"),
        (EnumMember("DataType", "FLOAT7"), "no member FLOAT7"),
        (Struct("SDPAProgramConfig", (("no_such_field", 1),)), "SDPAProgramConfig"),
        (Handle("MeshSocket"), "MeshSocket"),
    ],
)
def test_a_value_that_cannot_be_rebuilt_is_named(rebuilder: Any, value: Any, message: str) -> None:
    from tracer.errors import RebuildError

    with pytest.raises(RebuildError, match=message):
        rebuilder.live(value)


def test_a_difference_is_noticed() -> None:
    one = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(grids(16), (32, 32)))
    turned = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(grids(16), (32, 32), "COL_MAJOR"))
    split = ShardSpec(
        CoreRangeSet(tuple(CoreRange(CoreCoord(x, y), CoreCoord(x, y)) for x in range(8) for y in range(2))), (32, 32)
    )
    assert one.places_like(MemoryConfig("HEIGHT_SHARDED", "L1", split)), "the same cores, described differently"
    assert not one.places_like(turned)
    assert not one.places_like(MemoryConfig("HEIGHT_SHARDED", "L1"))
    assert not one.places_like(MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(grids(15), (32, 32))))
