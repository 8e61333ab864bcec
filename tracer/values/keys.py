"""Cheap keys of live arguments: equal keys mean equal descriptions.

A model makes the same call thousands of times. Its key takes a microsecond or two where its description takes tens,
so that a call seen before is only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from tracer.values.dispatch import describe, reader_of

Keyer = Callable[[Any], Hashable]


def keys(values: Iterable[Any]) -> tuple[Hashable, ...]:
    """Return the keys of live values. Those that have no cheaper key are described."""
    # shapes above all
    return tuple([each if type(each) is int else _keyers[type(each)](each) for each in values])


def safe_keys(values: Iterable[Any]) -> tuple[Hashable, ...]:
    """Return the keys of a call's arguments. Those that have no cheaper key, or can't be read, are described."""
    try:
        return keys(values)
    except Exception:  # noqa: BLE001 - a key must not break the model that is traced
        return tuple([_readable(each) for each in values])


def _readable(value: object) -> Hashable:
    try:
        return _keyers[type(value)](value)
    except Exception:  # noqa: BLE001 - as above
        return describe(value)


class _Keyers(dict[type, Keyer]):
    """By class; one that was not met before is looked at once."""

    def __missing__(self, live_class: type) -> Keyer:
        keyer = self[live_class] = reader_of(live_class).key or describe
        return keyer


_keyers = _Keyers()
