"""Typed values made into live ttnn objects again, exactly.

Runs in the worker alone. Every tensor is read back after it was made and compared with what was traced: a
difference is farm's own failure and never the test's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import ttnn

from tracer.values.describe import describe
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


class CannotRebuild(Exception):  # noqa: N818 - it names the finding
    """This ttnn can't make such an object: an unknown class, field or enum member."""


class RebuiltDifferently(Exception):  # noqa: N818 - see CannotRebuild
    """What was made is not what was traced: farm's failure."""


class Rebuilder:
    """Makes values into live objects on one open device.

    Attributes:
        device: the open mesh device.
        numbers: makes an array of this shape and numpy dtype, for a tensor's numbers; None leaves memory as it is.
    """

    def __init__(self, device: Any, numbers: Callable[[tuple[int, ...], Any], Any] | None = None) -> None:
        self.device = device
        self.numbers = numbers

    def live(self, value: Value) -> Any:
        """The live object of a value.

        Raises:
            CannotRebuild: this ttnn has no such class, field or member.
            RebuiltDifferently: a tensor came out other than it was traced.
        """
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, tuple):
            return [self.live(part) for part in value]
        if isinstance(value, Mapping):
            return {name: self.live(part) for name, part in value.items}
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, TorchTensor):
            return _torch_tensor(value)
        if isinstance(value, Struct):
            return self._struct(value)
        if isinstance(value, Handle):
            return self._handle(value)
        if isinstance(value, Lost):
            raise CannotRebuild(f"{value.left or value.type} was lost in the trace")
        return plain(value)

    def _tensor(self, value: Tensor) -> Any:
        memory = None if value.memory is None else plain(value.memory)
        made = self._on_host(value) if value.storage == "HOST" else self._on_device(value, memory)
        found = describe(made)
        if not same_tensor(value, found, self.device):
            raise RebuiltDifferently(f"traced {value}, rebuilt {found}")
        return made

    def _on_device(self, value: Tensor, memory: Any) -> Any:
        if self.numbers is None and _real_placement(value.placement, self.device) is None:
            if value.tile is None:
                dtype, layout = member("DataType", value.dtype), member("Layout", value.layout)
                return ttnn.allocate_tensor_on_device(ttnn.Shape(value.shape), dtype, layout, self.device, memory)
            return ttnn.allocate_tensor_on_device(_spec(value), self.device)
        return ttnn.to_device(self._on_host(value), self.device, memory_config=memory)

    def _on_host(self, value: Tensor) -> Any:
        """A host tensor, spread over the mesh where it is placed so."""
        placement = _real_placement(value.placement, self.device)
        shape = _whole_shape(value.shape, placement)
        kind = numpy_dtype(value.dtype)
        array = np.zeros(shape, kind) if self.numbers is None else self.numbers(shape, kind)
        tile = None if value.tile is None else plain(value.tile)
        layout = member("Layout", value.layout)
        if value.dtype == "BFLOAT16":
            # arrays have no bfloat16: ttnn converts on the host
            made = ttnn.to_dtype(ttnn.Tensor(array, ttnn.float32, layout=layout, tile=tile), ttnn.bfloat16)
        else:
            made = ttnn.Tensor(array, member("DataType", value.dtype), layout=layout, tile=tile)
        if placement is None:
            return made
        return ttnn.distribute_tensor(made, _mapper(self.device, placement))

    def _struct(self, value: Struct) -> Any:
        fields = {name: self.live(part) for name, part in value.fields}
        if value.type == "slice":
            return slice(fields["start"], fields["stop"], fields["step"])
        cls = find_class(value.type)
        try:
            if "op_type" in fields:
                parameters = fields.get("param") or []
                return cls(fields["op_type"], *parameters)
            if value.type == "ComplexTensor":
                return cls((fields["real"], fields["imag"]))
            return _constructed(cls, fields)
        except (TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise CannotRebuild(f"{value.type}: {_first_line(error)}") from error

    def _handle(self, value: Handle) -> Any:
        if value.type in ("MeshDevice", "Device", "IDevice"):
            return self.device
        if value.type in ("GlobalSemaphore", "global_semaphore"):
            grid = self.device.compute_with_storage_grid_size()
            cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(grid.x - 1, grid.y - 1))])
            return ttnn.create_global_semaphore(self.device, cores, 0)
        raise CannotRebuild(f"a {value.type} lives on the device it was made on, and can't be made from a trace")


def same_tensor(traced: Tensor, found: Value, device: Any) -> bool:
    """Whether a rebuilt tensor is the traced one: shape, dtype, layout, storage, memory config, tile, placement.

    A trace that doesn't say where a tensor was placed, or placed it on a mesh other than the open one, isn't
    contradicted by the open mesh; nor is a host tensor by a memory config, which it has none of.
    """
    if not isinstance(found, Tensor):
        return False
    same = (
        found.shape == traced.shape
        and found.dtype == traced.dtype
        and found.layout == traced.layout
        and found.storage == traced.storage
        and found.tile == traced.tile
    )
    if traced.storage != "HOST" and traced.memory is not None:
        same = same and found.memory is not None and same_memory(traced.memory, found.memory)
    wanted = _real_placement(traced.placement, device)
    if wanted is not None:
        same = same and found.placement is not None and found.placement.dims == wanted.dims
    return same


def same_memory(traced: MemoryConfig, found: MemoryConfig) -> bool:
    """Whether two memory configs place a tensor alike; core ranges count as sets."""
    return (
        traced.layout == found.layout
        and traced.buffer == found.buffer
        and _same_shards(traced.shard_spec, found.shard_spec)
        and (traced.nd_shard_spec is None or _same_shards(traced.nd_shard_spec, found.nd_shard_spec))
    )


def _same_shards(traced: ShardSpec | NdShardSpec | None, found: ShardSpec | NdShardSpec | None) -> bool:
    if traced is None or found is None:
        return traced is found
    return (
        tuple(traced.shape) == tuple(found.shape)
        and traced.orientation == found.orientation
        and _cores(traced.grid) == _cores(found.grid)
    )


def _cores(grid: CoreRangeSet) -> set[tuple[int, int]]:
    return {
        (x, y)
        for each in grid.ranges
        for x in range(each.start.x, each.end.x + 1)
        for y in range(each.start.y, each.end.y + 1)
    }


@functools.lru_cache(maxsize=4096)
def plain(value: Value) -> Any:
    """The live object of a value that needs no device. Cached: ttnn's own are never changed by a call."""
    if isinstance(value, Shape):
        return ttnn.Shape(value.dims)
    if isinstance(value, EnumMember):
        return _enum(value)
    if isinstance(value, CoreCoord):
        return ttnn.CoreCoord(value.x, value.y)
    if isinstance(value, CoreRange):
        return ttnn.CoreRange(plain(value.start), plain(value.end))
    if isinstance(value, CoreRangeSet):
        return ttnn.CoreRangeSet([plain(each) for each in value.ranges])
    if isinstance(value, CoreGrid):
        return ttnn.CoreGrid(x=value.x, y=value.y)
    if isinstance(value, ShardSpec):
        return ttnn.ShardSpec(plain(value.grid), value.shape, member("ShardOrientation", value.orientation))
    if isinstance(value, NdShardSpec):
        return ttnn.NdShardSpec(
            ttnn.Shape(value.shape),
            plain(value.grid),
            member("ShardOrientation", value.orientation),
            member("ShardDistributionStrategy", value.distribution),
        )
    if isinstance(value, MemoryConfig):
        return _memory_config(value)
    if isinstance(value, Tile):
        return ttnn.Tile((value.height, value.width), value.transpose_within_face or value.transpose_of_faces)
    raise CannotRebuild(f"nothing is known of {type(value).__name__} {value!r}")


def _memory_config(value: MemoryConfig) -> Any:
    buffer = member("BufferType", value.buffer)
    if value.nd_shard_spec is not None:
        return ttnn.MemoryConfig(buffer, plain(value.nd_shard_spec))  # the rest follows from it and the tensor
    layout = member("TensorMemoryLayout", value.layout)
    if value.shard_spec is None:
        return ttnn.MemoryConfig(layout, buffer)
    return ttnn.MemoryConfig(layout, buffer, plain(value.shard_spec))


def _spec(value: Tensor) -> Any:
    """A tensor spec with a tile of its own."""
    memory = value.memory or MemoryConfig()
    given: dict[str, Any] = {"buffer_type": member("BufferType", memory.buffer)}
    if memory.nd_shard_spec is not None:
        given["nd_shard_spec"] = plain(memory.nd_shard_spec)
    elif memory.layout != "INTERLEAVED":
        given["memory_layout"] = member("TensorMemoryLayout", memory.layout)
        given["shard_spec"] = None if memory.shard_spec is None else plain(memory.shard_spec)
    return ttnn.TensorSpec(
        ttnn.Shape(value.shape),
        member("DataType", value.dtype),
        member("Layout", value.layout),
        tile=None if value.tile is None else plain(value.tile),
        **given,
    )


@functools.cache
def member(enum: str, name: str) -> Any:
    """The member of one of ttnn's enums.

    Raises:
        CannotRebuild: this ttnn has no such enum, or no such member of it.
    """
    cls = find_class(enum)
    try:
        return getattr(cls, name)
    except AttributeError:
        raise CannotRebuild(f"this ttnn's {enum} has no member {name}") from None


@functools.cache
def enum_members(enum: str) -> frozenset[str] | None:
    """The members of one of ttnn's enums by name, None where there is no such enum."""
    try:
        members = getattr(find_class(enum), "__members__", None)
    except CannotRebuild:
        return None
    return None if members is None else frozenset(members)


def _enum(value: EnumMember) -> Any:
    if value.type == "torch.dtype":
        import torch

        return getattr(torch, value.name)
    if not value.type:
        raise CannotRebuild(f"{value.name} is a member of an enum that the trace doesn't name")
    return member(value.type, value.name)


@functools.cache
def find_class(name: str) -> Any:
    """A class of ttnn's by its name, wherever in its compiled modules it stands, or inside another (`Outer.Inner`).

    Raises:
        CannotRebuild: there is none.
    """
    outer, _, short = name.rpartition(".")
    holders: list[Any] = [ttnn, *_spaces(ttnn._ttnn, depth=4)]  # noqa: SLF001 - its public classes stand there
    if outer[:1].isupper():
        holders = [find_class(outer)]
    for holder in holders:
        found = getattr(holder, short, None)
        if isinstance(found, type):
            return found
    raise CannotRebuild(f"this ttnn has no class {name}")


def _spaces(module: Any, depth: int) -> list[Any]:
    """A compiled module and its submodules."""
    found = [module]
    if depth:
        for each in vars(module).values():
            if type(each).__name__ == "module" and each.__name__.startswith("ttnn._ttnn"):
                found += _spaces(each, depth - 1)
    return found


def _constructed(cls: Any, fields: dict[str, Any]) -> Any:
    """`cls(**fields)`; fields that its constructor doesn't take are set as attributes."""
    try:
        return cls(**fields)
    except TypeError:
        documented = cls.__init__.__doc__ or ""
        taken = {name: value for name, value in fields.items() if f"{name}:" in documented}
        if len(taken) == len(fields):
            raise
        made = cls(**taken)
    for name in fields.keys() - taken.keys():
        setattr(made, name, fields[name])
    return made


def _torch_tensor(value: TorchTensor) -> Any:
    try:
        import torch
    except ImportError as error:
        raise CannotRebuild("the call takes a torch tensor, and torch isn't installed here") from error
    return torch.zeros(value.shape, dtype=getattr(torch, value.dtype))


_NUMPY = {"FLOAT32": np.float32, "INT32": np.int32, "UINT32": np.uint32, "UINT16": np.uint16, "UINT8": np.uint8}


def numpy_dtype(dtype: str) -> Any:
    """The array type whose numbers ttnn turns into `dtype`; bfloat formats come from float32."""
    return _NUMPY.get(dtype, np.float32)


def _real_placement(placement: Placement | None, device: Any) -> Placement | None:
    """The placement, where it shards anything and the open device is the mesh it was traced on."""
    if placement is None or all(dim is None for dim in placement.dims):
        return None
    if math.prod(placement.mesh_shape) != device.get_num_devices():
        return None
    return placement


def _whole_shape(shape: tuple[int, ...], placement: Placement | None) -> tuple[int, ...]:
    """The shape over the whole mesh, of a tensor whose part on one chip has `shape`."""
    whole = list(shape)
    if placement is not None:
        for dim, count in zip(placement.dims, placement.distribution_shape, strict=True):
            if dim is not None:
                whole[dim] *= count
    return tuple(whole)


def _mapper(device: Any, placement: Placement) -> Any:
    placements = [ttnn.PlacementReplicate() if dim is None else ttnn.PlacementShard(dim) for dim in placement.dims]
    shape = ttnn.MeshShape(placement.distribution_shape)
    return ttnn.create_mesh_mapper(device, ttnn.MeshMapperConfig(placements, shape))


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
