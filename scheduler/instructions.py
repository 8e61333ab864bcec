"""What is to be done about an event, in this order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.work import Resolution


@dataclass(frozen=True, slots=True)
class Assign:
    """Hand a batch to a board, behind those it has.

    Attributes:
        board: who.
        batch: number of the batch, never used again.
        key: how the board must be set up.
        works: id and attempt number (from 1) of each work, in the order to run them.
    """

    board: str
    batch: int
    key: Hashable
    works: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """An attempt has no outcome of its own: the board was lost under it. It counts all the same."""

    work: str
    attempt: int
    board: str


@dataclass(frozen=True, slots=True)
class Conclude:
    """A work is done with.

    Attributes:
        work: its id.
        resolution: how.
        attempt: the attempt whose ending stands for the work; None where it was never tried.
    """

    work: str
    resolution: Resolution
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """Let a board end the work it is at, and give back the rest."""

    board: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Start a lost board again."""

    board: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Give a board up for this run; what it still reports doesn't count."""

    board: str


@dataclass(frozen=True, slots=True)
class Release:
    """A board that was wanted back is done with all it had: let it go."""

    board: str


Instruction: TypeAlias = Assign | AttemptLost | Conclude | Recall | Restart | Retire | Release
