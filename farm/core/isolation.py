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


IsolationName: TypeAlias = Literal["process", "user", "container"]
"""The values of `Isolation`, for callers that write them as text."""
