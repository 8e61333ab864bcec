"""Copies of a vector's values, so that changes by `run()` don't reach the next vector."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

_UNCHANGING = (type(None), bool, int, float, complex, str, bytes, range, slice)


def own_copy(value: Any) -> Any:
    """Return a copy of a value, at any depth; what can't be copied is passed as it is.

    Objects of ttnn, functions, generators and modules can't be copied; the containers around them are copied anyway.
    """
    try:
        return _copy(value)
    except RecursionError:  # a list that contains itself
        return _deep_copy(value)


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind in _UNCHANGING:
        return value
    container = _CONTAINERS.get(kind)
    if container is not None:
        return container(value)
    return _deep_copy(value)


def _deep_copy(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - a module's own class may raise anything
        return value


_CONTAINERS: dict[type, Callable[[Any], Any]] = {
    list: lambda value: [_copy(part) for part in value],
    tuple: lambda value: tuple([_copy(part) for part in value]),
    set: lambda value: {_copy(part) for part in value},
    frozenset: lambda value: frozenset([_copy(part) for part in value]),
    dict: lambda value: {key: _copy(part) for key, part in value.items()},
}
