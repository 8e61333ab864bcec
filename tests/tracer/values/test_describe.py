from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
    ValueSet,
    decode,
    describe,
    encode,
)
from tracer.values.keys import safe_keys

ON_ONE_CHIP = {
    "placement": "['PlacementReplicate', 'PlacementReplicate']",
    "distribution_shape": "[1, 1]",
    "mesh_device_shape": "[1, 1]",
}
CORES = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(3, 0)),))


class Colour(Enum):
    RED = 1


class Plain:
    """A builder of values that need no ttnn."""

    ttnn = device = None

    def live(self, value: Any) -> Any:
        if isinstance(value, TypedValue):
            return value.build(self)
        return list(map(self.live, value)) if isinstance(value, tuple) else value

    def member(self, enum: str, name: str) -> Any:
        raise NotImplementedError

    def find_class(self, name: str) -> Any:
        raise NotImplementedError

    def live_tensor(self, value: Any) -> Any:
        raise NotImplementedError


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


def test_plain_python() -> None:
    live = {"a": [1, 2.5, True, None], "b": ("x", range(2)), "c": slice(1, None)}
    assert describe(live) == Mapping(
        (
            ("a", (1, 2.5, True, None)),
            ("b", ("x", (0, 1))),
            ("c", Struct("slice", (("start", 1), ("stop", None), ("step", None)))),
        )
    )
    assert describe(Colour.RED) == EnumMember("Colour", "RED")
    assert describe(Path("a/b")) == "a/b"


class Mode(IntEnum):
    FAST = 3


class Grade(str, Enum):
    HIGH = "high"


@dataclass
class Options:
    rows: int
    columns: list[int | None]
    cache: dict[str, int] = field(default_factory=dict, init=False)


def test_python_s_own_objects_are_what_ttnn_takes_them_for() -> None:
    assert describe(Mode.FAST) == 3
    assert type(describe(Mode.FAST)) is int
    assert describe(Grade.HIGH) == "high"
    assert describe({3, 1, 2}) == describe(frozenset({2, 3, 1})) == ValueSet((1, 2, 3))
    assert describe((None, [None, 1])) == (None, (None, 1))
    assert describe(b"\x00a") == Struct("bytes", (("hex", "0061"),))
    assert describe(1 - 2j) == Struct("complex", (("imag", -2.0), ("real", 1.0)))
    assert describe((..., 0)) == (Struct("ellipsis", ()), 0)
    assert describe(Options(1, [2, None])) == Struct(f"{__name__}:Options", (("columns", (2, None)), ("rows", 1)))


def test_what_can_be_read_only_once_or_is_data_is_lost_by_name() -> None:
    numbers = (number for number in range(3))
    lost = describe(numbers)
    assert isinstance(lost, Lost)
    assert lost.type == "builtins.generator"
    assert list(numbers) == [0, 1, 2]
    assert describe(map(str, [1])) == Lost("<map object>", "builtins.map")
    assert describe(range(10**9)) == Lost("range(0, 1000000000)", "builtins.range")
    assert describe(bytes(10**6)) == Lost("1000000 bytes", "builtins.bytes")


@pytest.mark.parametrize(
    "value", [b"\x00a'", 1 - 2j, complex(-0.0, 0.0), ..., {"a": {(1, 2)}}, {(0, 1): [{1.5, None}]}]
)
def test_what_json_has_no_form_for_is_rebuilt_equal(value: Any) -> None:
    described = describe(value)
    assert decode(json.loads(json.dumps(encode(described)))) == described
    rebuilt = Plain().live(described)
    assert (rebuilt, repr(rebuilt)) == (value, repr(value))


def test_an_object_of_an_unknown_class_is_lost_without_its_address() -> None:
    assert describe(object()) == Lost("<object object>", "builtins.object")
    assert describe({1: 2}) == Mapping(((1, 2),))
    assert describe({"b": 1, "a": 2}) == describe({"a": 2, "b": 1})
    broken = describe(Broken())
    assert isinstance(broken, Lost)
    assert broken.left == "RuntimeError: no text"
    assert len(describe(type("Long", (), {"__repr__": lambda _: "x" * 9999})()).left) < 1000  # type: ignore[union-attr]


def test_arrays_and_torch_tensors() -> None:
    numpy = pytest.importorskip("numpy")
    assert describe(numpy.float32(1.5)) == 1.5
    assert type(describe(numpy.int64(3))) is int
    assert describe(numpy.array([1, 32])) == (1, 32)
    assert type(describe(numpy.bool_(1))) is bool
    assert describe(numpy.zeros((2, 3))) == Lost("array of shape (2, 3)", "numpy.ndarray")
    torch = pytest.importorskip("torch")
    assert describe(torch.zeros(2, 3, dtype=torch.bfloat16)) == TorchTensor((2, 3), "bfloat16")
    assert describe(torch.nn.Parameter(torch.zeros(4))) == TorchTensor((4,), "float32")
    assert describe(torch.zeros(2, 3).shape) == (2, 3)
    assert describe(torch.float32) == EnumMember("torch.dtype", "float32")


@pytest.fixture(scope="module")
def ttnn() -> Any:
    return pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")


@pytest.fixture(scope="module")
def row(ttnn: Any) -> Any:
    return ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(3, 0))])


@pytest.mark.ttnn
def test_specs_of_memory(ttnn: Any, row: Any) -> None:
    spec = ttnn.ShardSpec(row, [32, 64], ttnn.ShardOrientation.COL_MAJOR)
    height = ttnn.TensorMemoryLayout.HEIGHT_SHARDED
    assert describe(ttnn.DRAM_MEMORY_CONFIG) == MemoryConfig()
    assert describe(ttnn.MemoryConfig(height, ttnn.BufferType.L1, spec)) == MemoryConfig(
        "HEIGHT_SHARDED", "L1", ShardSpec(CORES, (32, 64), "COL_MAJOR")
    )
    assert describe(ttnn.MemoryConfig(height, ttnn.BufferType.L1)) == MemoryConfig("HEIGHT_SHARDED", "L1")
    nd_spec = ttnn.NdShardSpec([1, 32, 64], row)
    described = describe(ttnn.MemoryConfig(ttnn.BufferType.L1, nd_spec))
    assert isinstance(described, MemoryConfig)
    assert described.nd_shard_spec == describe(nd_spec) == NdShardSpec(CORES, (1, 32, 64))


@pytest.mark.ttnn
def test_small_objects(ttnn: Any, row: Any) -> None:
    from tracer.values.live import Rebuilder

    assert describe(row) == CORES
    assert describe(ttnn.CoreGrid(y=7, x=8)) == CoreGrid(x=8, y=7)
    assert describe(ttnn.Shape([1, 2, 3])) == Shape((1, 2, 3))
    assert describe(ttnn.Tile((16, 32))) == Tile(16, 32)
    assert describe(ttnn.bfloat8_b) == EnumMember("DataType", "BFLOAT8_B")
    assert describe(ttnn.MeshShape(1, 2)) == Struct("MeshShape", (("shape", (1, 2)),))
    mapper = ttnn.MeshMapperConfig([ttnn.PlacementReplicate(), ttnn.PlacementShard(3)], ttnn.MeshShape(1, 2))
    assert describe(mapper) == Struct(
        "MeshMapperConfig",
        (
            ("placements", (Struct("PlacementReplicate", ()), Struct("PlacementShard", (("dim", 3),)))),
            ("mesh_shape_override", Struct("MeshShape", (("shape", (1, 2)),))),
        ),
    )
    assert describe(ttnn.SubDeviceId(1)) == Struct("SubDeviceId", (("id", 1),))
    for live in (mapper, ttnn.MeshShape(1, 2), ttnn.MeshCoordinate(0, 1), ttnn.SubDeviceId(1), ttnn.PlacementShard(3)):
        rebuilt = Rebuilder(None).live(describe(live))
        assert (type(rebuilt), repr(rebuilt)) == (type(live), repr(live))


@pytest.mark.ttnn
def test_activations_keep_their_parameters(ttnn: Any) -> None:
    def unary(name: str, *parameters: float) -> Struct:
        return Struct("UnaryWithParam", (("op_type", EnumMember("UnaryOpType", name)), ("param", parameters)))

    assert describe(ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU)) == unary("RELU")
    assert describe(ttnn.UnaryWithParam(ttnn.UnaryOpType.POWER, 2.5)) == unary("POWER", 2.5)
    inside = describe(ttnn.Conv2dConfig(activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, 1.0)))
    assert isinstance(inside, Struct)
    assert dict(inside.fields)["activation"] == unary("GELU", 1.0)


@pytest.mark.ttnn
def test_structs_hold_every_field_of_the_constructor(ttnn: Any) -> None:
    config = ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
        compute_with_storage_grid_size=(8, 7),
        in0_block_w=2,
        out_subblock_h=1,
        out_subblock_w=4,
        per_core_M=3,
        per_core_N=4,
        transpose_mcast=False,
    )
    # newer ttnns have a field more
    newer = {name: None for name in ("allowed_worker_cores",) if hasattr(config, name)}
    assert describe(config) == Struct(
        "MatmulMultiCoreReuseMultiCastProgramConfig",
        (
            *newer.items(),
            ("compute_with_storage_grid_size", CoreCoord(8, 7)),
            ("in0_block_w", 2),
            ("out_subblock_h", 1),
            ("out_subblock_w", 4),
            ("out_block_h", 3),
            ("out_block_w", 4),
            ("per_core_M", 3),
            ("per_core_N", 4),
            ("transpose_mcast", False),
            ("fused_activation", None),
            ("fuse_batch", True),
        ),
    )
    assert describe(ttnn.SoftmaxDefaultProgramConfig()) == Struct("SoftmaxDefaultProgramConfig", ())
    sliced = describe(ttnn.Op2DSliceConfig(slice_type=ttnn.Conv2dDRAMSliceWidth, num_slices=4))
    assert isinstance(sliced, Struct)
    assert dict(sliced.fields)["slice_type"] == EnumMember("Op2DSliceConfig.SliceTypeEnum", "DRAMSliceWidth")


@pytest.mark.ttnn
def test_tensors_on_a_mesh_and_on_the_host(ttnn: Any, mock_mesh: Any) -> None:
    on_mesh = ttnn.zeros([1, 1, 64, 100], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)
    described = describe(on_mesh)
    assert isinstance(described, Tensor)
    assert described.placement is not None
    assert described.placement.mesh_shape == (1, 2)
    assert all(dim is None for dim in described.placement.dims)
    host = ttnn.from_device(on_mesh)
    assert describe(host) == Tensor((1, 1, 64, 100), "BFLOAT16", "TILE", "HOST", placement=described.placement)
    ttnn.deallocate(on_mesh)  # newer ttnns then say that it has no device
    assert describe(on_mesh) == described
    assert safe_keys([on_mesh]) == safe_keys([on_mesh])

    mapper = ttnn.create_mesh_mapper(
        mock_mesh, ttnn.MeshMapperConfig([ttnn.PlacementReplicate(), ttnn.PlacementShard(3)])
    )
    numpy = pytest.importorskip("numpy")
    spread = ttnn.Tensor(numpy.zeros((1, 1, 32, 128), numpy.float32), ttnn.float32, mesh_mapper=mapper)
    assert describe(spread) == Tensor(
        (1, 1, 32, 64), "FLOAT32", "ROW_MAJOR", "HOST", placement=Placement((1, 2), (1, 2), (None, 3))
    )
    plain = describe(ttnn.Tensor(numpy.zeros((32, 64), numpy.float32), ttnn.float32))
    assert isinstance(plain, Tensor)
    assert (plain.placement, plain.chip_placement) == (None, Placement((), (1,), (None,)))


def test_a_placement_on_a_single_chip_is_kept_beside_the_value() -> None:
    replica = SimpleNamespace(placements=lambda: [object(), object()], distribution_shape=lambda: [1, 1])
    live = SimpleNamespace(tensor_topology=lambda: replica)
    placement = Placement.of_tensor(live, SimpleNamespace(shape=(1, 1)))
    assert placement.is_of_one_chip
    assert placement.as_json() == ON_ONE_CHIP


@pytest.mark.ttnn
def test_what_lives_on_the_device_is_a_handle(ttnn: Any, row: Any, mock_mesh: Any) -> None:
    assert describe(mock_mesh) == Handle("MeshDevice")
    assert describe(ttnn.create_global_semaphore(mock_mesh, row, 0)) == Handle("GlobalSemaphore")
