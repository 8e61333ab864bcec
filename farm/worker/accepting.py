"""Which values a parameter accepts, by the type that ttnn documents for it."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.signatures import Parameter, Type
from tracer.values import CoreCoord, EnumMember, Handle, Lost, Mapping, Shape, TypedValue, Value, ValueSet
from tracer.values.base import EnumMembers
from tracer.values.enums import ACTIVATIONS
from tracer.values.fitted import SEQUENCES, fitted
from tracer.values.sets import SETS

__all__ = ["EMPTY", "EnumMembers", "accepts", "converts", "kind_of", "takes_none", "typed"]

EMPTY: tuple[Value, ...] = ((), Mapping(()))
"""Values that C++ prints as `{}`, and an optional without a value as well."""
_CAN_BEEMPTY = frozenset({"CoreRangeSet", "Shape", "dict", "str", *SETS})
"""Types of which C++ prints an empty one as it prints any other."""
_SHAPE = "Shape"
_NUMBERS = frozenset({"bool", "int", "float"})


def accepts(parameter: Parameter, value: Value, enum_members: EnumMembers = lambda _: None) -> bool:
    """Return whether a parameter accepts a value, by its documented type; None also where it has a default."""
    if value is None and parameter.has_default:
        return True
    if not parameter.alternatives:
        return True  # a Python function's parameter without annotation
    return any(_of_type(kind, value, enum_members) for kind in parameter.alternatives)


def converts(parameter: Parameter, value: Value, enum_members: EnumMembers = lambda _: None) -> bool:
    """Return whether ttnn accepts a value only by converting it: a list of ints to a shape, a bool to a number.

    It tries all overloads without conversions first.
    """
    names = {kind.short for kind in parameter.alternatives}
    if isinstance(value, (bool, int)):
        exact = "bool" if isinstance(value, bool) else "int"
        return exact not in names and not names.isdisjoint(_NUMBERS)
    if not isinstance(value, tuple) or _SHAPE not in names:
        return False
    return not any(_of_type(kind, value, enum_members) for kind in parameter.alternatives if kind.short != _SHAPE)


def typed(parameter: Parameter, value: Value, enum_members: EnumMembers = lambda _: None) -> Value:
    """Return the value as the parameter's type has it; see `tracer.values.fitted`.

    A list of ints stays one where ttnn makes a shape or a core of it, so that the call is made as it was traced.
    """

    def enum_of(names: Iterable[str], member: str) -> str | None:
        return next((name for name in names if member in (enum_members(name) or ())), None)

    as_typed = fitted(value, parameter.alternatives, enum_of)
    return value if value and isinstance(value, tuple) and isinstance(as_typed, (Shape, CoreCoord)) else as_typed


def takes_none(parameter: Parameter) -> bool:
    """Return whether None itself is a value for a parameter, not only what its default stands for."""
    return any(kind.name == "None" for kind in parameter.alternatives)


def kind_of(value: Value) -> str:
    """Return a value's kind, for a message."""
    if isinstance(value, TypedValue):
        return value.label
    return "None" if value is None else f"{type(value).__name__} {value!r}"[:80]


def _of_type(kind: Type, value: Value, enum_members: EnumMembers) -> bool:
    name = kind.short
    if isinstance(value, Lost):
        return value.fits(kind, enum_members)
    if name == "None":
        return value is None
    if name in ("object", "Any") or (value in EMPTY and name in _CAN_BEEMPTY):
        return True
    if name in _NUMBERS:
        return _is_number(name, value)
    if isinstance(value, Shape) and name in SEQUENCES:
        return _of_sequence(kind, value.dims, enum_members)  # ttnn takes one wherever it takes a list of ints
    if isinstance(value, ValueSet):
        return name in SETS and _all_of(kind, value.members, enum_members)
    if isinstance(value, TypedValue):
        return value.fits(kind, enum_members)
    return _of_list(kind, value, enum_members) if isinstance(value, tuple) else name == "str" and isinstance(value, str)


def _of_list(kind: Type, value: tuple[Value, ...], enum_members: EnumMembers) -> bool:
    name = kind.short
    if name in SETS:
        return _all_of(kind, value, enum_members)
    if name in ACTIVATIONS:
        return _is_activation(value)  # ttnn makes one of a member and its parameter
    if name == _SHAPE:
        return all(map(_is_int, value))  # and a shape of a list of ints
    if name == "CoreCoord":
        return len(value) == 2 and all(map(_is_int, value))
    return _of_sequence(kind, value, enum_members)


def _is_number(name: str, value: Value) -> bool:
    if name == "bool":
        return isinstance(value, bool) or (isinstance(value, int) and value in (0, 1))
    if name == "int":
        return _is_int(value)
    return isinstance(value, (int, float))


def _is_int(value: Value) -> bool:
    return isinstance(value, int)


def _is_activation(value: tuple[Value, ...]) -> bool:
    return len(value) == 2 and isinstance(value[0], EnumMember) and isinstance(value[1], (int, float))


def _of_sequence(kind: Type, value: tuple[Value, ...], enum_members: EnumMembers) -> bool:
    if kind.short == "GlobalSemaphoreArg":
        return all(isinstance(part, (Handle, Lost)) for part in value)
    if kind.short not in SEQUENCES:
        return False
    if kind.arguments and kind.short == "tuple" and len(kind.arguments) > 1 and kind.arguments[-1][0].name != "...":
        return len(value) == len(kind.arguments) and all(
            any(_of_type(t, part, enum_members) for t in alternatives)
            for part, alternatives in zip(value, kind.arguments, strict=True)
        )
    return _all_of(kind, value, enum_members)


def _all_of(kind: Type, parts: tuple[Value, ...], enum_members: EnumMembers) -> bool:
    """Return whether the elements of a collection are those of its type."""
    inside = kind.arguments[0] if kind.arguments else ()
    return not inside or all(any(_of_type(t, part, enum_members) for t in inside) for part in parts)
