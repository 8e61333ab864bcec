"""The grids of compute cores that the values of vectors name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from farm.sweeps.identity_cache import IdentityCache
from farm.sweeps.needs import grid_of
from tracer.values import describe

_WITHOUT_CORES = (type(None), bool, int, float, str)


class Grids:
    """The grids of compute cores that vectors name; each object is inspected once."""

    def __init__(self) -> None:
        self._grids = IdentityCache(lambda value: grid_of(describe(value)))

    def of(self, vector: Mapping[str, Any]) -> tuple[int, int]:
        """Columns and rows that hold all grids that a vector's values name."""
        columns = rows = 1
        for value in vector.values():
            if type(value) in _WITHOUT_CORES:
                continue
            x, y = self._of_value(value)
            columns, rows = max(columns, x), max(rows, y)
        return columns, rows

    def _of_value(self, value: object) -> tuple[int, int]:
        if isinstance(value, (list, tuple)) and all(type(part) in _WITHOUT_CORES for part in value):
            return 1, 1
        return self._grids.of(value)
