"""What of a call decides which inputs test it and how close its output must be. Pure: traced values in, facts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracer.values import Tensor, Value


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call, as far as its numbers depend on it.

    Attributes:
        operation: the operation's dotted name.
        arguments: the call's arguments by the parameters' names, as far as these are known, else `arg0`, `arg1`, ...
        arch: the board's architecture: `wormhole_b0` or `blackhole`.
    """

    operation: str
    arguments: Mapping[str, Value]
    arch: str

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The arguments that are tensors, by name."""
        return {name: value for name, value in self.arguments.items() if isinstance(value, Tensor)}
