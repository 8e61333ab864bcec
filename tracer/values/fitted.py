"""Values as the type of a parameter or field has them, where a trace's own form leaves that open.

C++ prints every empty collection as `{}`, a truth value as 0 or 1, an enum's member often without its enum, and a core
or a shape as a bare list; Python's callers pass a tuple where ttnn takes a shape. What such a value is, its type
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tracer.signatures import Type
from tracer.values.base import Value
from tracer.values.cores import CoreCoord, CoreRangeSet
from tracer.values.enums import EnumMember
from tracer.values.mapping import Mapping
from tracer.values.sets import SETS, ValueSet
from tracer.values.shape import Shape

SEQUENCES = frozenset({"Sequence", "list", "tuple", "Iterable", "vector", "SmallVector"})
"""Types that a list or tuple fits."""

EnumOf: TypeAlias = Callable[[Iterable[str], str], "str | None"]
"""Returns the one among types that is an enum with this member; None where there is no such, or several."""

_EXACT_IN_FLOAT = 2**53

_EMPTY: tuple[tuple[str, Value], ...] = (
    ("CoreRangeSet", CoreRangeSet(())),
    ("Shape", Shape(())),
    *((name, ValueSet(())) for name in sorted(SETS)),
    ("dict", Mapping(())),
    ("str", ""),
    ("None", None),
)
"""What an empty collection is, by type; the first that an argument can have counts."""

EMPTIES = (CoreRangeSet(()), Mapping(()))
"""Values that C++ prints as nothing but braces."""

OPEN = frozenset({int, str, tuple, EnumMember, Mapping})
"""Python's types of the values that a type can make into others."""


def fitted(value: Value, alternatives: tuple[Type, ...], enum_of: EnumOf) -> Value:
    """Return a value as one of several types has it; the value itself where none changes it.

    Args:
        value: any value.
        alternatives: the types of a parameter or field; of a union, each.
        enum_of: tells the enum of a member that has none.
    """
    if value is None or isinstance(value, (bool, float)) or not alternatives:
        return value
    names = [kind.short for kind in alternatives]
    if isinstance(value, int):
        return _number(value, names)
    if isinstance(value, EnumMember):
        return value if value.type else _member(value.name, names, enum_of) or value
    if isinstance(value, str):
        return value if "str" in names else _member(value, names, enum_of) or value
    if value in ((), Mapping(())):
        return _empty(value, names)
    if isinstance(value, tuple):
        return _sequence(value, alternatives, names, enum_of)
    return value


def _number(value: int, names: list[str]) -> Value:
    if "int" in names:
        return value
    if "bool" in names and value in (0, 1):
        return bool(value)
    return float(value) if "float" in names and abs(value) <= _EXACT_IN_FLOAT else value


def _member(name: str, names: list[str], enum_of: EnumOf) -> Value:
    if "str" in names:
        return name
    enum = enum_of(names, name)
    return None if enum is None else EnumMember(enum, name)


def _empty(value: Value, names: list[str]) -> Value:
    if isinstance(value, Mapping) and "dict" in names:
        return value
    if any(name in SEQUENCES for name in names):
        return value if isinstance(value, tuple) else ()
    return next((empty for name, empty in _EMPTY if name in names), value)


def _sequence(value: tuple[Value, ...], alternatives: tuple[Type, ...], names: list[str], enum_of: EnumOf) -> Value:
    for kind in alternatives:
        if kind.short in SEQUENCES and kind.arguments:
            parts = _parts(value, kind, enum_of)
            return value if all(map(_is_same, parts, value)) else parts
        if kind.short in SEQUENCES:
            return value
    whole = tuple(part for part in value if type(part) is int)
    if len(whole) == len(value):
        if "Shape" in names:
            return Shape(whole)
        if "CoreCoord" in names and len(whole) == 2:
            return CoreCoord(*whole)
    sets = [kind for kind in alternatives if kind.short in SETS]
    return ValueSet.of(_parts(value, sets[0], enum_of)) if sets else value


def _parts(value: tuple[Value, ...], kind: Type, enum_of: EnumOf) -> tuple[Value, ...]:
    if not kind.arguments:
        return value
    inside = kind.arguments
    if kind.short == "tuple" and len(inside) == len(value):
        return tuple(fitted(part, types, enum_of) for part, types in zip(value, inside, strict=True))
    return tuple(fitted(part, inside[0], enum_of) for part in value)


def _is_same(one: Value, other: Value) -> bool:
    return one is other
