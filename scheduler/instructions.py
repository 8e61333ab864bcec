"""Instructions: what the caller must do about an event, in this order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.board_state import Transition
from scheduler.work import Resolution


@dataclass(frozen=True, slots=True)
class Assign:
    """Hand a batch to a board, behind those it has.

    Attributes:
        board: its id.
        batch: number of the batch, never used again.
        key: how the board must be set up.
        works: id and attempt number (from 1) of each work, in running order.
    """

    board: str
    batch: int
    key: Hashable
    works: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """Record an attempt that has no outcome of its own: the board was lost under it. It counts all the same."""

    work: str
    attempt: int
    board: str


@dataclass(frozen=True, slots=True)
class Conclude:
    """Record the verdict of a work.

    Attributes:
        work: its id.
        resolution: how it is resolved.
        attempt: the attempt whose result stands for the work; None if none does.
    """

    work: str
    resolution: Resolution
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Record and show that a board changed its state."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class Recall:
    """Let a board end the work it runs, and take back the rest."""

    board: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Start a lost board again."""

    board: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Give a board up for this run; what it still reports does not count."""

    board: str


@dataclass(frozen=True, slots=True)
class Release:
    """Let a board go: it was wanted back, and is done with everything it had."""

    board: str


Instruction: TypeAlias = Assign | AttemptLost | Conclude | Announce | Recall | Restart | Retire | Release
