"""Values as C++ printed them in traces of version 1, and strategies of those that it could print whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.tracer.values.strategies import EVERY_TYPE, core_range_sets, cores, pairs, sizes
from tracer.signatures import Type
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
)
from tracer.values.versions import field_types, recorded_enum

CLASSES = (
    "Conv2dConfig",
    "Conv3dConfig",
    "LayerNormShardedMultiCoreProgramConfig",
    "MatmulMultiCoreReuseMultiCast1DProgramConfig",
    "MinimalMatmulConfig",
    "SDPAProgramConfig",
    "SoftmaxDefaultProgramConfig",
    "SoftmaxShardedMultiCoreProgramConfig",
    "WormholeComputeKernelConfig",
)
"""Classes that are printed field by field."""


def printed(value: Value) -> str:
    """Return the text of a value inside an object or a list."""
    if isinstance(value, TypedValue):
        return PRINTERS[type(value)](value)
    if value is None:
        return '"std::nullopt"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(printed, value))}]"
    return str(int(value)) if isinstance(value, bool) else repr(value)


def argument(value: Value, style: str) -> str:
    """Return the text of an argument.

    Args:
        value: the argument.
        style: `plain`; `quoted`, in quotes, its own escaped; or `raw`, in quotes, its own not escaped.
    """
    text = printed(value)
    if isinstance(value, (int, float)) or value is None:
        return json.dumps(text.strip('"'))  # all scalars are text
    if style == "plain" or text.startswith('"'):
        return text
    return json.dumps(text) if style == "quoted" else f'"{text}"'


def _word(enum: str, name: str) -> str:
    return f'"{enum}::{name}"'


def _core(core: CoreCoord) -> str:
    return f'{{"x":{core.x},"y":{core.y}}}'


def _ranges(grid: CoreRangeSet) -> str:
    ranges = [f"{_core(each.start)} - {_core(each.end)}" for each in grid.ranges]
    if len(ranges) == 1:
        return f"[{ranges[0]}]"
    return f"{{{', '.join(f'[{each}]' for each in ranges)}}}"


def _shard(spec: ShardSpec) -> str:
    height, width = spec.shape
    orientation = _word("ShardOrientation", spec.orientation)
    return f'{{"grid":{_ranges(spec.grid)},"shape":"{{{height}, {width}}}","orientation":{orientation}}}'


def _nd_shard(spec: NdShardSpec) -> str:
    orientation = _word("ShardOrientation", spec.orientation)
    strategy = _word("ShardDistributionStrategy", spec.distribution)
    return (
        f'{{"shard_shape":{list(spec.shape)},"grid":{_ranges(spec.grid)},"orientation":{orientation},'
        f'"shard_distribution_strategy":{strategy}}}'
    )


def _memory(memory: MemoryConfig) -> str:
    spec, nd_spec = memory.shard_spec, memory.nd_shard_spec
    return (
        f'{{"memory_layout":{_word("TensorMemoryLayout", memory.layout)},'
        f'"buffer_type":{_word("BufferType", memory.buffer)},'
        f'"shard_spec":{printed(None) if spec is None else _shard(spec)},'
        f'"nd_shard_spec":{printed(None) if nd_spec is None else _nd_shard(nd_spec)},'
        f'"created_with_nd_shard_spec":{int(nd_spec is not None)}}}'
    )


def _tensor(tensor: Tensor) -> str:
    tile = tensor.tile or Tile()
    memory = "null" if tensor.memory is None else _memory(tensor.memory)
    spec = (
        f'{{"logical_shape":{list(tensor.shape)},"tensor_layout":{{"dtype":{_word("DataType", tensor.dtype)},'
        f'"page_config":{{"config":{{"tile":{{"tile_shape":"{{{tile.height}, {tile.width}}}","num_faces":4}}}}}},'
        f'"memory_config":{memory},"alignment":[32, 32]}}}}'
    )
    where = f'"storage_type":{_word("StorageType", tensor.storage)}, "layout":{_word("Layout", tensor.layout)}'
    return f'{{"Tensor":{{"storage":{{}},"tensor_spec":{spec}, {where}}}}}'


def _struct(struct: Struct) -> str:
    fields = ", ".join(f'"{name}":{_field(part)}' for name, part in struct.fields)
    return f'{{"{struct.type}":{{{fields}}}}}'


def _field(value: Value) -> str:
    """Return the text of a field, whose type tells what an empty collection is."""
    if value in ((), CoreRangeSet(())):
        return "{}"
    if isinstance(value, CoreRangeSet):
        return _ranges(value)
    return _core(value) if isinstance(value, CoreCoord) else printed(value)


def _never(value: Any) -> str:
    raise NotImplementedError(f"C++ never printed {value}")


PRINTERS: dict[type[TypedValue], Callable[[Any], str]] = {
    EnumMember: lambda member: _word(member.type, member.name),
    Shape: lambda shape: f'{{"Shape":{list(shape.dims)}}}',
    CoreCoord: _core,
    CoreRange: lambda cores: f'{{"start":{_core(cores.start)},"end":{_core(cores.end)}}}',
    CoreRangeSet: lambda grid: f'{{"CoreRangeSet":{_ranges(grid)}}}',
    ShardSpec: _shard,
    NdShardSpec: _nd_shard,
    MemoryConfig: lambda memory: f'{{"MemoryConfig":{_memory(memory)}}}',
    Tile: lambda tile: f'{{"tile_shape":[{tile.height}, {tile.width}]}}',
    Tensor: _tensor,
    Handle: lambda handle: f'"[ unsupported type , std::reference_wrapper<ttnn::{handle.type} const>]"',
    Lost: lambda lost: f'"{lost.left}"',
    Struct: _struct,
    CoreGrid: _never,  # a class of Python
    Mapping: _never,
    Placement: _never,
    TorchTensor: _never,
    ValueSet: _never,  # printed as any list: its parameter tells that it is one
}
"""How values of each type are printed."""

_names = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in ("NONE",))
_orientations = st.sampled_from(["ROW_MAJOR", "COL_MAJOR"])
_shapes = st.lists(sizes, max_size=4).map(tuple)
_shards = st.builds(ShardSpec, core_range_sets, pairs, _orientations)
_nd_shards = st.builds(NdShardSpec, core_range_sets, _shapes, _orientations, _names)
_memories = st.builds(MemoryConfig, _names, _names, st.none() | _shards, st.none() | _nd_shards)
_tensors = st.builds(
    *(Tensor, _shapes, _names, st.sampled_from(["TILE", "ROW_MAJOR"]), st.sampled_from(["DEVICE", "HOST"])),
    st.none() | _memories,
    st.none() | st.builds(Tile, st.sampled_from([4, 8, 16]), st.just(32)),
)
_unsupported = st.sampled_from(["std::vector<float>", "std::optional<ttnn::Conv2dConfig const>"])


def _structs() -> st.SearchStrategy[Value]:
    return st.sampled_from(CLASSES).flatmap(_struct_of)


def _struct_of(name: str) -> st.SearchStrategy[Value]:
    fields = {field: one for field, types in field_types(name).items() if (one := _of_types(types)) is not None}
    some = st.lists(st.sampled_from(sorted(fields)), unique=True) if fields else st.just([])
    return some.flatmap(
        lambda chosen: st.tuples(*(fields[field] for field in chosen)).map(
            lambda parts: Struct(name, tuple(zip(chosen, parts, strict=True)))
        )
    )


_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "int": sizes,
    "bool": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "None": st.none(),
    "CoreCoord": cores,
    "CoreRangeSet": core_range_sets,
}


def _of_types(types: tuple[Type, ...]) -> st.SearchStrategy[Any] | None:
    names = [kind.short for kind in types]
    enum = recorded_enum(names, "X")
    several = [_BY_TYPE[name] for name in names if name in _BY_TYPE]
    if enum is not None:
        several.append(st.builds(EnumMember, st.just(enum), _names))
    return st.one_of(several) if several else None


_LEAVES: dict[type[TypedValue], st.SearchStrategy[Value]] = {
    EnumMember: st.builds(EnumMember, st.sampled_from(["DataType", "Topology"]), _names),
    Shape: st.builds(Shape, _shapes),
    CoreCoord: cores,
    CoreRange: st.builds(CoreRange, cores, cores),
    CoreRangeSet: core_range_sets,
    ShardSpec: _shards,
    NdShardSpec: _nd_shards,
    MemoryConfig: _memories,
    Tile: st.builds(Tile, sizes, sizes),
    Tensor: _tensors,
    Handle: st.builds(Handle, st.sampled_from(["MeshDevice", "GlobalSemaphore"])),
    Lost: _unsupported.map(lambda name: Lost(f"[ unsupported type , {name}]", name.replace(" const>", ">"))),
    Struct: st.deferred(_structs),
}
printable: st.SearchStrategy[Value] = st.one_of(
    *(_LEAVES[each] for each in EVERY_TYPE if PRINTERS[each] is not _never),
    *(st.none(), sizes, st.floats(allow_nan=False, allow_infinity=False)),
    st.lists(sizes | st.lists(sizes, max_size=3).map(tuple) | _tensors | _memories, max_size=3).map(tuple),
)
"""Values that C++ prints whole."""
