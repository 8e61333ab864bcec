"""What a live object of ttnn or Python says of itself, as a typed value.

ttnn is never imported here: an object is known by its class, and each class is looked at once.

A `Struct` holds what the object's own constructor takes, under the constructor's names, so that
`cls(**fields)` makes an equal one. The exceptions are said at `_by_name`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum
from typing import Any

from tracer.signatures import parse_overloads
from tracer.values.objects import HANDLES
from tracer.values.types import (
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
    Value,
)

Describer = Callable[[Any], Value]

FIELDLESS = frozenset({"SoftmaxDefaultProgramConfig", "PlacementReplicate"})

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LONGEST_LOST = 400


def describe(value: object) -> Value:
    """Describes a live object exactly; one of a class nothing is known of becomes `Lost`, with what it prints.

    It never raises: an object that can't be read is `Lost`, too.
    """
    try:
        return describer(type(value))(value)
    except Exception as error:  # noqa: BLE001 - describing must not break the model that is traced
        return _lost(value, f"{type(error).__name__}: {error}")


def describer(cls: type) -> Describer:
    """The function that describes objects of a class."""
    known = _describers.get(cls)
    if known is None:
        known = _describers[cls] = _choose(cls)
    return known


def parameter_of(activation: object) -> tuple[float, ...] | None:
    """The parameters of a `UnaryWithParam`, which has no attribute for them; None where nothing tells.

    A matmul program config takes one and prints what it holds.
    """
    import ttnn

    try:
        holder = ttnn.MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig(
            in0_block_w=1, per_core_M=1, per_core_N=1, fused_activation=activation
        )
        read = json.loads(holder.to_json())["fused_activation"]["param"]
    except (TypeError, AttributeError, KeyError, ValueError):
        return None
    return tuple(float(each) for each in read)


def struct_fields(cls: type) -> tuple[str, ...] | None:
    """The attributes that an object of a class of ttnn is described by, as a `Struct`; None if it is described else."""
    name = cls.__name__
    if hasattr(cls, "__members__") or name in _by_name or name in HANDLES:
        return None
    # a constructor without parameters says nothing of what an object holds, but these hold nothing
    return () if name in FIELDLESS else _constructor_fields(cls)


def dims(shape: Any) -> tuple[int, ...]:
    """The dimensions of a `ttnn.Shape`, twice as fast as its own iterator gives them."""
    return tuple([shape[place] for place in range(shape.rank)])


def _lost(value: object, text: str | None = None) -> Lost:
    cls = type(value)
    if text is None:
        text = _ADDRESS.sub("", repr(value))
    return Lost(text[:_LONGEST_LOST], f"{cls.__module__}.{cls.__qualname__}")


def _choose(cls: type) -> Describer:
    if issubclass(cls, Enum):
        name = cls.__qualname__
        return lambda member: EnumMember(name, member.name)
    for base, function in _of_python:
        if issubclass(cls, base):
            return function
    package = cls.__module__.partition(".")[0]
    if package == "ttnn":
        return _choose_ttnn(cls)
    if package == "numpy" and hasattr(cls, "item") and hasattr(cls, "ndim"):
        return _numpy
    if any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in cls.__mro__):
        return _torch_tensor
    if package == "torch" and cls.__name__ == "dtype":
        return lambda dtype: EnumMember("torch.dtype", str(dtype).removeprefix("torch."))
    if package in ("pathlib", "pathlib._local"):
        return str
    return _lost


def _choose_ttnn(cls: type) -> Describer:
    name = cls.__name__
    # nanobind tells an enum's members by name; some versions don't make it a Python Enum
    if hasattr(cls, "__members__"):
        return lambda member: EnumMember(cls.__qualname__, member.name)
    if name in _by_name:
        return _by_name[name]
    if name in HANDLES:
        return lambda _: Handle(HANDLES[name])
    fields = struct_fields(cls)
    if fields is None:
        return _lost
    return lambda value: Struct(name, tuple((field, describe(getattr(value, field))) for field in fields))


def _constructor_fields(cls: type) -> tuple[str, ...] | None:
    """The constructor's parameters, where objects show every one of them as an attribute; else None."""
    try:
        found = parse_overloads(cls.__init__.__doc__ or "")  # type: ignore[misc]
    except ValueError:
        return None
    ways = [
        tuple(parameter.name for parameter in overload.parameters)
        for overload in found
        if all(parameter.kind in ("positional", "keyword_only") for parameter in overload.parameters)
    ]
    return max((names for names in ways if names and set(names) <= set(dir(cls))), key=len, default=None)


def _plain(value: Any) -> Value:
    return value  # type: ignore[no-any-return]


def _sequence(value: Any) -> Value:
    return tuple(describe(each) for each in value)


def _dict(value: Any) -> Value:
    if not all(isinstance(key, str) for key in value):
        return _lost(value)
    return Mapping(tuple((str(key), describe(each)) for key, each in value.items()))


def _slice(value: Any) -> Value:
    return Struct("slice", tuple((each, describe(getattr(value, each))) for each in ("start", "stop", "step")))


def _numpy(value: Any) -> Value:
    return describe(value.item()) if value.ndim == 0 else _lost(value, f"array of shape {tuple(value.shape)}")


def _torch_tensor(value: Any) -> Value:
    return TorchTensor(tuple(value.shape), str(value.dtype).removeprefix("torch."))


def _ttnn_tensor(value: Any) -> Value:
    device = value.device()
    return Tensor(
        shape=dims(value.shape),
        dtype=value.dtype.name,
        layout=value.layout.name,
        storage=value.storage_type().name,
        memory=_memory_config(value.memory_config()),
        tile=_unusual_tile(value.tile),
        placement=_placement(value, device),
    )


def _unusual_tile(tile: Any) -> Tile | None:
    described = _tile(tile)
    return None if described == Tile() else described


def _tile(tile: Any) -> Tile:
    height, width = tile.tile_shape
    return Tile(height, width, bool(tile.transpose_within_face), bool(tile.transpose_of_faces))


def _placement(tensor: Any, device: Any) -> Placement | None:
    # a tensor on the host knows the mesh it is spread for by its buffers
    mesh = tuple(tensor.host_buffer().shape() if device is None else device.shape)
    if all(side == 1 for side in mesh):
        return None
    topology = tensor.tensor_topology()
    sharded = tuple(getattr(placement, "dim", None) for placement in topology.placements())
    return Placement(mesh, tuple(topology.distribution_shape()), sharded)


def _memory_config(config: Any) -> MemoryConfig:
    shard, nd_shard = config.shard_spec, config.nd_shard_spec
    if nd_shard is not None and shard is not None and "created_with_nd_shard_spec=1" not in repr(config):
        nd_shard = None  # derived from the other
    return MemoryConfig(
        config.memory_layout.name,
        config.buffer_type.name,
        None if shard is None else _shard_spec(shard),
        None if nd_shard is None else _nd_shard_spec(nd_shard),
    )


def _shard_spec(spec: Any) -> ShardSpec:
    height, width = spec.shape
    return ShardSpec(_core_range_set(spec.grid), (height, width), spec.orientation.name)


def _nd_shard_spec(spec: Any) -> NdShardSpec:
    return NdShardSpec(
        _core_range_set(spec.grid),
        dims(spec.shard_shape),
        spec.orientation.name,
        spec.shard_distribution_strategy.name,
    )


def _core_range_set(cores: Any) -> CoreRangeSet:
    return CoreRangeSet(tuple(_core_range(each) for each in cores.ranges()))


def _core_range(cores: Any) -> CoreRange:
    return CoreRange(CoreCoord(cores.start.x, cores.start.y), CoreCoord(cores.end.x, cores.end.y))


def _activation(value: Any) -> Value:
    parameters = parameter_of(value)
    kept: Value = Lost("", "parameters") if parameters is None else parameters
    return Struct(type(value).__name__, (("op_type", describe(value.op_type)), ("param", kept)))


def _tensor_spec(value: Any) -> Value:
    fields = [(name, describe(getattr(value, name))) for name in ("shape", "dtype", "layout")]
    fields.append(("memory_config", describe(value.memory_config)))
    return Struct("TensorSpec", (*fields, ("tile", describe(value.tile))))


def _numbered(field: str) -> Describer:
    """Of an object that holds one number and shows it only in print: `SubDeviceId(1)`."""

    def read(value: Any) -> Value:
        found = re.search(r"\((\d+)\)", repr(value))
        return _lost(value) if found is None else Struct(type(value).__name__, ((field, int(found.group(1))),))

    return read


def _listed(field: str) -> Describer:
    return lambda value: Struct(type(value).__name__, ((field, tuple(int(each) for each in value)),))


_of_python: list[tuple[type, Describer]] = [
    (str, str),
    (tuple, _sequence),
    (list, _sequence),
    (range, _sequence),
    (dict, _dict),
    (slice, _slice),
    (int, int),
    (float, float),
]

# Classes of ttnn that don't show what their constructor takes. Of these Structs, `UnaryWithParam` and
# `EltwiseUnaryWithParam` rebuild as `cls(op_type, *param)`, `ComplexTensor` as `cls((real, imag))`.
_by_name: dict[str, Describer] = {
    "Tensor": _ttnn_tensor,
    "MemoryConfig": _memory_config,
    "ShardSpec": _shard_spec,
    "NdShardSpec": _nd_shard_spec,
    "CoreCoord": lambda core: CoreCoord(core.x, core.y),
    "CoreRange": _core_range,
    "CoreRangeSet": _core_range_set,
    "CoreGrid": lambda grid: CoreGrid(x=grid.x, y=grid.y),
    "Shape": lambda shape: Shape(dims(shape)),
    "Tile": _tile,
    "UnaryWithParam": _activation,
    "EltwiseUnaryWithParam": _activation,
    "TensorSpec": _tensor_spec,
    "PlacementShard": lambda shard: Struct("PlacementShard", (("dim", shard.dim),)),
    "ComplexTensor": lambda z: Struct("ComplexTensor", (("real", describe(z.real)), ("imag", describe(z.imag)))),
    "SubDeviceId": _numbered("id"),
    "QueueId": _numbered("id"),
    "MeshShape": _listed("shape"),
    "MeshCoordinate": _listed("coords"),
}

_describers: dict[type, Describer] = {type(None): _plain, bool: _plain, int: _plain, float: _plain, str: _plain}
