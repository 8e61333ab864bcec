"""JSON that is read once: a master repeats memory configs, objects and device configs many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_LONGEST = 1 << 14
"""Characters of JSON whose result is kept."""


class ReadOnce(Generic[T]):
    """A function of JSON whose results are kept by the JSON, up to a number of them.

    Results must not be changed. Exceptions are raised anew each time.
    """

    def __init__(self, read: Callable[[Any], T], most: int) -> None:
        self._read = read
        self._most = most
        self._results: dict[str, T] = {}

    def __call__(self, raw: Any) -> T:
        """Return what the function returns."""
        try:
            key = repr(raw)  # equal for equal JSON and nodes of parsed text; of 1, 1.0 and True, different ones
        except (RecursionError, ValueError):  # nested too deep, or an int of more digits than Python prints
            return self._read(raw)
        result = self._results.get(key)
        if result is None:
            result = self._read(raw)
            if len(key) <= _LONGEST:
                if len(self._results) >= self._most:
                    self._results.clear()
                self._results[key] = result
        return result
