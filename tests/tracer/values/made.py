"""Live objects of any class of ttnn, made as its constructors are documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ttnn

from tracer.errors import RebuildError
from tracer.signatures import Type, overloads
from tracer.values.live import find_class
from tracer.values.structs import constructors_of, types_of

_DEEPEST = 6


class CannotBeMadeError(Exception):
    """An object needs a device, a tensor, or what Python has no class for."""


def cores(number: int) -> Any:
    """Return a set of one range of cores."""
    return ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 1 + number))])


_SIMPLE: dict[str, Callable[[int], Any]] = {
    "None": lambda _: None,
    "int": lambda number: 3 + number,
    "bool": lambda number: number % 2 == 1,
    "float": lambda number: 1.5 + number,
    "str": lambda number: f"s{number}",
    "object": lambda number: [number],
    "CoreRangeSet": cores,
    "Shape": lambda number: ttnn.Shape([1, 32 * (number + 1)]),
    "Tile": lambda number: ttnn.Tile((16, 32), number % 2 == 1),
    "TensorMemoryLayout": lambda _: ttnn.TensorMemoryLayout.INTERLEAVED,
}


def made(live_class: Any, number: int, depth: int = 0) -> Any:
    """Make an object of a class.

    Args:
        live_class: any class of ttnn.
        number: objects of different numbers differ, as far as their class allows it.
        depth: how deep inside others the object is.

    Raises:
        CannotBeMadeError: see there.
    """
    if depth > _DEEPEST or live_class.__name__ == "Tensor":
        raise CannotBeMadeError(live_class.__name__)
    if live_class.__name__ in _SIMPLE:
        return _SIMPLE[live_class.__name__](number)
    members = getattr(live_class, "__members__", None)
    if members is not None:
        return list(members.values())[min(number % 2, len(members) - 1)]
    # those with most parameters first
    for overload in sorted(constructors_of(live_class), key=lambda each: -len(each.parameters)):
        places, names = [], {}
        try:
            for place, parameter in enumerate(overload.parameters):
                value = _one_of(parameter.alternatives, number + place, depth + 1)
                if parameter.kind == "positional_only":
                    places.append(value)
                else:
                    names[parameter.name] = value
            return live_class(*places, **names)
        except (CannotBeMadeError, TypeError, RuntimeError, ValueError):
            continue
    raise CannotBeMadeError(live_class.__name__)


def _one_of(types: tuple[Type, ...], number: int, depth: int) -> Any:
    for kind in sorted(types, key=lambda each: each.name == "None"):
        try:
            return _of_type(kind, number, depth)
        except (CannotBeMadeError, TypeError, RuntimeError):  # noqa: PERF203 - each is tried
            continue
    raise CannotBeMadeError(str(types))


def _of_type(kind: Type, number: int, depth: int) -> Any:
    name = kind.short
    if name in _SIMPLE:
        return _SIMPLE[name](number)
    if name in ("Sequence", "Iterable", "list", "Set"):
        parts = [_one_of(kind.arguments[0], number + place, depth) for place in range(2)] if kind.arguments else [1, 2]
        return set(parts) if name == "Set" else parts
    if name == "tuple":
        return tuple(_one_of(each, number + place, depth) for place, each in enumerate(kind.arguments))
    return made(class_of(kind), number, depth)


def class_of(kind: Type) -> Any:
    """Return a class of ttnn by a documented type.

    Raises:
        CannotBeMadeError: Python has no such class.
    """
    holder: Any = ttnn
    for part in kind.name.split(".")[1:]:
        holder = getattr(holder, part, None)
    if isinstance(holder, type):
        return holder
    try:
        return find_class(kind.short)
    except RebuildError as error:
        raise CannotBeMadeError(str(error)) from error


def argument_classes() -> dict[str, Any]:
    """Return every class of which an object can be an operation's argument, or inside one, by name."""
    classes: dict[str, Any] = {}
    for operation in ttnn.query_registered_operations(include_experimental=True):
        for overload in overloads(operation):
            for parameter in overload.parameters:
                _collect(parameter.alternatives, classes)
    return classes


def _collect(types: tuple[Type, ...], classes: dict[str, Any]) -> None:
    for kind in _inside(types):
        if not kind.name.startswith("ttnn.") or kind.short in classes:
            continue
        try:
            live_class = class_of(kind)
        except CannotBeMadeError:
            continue
        classes[kind.short] = live_class
        for each in types_of(live_class).values():
            _collect(each, classes)


def _inside(types: tuple[Type, ...]) -> Iterator[Type]:
    for kind in types:
        yield kind
        for each in kind.arguments:
            yield from _inside(each)
