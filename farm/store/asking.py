"""Who asks a store's database: at once, or again while it is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Answer = TypeVar("Answer")


class Ask(Protocol):
    """Calls what reads or writes a store, and returns what that returns."""

    def __call__(self, question: Callable[[], Answer]) -> Answer:
        """Call it; again if the store is away, also where nobody knows whether it wrote."""


def at_once(question: Callable[[], Answer]) -> Answer:
    """Call it once."""
    return question()
