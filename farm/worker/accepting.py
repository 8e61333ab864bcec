"""Which values a parameter takes, by the type that ttnn documents for it."""

from __future__ import annotations

from collections.abc import Callable

from tracer.signatures import Parameter, Type
from tracer.values.types import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    MemoryConfig,
    NdShardSpec,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    TorchTensor,
    Value,
)

EnumMembers = Callable[[str], "frozenset[str] | None"]
"""The members of the enum of this name, None where there is no such enum."""


def accepts(parameter: Parameter, value: Value, enum_members: EnumMembers = lambda _: None) -> bool:
    """Whether a parameter takes a value, by its documented type; None also where it has a default."""
    if value is None and parameter.has_default:
        return True
    if not parameter.alternatives:
        return True  # a Python function's parameter without annotation
    return any(_of_type(kind, value, enum_members) for kind in parameter.alternatives)


def typed(parameter: Parameter, value: Value, enum_members: EnumMembers = lambda _: None) -> Value:
    """The value as the parameter's type has it: C++ prints a bool as 0 or 1, and an enum's member without its enum."""
    names = [kind.short for kind in parameter.alternatives]
    if isinstance(value, int) and not isinstance(value, bool) and "int" not in names:
        if "bool" in names:
            return bool(value)
        if "float" in names:
            return float(value)
    if isinstance(value, EnumMember) and not value.type:
        enum = next((name for name in names if value.name in (enum_members(name) or ())), None)
        return value if enum is None else EnumMember(enum, value.name)
    return value


def takes_none(parameter: Parameter) -> bool:
    """Whether None itself is a value for a parameter, not only what its default stands for."""
    return any(kind.name == "None" for kind in parameter.alternatives)


_CLASSES: dict[str, tuple[type, ...]] = {
    "Tensor": (Tensor,),
    "Shape": (Shape,),
    "MemoryConfig": (MemoryConfig,),
    "CoreRangeSet": (CoreRangeSet,),
    "CoreRange": (CoreRange,),
    "CoreCoord": (CoreCoord,),
    "CoreGrid": (CoreGrid,),
    "ShardSpec": (ShardSpec,),
    "NdShardSpec": (NdShardSpec,),
    "Tile": (Tile,),
    "str": (str,),
}
_ACTIVATIONS = {"UnaryWithParam", "EltwiseUnaryWithParam"}
_SEQUENCES = {"Sequence", "list", "tuple", "Iterable", "vector", "SmallVector"}
_HANDLES = {
    "MeshDevice": {"MeshDevice", "Device", "IDevice"},
    "Device": {"MeshDevice", "Device", "IDevice"},
    "IDevice": {"MeshDevice", "Device", "IDevice"},
    "global_semaphore": {"GlobalSemaphore", "global_semaphore"},
    "GlobalSemaphoreArg": {"GlobalSemaphore", "global_semaphore"},
    "SubDeviceId": {"SubDeviceId"},
}


def _of_type(kind: Type, value: Value, enum_members: EnumMembers) -> bool:
    name = kind.short
    if isinstance(value, Lost):
        # its C++ type names the Python one, or nothing is known of it
        return not value.type or name in value.type
    if name == "None":
        return value is None
    if name in ("object", "Any"):
        return True
    if name in ("bool", "int", "float"):
        return _is_number(name, value)
    if isinstance(value, Shape) and name in _SEQUENCES:
        return _of_sequence(kind, value.dims, enum_members)  # ttnn takes one wherever it takes a list of ints
    if name in _CLASSES:
        return isinstance(value, _CLASSES[name])
    if isinstance(value, Handle):
        return value.type in _HANDLES.get(name, {name})
    if name in _ACTIVATIONS:
        return _is_activation(value)
    if isinstance(value, tuple):
        return _of_sequence(kind, value, enum_members)
    if isinstance(value, Struct):
        return value.type == name or (
            name.endswith("ComputeKernelConfig") and value.type.endswith("ComputeKernelConfig")
        )
    if isinstance(value, EnumMember):
        members = enum_members(name)
        return value.type == name or (not value.type and (members is None or value.name in members))
    return False


def _is_number(name: str, value: Value) -> bool:
    if name == "bool":
        return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))
    if name == "int":
        return isinstance(value, int)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_activation(value: Value) -> bool:
    """Whether ttnn makes an activation of it: of the object itself, a bare member, or a member and its parameter."""
    if isinstance(value, tuple):
        return len(value) == 2 and isinstance(value[0], EnumMember) and isinstance(value[1], (int, float))
    if isinstance(value, EnumMember):
        return value.type == "UnaryOpType"
    return isinstance(value, Struct) and value.type in _ACTIVATIONS


def _of_sequence(kind: Type, value: tuple[Value, ...], enum_members: EnumMembers) -> bool:
    if kind.short == "GlobalSemaphoreArg":
        return all(isinstance(part, (Handle, Lost)) for part in value)
    if kind.short not in _SEQUENCES and kind.short != "Shape":
        return False
    if kind.short == "Shape":
        return all(isinstance(part, int) for part in value)
    if not kind.arguments:
        return True
    if kind.short == "tuple" and len(kind.arguments) > 1 and kind.arguments[-1][0].name != "...":
        return len(value) == len(kind.arguments) and all(
            any(_of_type(t, part, enum_members) for t in alternatives)
            for part, alternatives in zip(value, kind.arguments, strict=True)
        )
    inside = kind.arguments[0]
    return all(any(_of_type(t, part, enum_members) for t in inside) for part in value)


def kind_of(value: Value) -> str:
    """A value's kind, for a message."""
    if isinstance(value, (Struct, Handle)):
        return value.type
    if isinstance(value, EnumMember):
        return f"{value.type}.{value.name}".lstrip(".")
    if isinstance(value, (Tensor, TorchTensor, MemoryConfig)) or value is None:
        return type(value).__name__.removesuffix("Type")
    return f"{type(value).__name__} {value!r}"[:80]
