"""Limits for the work on a board: time, memory, and its budget of checks and resets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from farm.board.backends import backend_of
from farm.board.confinement import Confinement
from farm.board.protocol import Deadlines
from farm.board.signals import SignalLadder
from farm.core.board import Board
from scheduler.health import HealthBudget


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits; those of time in seconds.

    Attributes:
        open: opening a board.
        vector: running a vector that has no limit of its own.
        first: the least for an operation's first vector in a process, on a board that computes: kernels are compiled.
        check: the small operation that shows whether a board is sound.
        silence: how long a process that owes an answer may neither print nor compute.
        reset: a board's reset command.
        held: waiting for another process that has a chip of the board open.
        ladder: the signals that end a worker.
        budget: checks and resets before a board is held for a person.
        renew: a number of vectors, not seconds: after this many, a new process replaces the worker.
        confinement: what a worker may use of its host.
    """

    open: float = 120.0
    vector: float = 30.0
    first: float = 300.0
    check: float = 30.0
    silence: float = 120.0
    reset: float = 300.0
    held: float = 600.0
    ladder: SignalLadder = field(default_factory=SignalLadder)
    budget: HealthBudget = field(default_factory=HealthBudget)
    renew: int = 50_000
    confinement: Confinement = field(default_factory=Confinement)

    @classmethod
    def none(cls, confinement: Confinement) -> Limits:
        """No deadline for anything but a reset: for a worker that a person debugs."""
        endless = math.inf
        return cls(endless, endless, endless, endless, endless, confinement=confinement)

    def deadlines(self, board: Board) -> Deadlines:
        """The limits that the board's worker needs."""
        ladder = backend_of(board).ladder(self.ladder)
        return Deadlines(self.vector, self.first, self.check, self.silence, ladder, self.confinement)
