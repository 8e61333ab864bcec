"""The shape of a binary operation's inputs, for modules that expect one shape and for those that expect two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex


class BinaryShape(tuple[int, ...]):
    """The shape of the first input, as a tuple; `["self"]` and `["other"]` are both inputs' shapes.

    >>> shape = BinaryShape((1, 32), (1, 1))
    >>> shape, shape["other"], shape == (1, 32)
    ((1, 32), (1, 1), True)
    """

    other: tuple[int, ...]

    def __new__(cls, first: Iterable[int], other: Iterable[int]) -> BinaryShape:
        """Create one from both inputs' shapes."""
        shape = super().__new__(cls, first)
        shape.other = tuple(other)
        return shape

    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        if isinstance(key, str):
            if key not in ("self", "other"):
                raise KeyError(key)
            return self.other if key == "other" else tuple(self)
        return super().__getitem__(key)
