"""Typed values of arguments, and the configurations that they make up.

Live ttnn objects, traces and masters come in and become values, which go back to each of these forms: each type is one
class in one file that knows its own codec (`TypedValue`), listed in `tracer.values.registry`. It may use
`tracer.signatures` and what is below; only `live` and `operations` need ttnn.
"""

from __future__ import annotations

from tracer.values.base import Scalar, TypedValue, Value, is_lost, used_cores, walk
from tracer.values.cores import CoreCoord, CoreGrid, CoreRange, CoreRangeSet
from tracer.values.dispatch import decode, describe, encode, show
from tracer.values.enums import EnumMember
from tracer.values.handle import Handle
from tracer.values.lost import Lost
from tracer.values.mapping import Mapping
from tracer.values.memory import MemoryConfig
from tracer.values.placement import Placement
from tracer.values.registry import register_all
from tracer.values.sets import ValueSet
from tracer.values.shape import Shape
from tracer.values.shards import NdShardSpec, ShardSpec
from tracer.values.structs import Struct
from tracer.values.tensor import Tensor
from tracer.values.text import clean
from tracer.values.tile import Tile
from tracer.values.torch_tensor import TorchTensor

__all__ = [
    "CoreCoord",
    "CoreGrid",
    "CoreRange",
    "CoreRangeSet",
    "EnumMember",
    "Handle",
    "Lost",
    "Mapping",
    "MemoryConfig",
    "NdShardSpec",
    "Placement",
    "Scalar",
    "Shape",
    "ShardSpec",
    "Struct",
    "Tensor",
    "Tile",
    "TorchTensor",
    "TypedValue",
    "Value",
    "ValueSet",
    "clean",
    "decode",
    "describe",
    "encode",
    "is_lost",
    "show",
    "used_cores",
    "walk",
]

register_all()
