"""The names of the arguments that a call passes by position, found as nanobind finds its overload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer.signatures import Overload, Parameter, Type


def positional_names(overloads: Sequence[Overload], args: Sequence[Any], kwargs: dict[str, Any]) -> list[str]:
    """Return the parameter names of the arguments passed by position; empty if the overloads leave them open."""
    if not args:
        return []
    candidates = [
        overload
        for overload in overloads
        if len(overload.positional) >= len(args)
        and kwargs.keys() <= overload.by_name.keys()
        and _is_complete(overload, args, kwargs)
    ]
    names = [[parameter.name for parameter in overload.positional[: len(args)]] for overload in candidates]
    # nanobind, too, takes the first overload whose types fit
    for overload, its_names in zip(candidates, names, strict=True):
        if all(map(_accepts, overload.positional, args)):
            return its_names
    return names[0] if names and all(its_names == names[0] for its_names in names) else []


def _is_complete(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Return whether a call passes everything that has no default."""
    passed = {parameter.name for parameter in overload.positional[: len(args)]} | kwargs.keys()
    return all(name in passed or parameter.has_default for name, parameter in overload.by_name.items())


def _accepts(parameter: Parameter, value: object) -> bool:
    return any(_is_a(value, alternative) for alternative in parameter.alternatives) or not parameter.type


def _is_a(value: object, expected: Type) -> bool:
    name = type(value).__name__
    if name == "NoneType":
        return expected.name == "None"
    if isinstance(value, (list, tuple)):
        return expected.short in ("Sequence", "list", "tuple")
    return expected.short in {"int": ("int", "float")}.get(name, (name, "object"))
