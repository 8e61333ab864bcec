"""Keys by which the steps of one name are equal in tt-metal's hash, and the compute cores that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from farm.sweeps.hashing import Hasher
from farm.sweeps.permutations import Axis
from farm.worker.grids import Grids

_CACHE_SIZE = 4096
_SCALARS = (type(None), bool, int, str)
_WHOLE = {int}

Grid: TypeAlias = tuple[int, int]
"""Columns and rows of compute cores."""

# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = json.JSONEncoder(sort_keys=True).encode


class StepKeys:
    """The steps of one name, or of several that stand together: it recognizes those that equal an earlier one.

    Attributes:
        read: how many steps were read.
        different: how many of them equal no earlier one.
    """

    def __init__(self, axis: Axis) -> None:
        self.read = 0
        self.different = 0
        self._axis = axis
        self._hasher = Hasher("", "")
        self._grid_of = Grids().of
        self._keys: dict[int, object] = {}  # of values, by their addresses
        self._grids: dict[int, Grid] = {}  # of those that name more than one core
        self._objects: list[object] = []  # an address is a value's own only while it lives

    def distinct(self) -> Iterator[tuple[Any, Grid]]:
        """Yield the value of each step that equals no earlier one, with the grid that it names.

        Raises:
            ModuleError: see `Axis.steps`.
        """
        if self.all_differ():
            for value in self._axis.each():
                self.read += 1
                self.different += 1
                yield value, (1, 1)
            return
        several = len(self._axis.names) > 1
        keys: set[object] = set()
        for value in self._axis.each():
            self.read += 1
            if several:
                parts = value if type(value) is tuple else tuple(self._axis.step(value, self.read - 1).values())
                key = self._key_of_parts(parts)
            else:
                parts = (value,)
                key = self._key(value)
            if key not in keys:
                keys.add(key)
                self.different += 1
                yield value, self._grid(parts) if self._grids else (1, 1)

    def number_if_all_differ(self) -> int:
        """The number of steps if `all_differ`, which then count as read; else 0."""
        if isinstance(self._axis.values, list) and self.all_differ():
            self.read = self.different = len(self._axis.values)
        return self.different

    def all_differ(self) -> bool:
        """Whether all steps certainly differ and name one core, found without reading each: most lists of tuples.

        The parts of such tuples are few objects, so that tuples of their addresses tell the steps apart.
        """
        values = self._axis.values
        if not isinstance(values, list) or self._axis.first_only or set(map(type, values)) != {tuple}:
            return False
        if len(set(map(len, values))) != 1 or len(values[0]) < len(self._axis.names):
            return False
        several = len(self._axis.names) > 1
        columns = list(zip(*values, strict=True))[: len(self._axis.names) if several else None]
        addresses = [list(map(id, column)) for column in columns]
        for column, of_column in zip(columns, addresses, strict=True):
            parts = dict(zip(of_column, column, strict=True)).values()
            keys = set(map(self._key if several else self._key_in_tuple, parts))
            if len(parts) > _CACHE_SIZE or len(keys) < len(parts):
                return False
        return not self._grids and len(set(zip(*addresses, strict=True))) == len(values)

    def _key_in_tuple(self, part: object) -> object:
        """A text that no other value has in the text of a tuple; None if there is none."""
        self._key(part)  # looks for cores
        text = f"{part!r}"
        return None if " at 0x" in text else text

    def _key_of_parts(self, parts: tuple[Any, ...]) -> object:
        parts = parts[: len(self._axis.names)]
        key = tuple(map(self._keys.get, map(id, parts)))
        return tuple([self._remembered(part) for part in parts]) if None in key else key

    def _key(self, value: object) -> object:
        kind = type(value)
        if kind in _SCALARS:
            return kind, value
        if isinstance(value, list) and set(map(type, value)) <= _WHOLE:
            return kind, *value
        return self._remembered(value)

    def _remembered(self, value: object) -> object:
        key = self._keys.get(id(value))
        if key is None:
            if len(self._objects) >= _CACHE_SIZE:
                self._keys.clear()
                self._grids.clear()
                self._objects.clear()
            written = self._hasher.serialised_value(self._axis.name, value)
            try:
                key = _to_json(written)
            except (TypeError, ValueError):
                key = str(written)
            grid = self._grid_of({self._axis.name: value})
            if grid != (1, 1):
                self._grids[id(value)] = grid
            self._keys[id(value)] = key
            self._objects.append(value)
        return key

    def _grid(self, parts: tuple[Any, ...]) -> Grid:
        grid = (1, 1)
        for part in parts:
            grid = around(grid, self._grids.get(id(part), (1, 1)))
        return grid


def around(one: Grid, other: Grid) -> Grid:
    """The smallest grid that holds two."""
    return max(one[0], other[0]), max(one[1], other[1])
