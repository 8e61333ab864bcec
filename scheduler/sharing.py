"""Claims of several runs to the boards of one farm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Claim:
    """A run, as far as sharing boards is concerned.

    Attributes:
        run: its id.
        priority: runs of higher priority are served first; 0 by default.
        started: when it started; older runs are served first. All times are in seconds of one clock.
        requested: the usable boards that it has or waits for.
        leases: the boards that it has, each with the time since when.
        max_boards: how many it may have at once; None for no limit.
        waiting_since: the time since which it has had no board; None while it has one.
    """

    run: str
    priority: int = 0
    started: float = 0.0
    requested: frozenset[str] = frozenset()
    leases: Mapping[str, float] = field(default_factory=dict)
    max_boards: int | None = None
    waiting_since: float | None = None

    @property
    def rank(self) -> tuple[int, float, str]:
        """The order in which runs are served, lowest first."""
        return -self.priority, self.started, self.run
