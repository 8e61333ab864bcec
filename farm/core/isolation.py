"""How far the vectors of sweep modules are kept apart from each other, and from their host."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias


class Isolation(str, Enum):
    """What separates a vector of a sweep module from other vectors."""

    PROCESS = "process"
    """A worker of its own, which runs no other vector."""
    USER = "user"
    """Such a worker that another user of the host runs."""
    CONTAINER = "container"
    """Such a worker in a container, which sees little of the host."""


class LeastIsolation(str, Enum):
    """The least isolation that the jobs of a farm's door must have, from the weakest on."""

    NONE = "none"
    PROCESS = Isolation.PROCESS.value
    USER = Isolation.USER.value
    CONTAINER = Isolation.CONTAINER.value

    @property
    def isolation(self) -> Isolation | None:
        """The isolation itself; None for none."""
        return None if self is LeastIsolation.NONE else Isolation(self.value)

    def permits(self, isolation: Isolation | None) -> bool:
        """Whether an isolation is as strong as this, or stronger."""
        strength = list(LeastIsolation)
        own = LeastIsolation.NONE if isolation is None else LeastIsolation(isolation.value)
        return strength.index(own) >= strength.index(self)


IsolationName: TypeAlias = Literal["process", "user", "container"]
"""The values of `Isolation`, for callers that write them as text."""
