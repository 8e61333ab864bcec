"""The names of the arguments that a call gives by position, found as nanobind finds its overload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer.signatures import Overload, Type


def positional_names(found: Sequence[Overload], args: Sequence[Any], kwargs: dict[str, Any]) -> list[str]:
    """The parameters' names of the arguments given by place; empty where the overloads don't tell."""
    if not args:
        return []
    taking = [
        each
        for each in found
        if len(each.positional) >= len(args) and kwargs.keys() <= each.by_name.keys() and _enough(each, args, kwargs)
    ]
    named = [[parameter.name for parameter in each.positional[: len(args)]] for each in taking]
    # nanobind, too, takes the first overload whose types fit
    for each, names in zip(taking, named, strict=True):
        if all(map(_takes, each.positional, args)):
            return names
    return named[0] if named and all(names == named[0] for names in named) else []


def _enough(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a call gives everything that has no default."""
    given = {parameter.name for parameter in overload.positional[: len(args)]} | kwargs.keys()
    return all(name in given or parameter.has_default for name, parameter in overload.by_name.items())


def _takes(parameter: Any, value: object) -> bool:
    return any(_is_a(value, each) for each in parameter.alternatives) or not parameter.type


def _is_a(value: object, wanted: Type) -> bool:
    name = type(value).__name__
    if name == "NoneType":
        return wanted.name == "None"
    if isinstance(value, (list, tuple)):
        return wanted.short in ("Sequence", "list", "tuple")
    return wanted.short in {"int": ("int", "float")}.get(name, (name, "object"))
