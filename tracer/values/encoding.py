"""Writes values in version 2's form; see `tracer.values.v2`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tracer.values.objects import COMPUTE_CONFIG, NUMBERS, SPECIAL, UNTYPED
from tracer.values.printing import by_field, printed
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

_COMPUTE_FIELDS = {
    "dst_full_sync_en": "",
    "fp32_dest_acc_en": "",
    "math_approx_mode": "",
    "math_fidelity": "MathFidelity",
    "packer_l1_acc": "",
    "throttle_level": "ThrottleLevel",
}


def encode(value: Value) -> Any:
    """The JSON of a value: dicts, lists, strings, finite numbers, booleans and None."""
    return _ENCODERS[type(value)](value)


def _float(value: float) -> float | str:
    # tt-metal writes the three that JSON doesn't have as these strings
    return value if math.isfinite(value) else str(value)


def _str(value: str) -> Any:
    return {"type": "str", "items": value} if value in NUMBERS else value


def _member(value: EnumMember) -> dict[str, Any]:
    if value.type == "torch.dtype" and value.name.isidentifier():
        return {"type": "dtype", "value": f"torch.{value.name}"}
    if value.type.isidentifier() and value.name.isidentifier() and value.type not in SPECIAL:
        return {"type": value.type, "repr": f"{value.type}.{value.name}"}
    return {"type": value.type, "member": value.name}


def _range(value: CoreRange) -> dict[str, Any]:
    start, end = value.start, value.end
    return {"start": {"x": start.x, "y": start.y}, "end": {"x": end.x, "y": end.y}}


def _shard_spec(value: ShardSpec) -> dict[str, Any]:
    return {
        "grid": [_range(cores) for cores in value.grid.ranges],
        "shape": list(value.shape),
        "orientation": value.orientation,
    }


def _nd_shard_spec(value: NdShardSpec) -> dict[str, Any]:
    return {
        "grid": [_range(cores) for cores in value.grid.ranges],
        "shard_shape": list(value.shape),
        "orientation": value.orientation,
        "shard_distribution_strategy": value.distribution,
    }


def _memory_config(value: MemoryConfig) -> dict[str, Any]:
    raw = {
        "memory_layout": f"TensorMemoryLayout.{value.layout}",
        "buffer_type": f"BufferType.{value.buffer}",
        "shard_spec": None if value.shard_spec is None else _shard_spec(value.shard_spec),
        "is_sharded": value.layout != "INTERLEAVED",
        "interleaved": value.layout == "INTERLEAVED",
    }
    if value.nd_shard_spec is not None:
        raw["nd_shard_spec"] = _nd_shard_spec(value.nd_shard_spec)
    return raw


def _tile(value: Tile) -> dict[str, Any]:
    return {
        "tile_shape": [value.height, value.width],
        "transpose_within_face": value.transpose_within_face,
        "transpose_of_faces": value.transpose_of_faces,
    }


def _placement(value: Placement) -> dict[str, Any]:
    spread = ["PlacementReplicate" if dim is None else f"PlacementShard({dim})" for dim in value.dims]
    return {
        "placement": str(spread),
        "distribution_shape": str(list(value.distribution_shape)),
        "mesh_device_shape": str(list(value.mesh_shape)),
    }


def _tensor(value: Tensor) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "ttnn.Tensor",
        "original_shape": list(value.shape),
        "original_dtype": f"DataType.{value.dtype}",
    }
    if value.layout:
        raw["layout"] = f"Layout.{value.layout}"
    if value.storage:
        raw["storage_type"] = f"StorageType.{value.storage}"
    if value.memory is not None:
        raw["memory_config"] = _memory_config(value.memory)
    if value.tile is not None:
        raw["tile"] = _tile(value.tile)
    if value.placement is not None:
        raw["tensor_placement"] = _placement(value.placement)
    return raw


def _struct(value: Struct) -> dict[str, Any]:
    raw = _compute_config(value) if value.type == COMPUTE_CONFIG else by_field(value)
    if raw is not None:
        return raw
    text = printed(value)
    if text is not None:
        return {"type": value.type, "value": text}
    pairs = [(key, encode(part)) for key, part in value.fields]
    unique = dict(pairs)
    return {"type": value.type, "fields": unique if len(unique) == len(pairs) else [list(field) for field in pairs]}


def _compute_config(value: Struct) -> dict[str, Any] | None:
    """tt-metal's form, which doesn't say the class; None where the fields aren't all there, each of its type."""
    if [key for key, _ in value.fields] != list(_COMPUTE_FIELDS):
        return None
    raw: dict[str, Any] = {}
    for key, part in value.fields:
        enum = _COMPUTE_FIELDS[key]
        if isinstance(part, bool) and not enum:
            raw[key] = part
        elif isinstance(part, EnumMember) and enum and part.type == enum and part.name.isidentifier():
            raw[key] = f"{enum}.{part.name}"
        else:
            return None
    return {**raw, "math_approx_mode": str(raw["math_approx_mode"])}


def _mapping(value: Mapping) -> Any:
    keys = [key for key, _ in value.items]
    pairs = [(key, encode(part)) for key, part in value.items]
    # a dict in a master is sorted, so one in another order needs the form that keeps it
    plain = keys == sorted(set(keys)) and not UNTYPED.intersection(keys)
    return dict(pairs) if plain else {"type": "dict", "items": [list(pair) for pair in pairs]}


_ENCODERS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    int: lambda value: value,
    float: _float,
    str: _str,
    tuple: lambda value: [encode(part) for part in value],
    Tensor: _tensor,
    MemoryConfig: _memory_config,
    EnumMember: _member,
    Struct: _struct,
    Mapping: _mapping,
    ShardSpec: lambda value: {"type": "ShardSpec", **_shard_spec(value)},
    NdShardSpec: lambda value: {"type": "NdShardSpec", **_nd_shard_spec(value)},
    Tile: lambda value: {"type": "Tile", **_tile(value)},
    Placement: lambda value: {"type": "Placement", **_placement(value)},
    TorchTensor: lambda value: {"type": "torch.Tensor", "shape": list(value.shape), "dtype": f"torch.{value.dtype}"},
    Shape: lambda value: {"type": "Shape", "value": f"Shape({list(value.dims)})"},
    CoreCoord: lambda value: {"type": "CoreCoord", "value": printed(value)},
    CoreRange: lambda value: {"type": "CoreRange", "value": printed(value)},
    CoreRangeSet: lambda value: {"type": "CoreRangeSet", "value": printed(value)},
    CoreGrid: lambda value: {"type": "CoreGrid", "value": f"ttnn.CoreGrid(x={value.x}, y={value.y})"},
    Handle: lambda value: {"type": value.type, "handle": True},
    Lost: lambda value: {"type": value.type, "lost": value.left},
}
