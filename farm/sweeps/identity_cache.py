"""Results of a function by the objects that they are of: the vectors of a suite share the same few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

_Result = TypeVar("_Result")
_SIZE = 4096


class IdentityCache(Generic[_Result]):
    """Calls a function once for each object, as long as there are not too many; equal objects are told apart."""

    def __init__(self, function: Callable[..., _Result]) -> None:
        """Cache nothing yet.

        Args:
            function: called with the object, and with further arguments that follow from it.
        """
        self._function = function
        self._entries: dict[int, tuple[object, _Result]] = {}

    def of(self, value: object, *further: Any) -> _Result:
        """Return the function's result for an object."""
        entry = self._entries.get(id(value))
        if entry is None:
            if len(self._entries) >= _SIZE:
                self._entries.clear()
            # the object is kept too: its id is its own only while it lives
            entry = self._entries[id(value)] = (value, self._function(value, *further))
        return entry[1]
