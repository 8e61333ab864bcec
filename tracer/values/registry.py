"""The list of value types, and of forms of structs: a new one is added here.

Live classes are matched in this order, so `Struct`, which any class of ttnn may be, comes last.
"""

from __future__ import annotations

from tracer.values import mesh_structs, python_objects, python_values
from tracer.values.activations import ActivationForm
from tracer.values.base import RESERVED_NAMES, TypedValue
from tracer.values.compute_config import ComputeConfigForm
from tracer.values.cores import CoreCoord, CoreGrid, CoreRange, CoreRangeSet
from tracer.values.dispatch import register, register_text
from tracer.values.enums import EnumMember
from tracer.values.handle import Handle
from tracer.values.lost import Lost
from tracer.values.mapping import Mapping
from tracer.values.matmul_config import MatmulConfigForm
from tracer.values.memory import MemoryConfig
from tracer.values.placement import Placement
from tracer.values.sets import ValueSet
from tracer.values.shape import Shape
from tracer.values.shards import NdShardSpec, ShardSpec
from tracer.values.small_structs import FORMS
from tracer.values.structs import Struct, StructForm, register_form
from tracer.values.tensor import Tensor
from tracer.values.tile import Tile
from tracer.values.torch_tensor import TorchTensor

FIRST_TYPES: tuple[type[TypedValue], ...] = (EnumMember,)
"""Value types whose objects may also be of one of Python's own classes."""

TYPES: tuple[type[TypedValue], ...] = (
    Tensor,
    TorchTensor,
    MemoryConfig,
    ShardSpec,
    NdShardSpec,
    Shape,
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    CoreGrid,
    Tile,
    Placement,
    Mapping,
    ValueSet,
    Handle,
    Lost,
    Struct,
)

STRUCT_FORMS: tuple[StructForm, ...] = (
    ActivationForm(),
    ComputeConfigForm(),
    MatmulConfigForm(),
    *FORMS,
    *mesh_structs.FORMS,
    *python_objects.FORMS,
)


def register_all() -> None:
    """Fill the tables of `tracer.values.dispatch`."""
    for value_type in FIRST_TYPES:
        register(value_type)
    python_values.register()
    for value_type in TYPES:
        register(value_type)
    for form in STRUCT_FORMS:
        register_form(form)
    python_objects.register_texts()
    register_text("Tile", Tile.parse_text)
    RESERVED_NAMES.update(("dict", "dtype", "str"))
