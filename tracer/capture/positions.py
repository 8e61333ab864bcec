"""The names of the arguments that a call passes by position: those of the overload that ttnn takes.

nanobind tries the overloads in their order, first without implicit conversions, then with them, and takes the first
whose every argument is accepted. The documented types say which that is, but for one thing: C++ may want a list of a
certain length where the documentation has any. Where that decides, nanobind is asked (`tracer.capture.probe`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tracer.signatures import Overload, Parameter, Type

Asks = Callable[[Overload, Sequence[Any], dict[str, Any]], bool]
"""Whether an overload whose types fit a call accepts the lengths of its lists, too."""

_ARRAYS = frozenset({"Sequence", "list", "vector", "SmallVector"})
_SETS = frozenset({"Set", "set"})
_PLAIN = frozenset({"None", "bool", "int", "float", "str"})
_ACTIVATIONS = frozenset({"UnaryWithParam", "EltwiseUnaryWithParam"})
_COORDINATES = 2


def positional_names(
    overloads: Sequence[Overload],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    asks: Asks = lambda _overload, _args, _kwargs: True,
) -> list[str]:
    """Return the parameter names of the arguments passed by position; empty if the overloads leave them open."""
    if not args:
        return []
    candidates = [overload for overload in overloads if _has_room_for(overload, args, kwargs)]
    names = {id(overload): _names(overload, len(args)) for overload in candidates}
    for convert in (False, True):
        accepting = [each for each in candidates if _accepts(each, args, kwargs, convert=convert)]
        for place, overload in enumerate(accepting):
            its_names = names[id(overload)]
            others = candidates if not convert else accepting[place:]
            if all(names[id(other)] == its_names for other in others) or asks(overload, args, kwargs):
                return its_names
    same = candidates and all(names[id(each)] == names[id(candidates[0])] for each in candidates)
    return names[id(candidates[0])] if same else []


def bound(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[tuple[Parameter, Any]]:
    """Yield each parameter that a call passes, with its argument, in the order in which nanobind reads them."""
    passed = {**dict(zip(_names(overload, len(args)), args, strict=False)), **kwargs}
    for parameter in overload.parameters:
        if parameter.name in passed:
            yield parameter, passed[parameter.name]


def _names(overload: Overload, count: int) -> list[str]:
    return [parameter.name for parameter in overload.positional[:count]]


def _has_room_for(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Return whether an overload has a parameter for each argument, and an argument for what has no default."""
    by_position = set(_names(overload, len(args)))
    return (
        len(overload.positional) >= len(args)
        and kwargs.keys() <= overload.by_name.keys() - by_position
        and all(each.has_default or name in by_position or name in kwargs for name, each in overload.by_name.items())
    )


def _accepts(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any], *, convert: bool) -> bool:
    return all(
        not parameter.type or _is_one_of(value, parameter.alternatives, convert=convert)
        for parameter, value in bound(overload, args, kwargs)
    )


def _is_one_of(value: object, alternatives: Iterable[Type], *, convert: bool) -> bool:
    return any(_is_a(value, alternative, convert=convert) for alternative in alternatives)


def _is_a(value: Any, expected: Type, *, convert: bool) -> bool:
    """Return whether nanobind makes a value of a documented type out of a live one."""
    name = expected.short
    if name in ("object", "Any", ""):
        return True
    if name in _PLAIN:
        return _is_plain(value, name, convert=convert)
    if name in _ARRAYS:
        inside = expected.arguments[0] if expected.arguments else ()
        return is_array(value) and all(not inside or _is_one_of(each, inside, convert=convert) for each in value)
    if name == "tuple":
        return is_array(value) and _is_tuple(value, expected, convert=convert)
    if name in _SETS:
        return isinstance(value, (set, frozenset)) or hasattr(type(value), "__iter__")
    if name == "Callable":
        return callable(value)
    if name == "Path":
        return isinstance(value, (str, os.PathLike))
    return any(each.__name__ == name for each in type(value).__mro__) or (convert and _converts(value, name))


def is_array(value: Any) -> bool:
    """Return whether nanobind reads a value as a list: a list, a tuple, a `ttnn.Shape`, an array of numpy."""
    if isinstance(value, (list, tuple)):
        return True
    if isinstance(value, (str, bytes, dict)):
        return False
    cls = type(value)  # a tensor has items, too, but reading them would be operations of the model
    return hasattr(cls, "__getitem__") and hasattr(cls, "__len__") and cls.__name__ != "Tensor"


def _is_plain(value: object, name: str, *, convert: bool) -> bool:
    cls = type(value)
    if name == "None":
        return value is None
    if name == "bool":
        return cls is bool
    if name == "str":
        return isinstance(value, str)
    if name == "int":
        return cls is int or (convert and cls is not float and hasattr(cls, "__index__"))
    return cls is float or (convert and (hasattr(cls, "__float__") or hasattr(cls, "__index__")))


def _is_tuple(value: Any, expected: Type, *, convert: bool) -> bool:
    if not expected.arguments or expected.arguments[-1][0].name == "...":
        return True
    return len(value) == len(expected.arguments) and all(
        _is_one_of(each, alternatives, convert=convert)
        for each, alternatives in zip(value, expected.arguments, strict=True)
    )


def _converts(value: Any, name: str) -> bool:
    """Return whether ttnn makes an object of a class out of a value of another, as far as overloads depend on it."""
    if name == "Shape":
        return is_array(value) and all(hasattr(type(each), "__index__") for each in value)
    if name == "CoreCoord":
        return is_array(value) and len(value) == _COORDINATES
    if name in _ACTIVATIONS:
        first = value[0] if isinstance(value, (list, tuple)) and value else value
        return type(first).__name__ in ("UnaryOpType", "UnaryWithParam")
    return False
