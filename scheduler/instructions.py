"""The instructions of a scheduler, for the caller to carry out in order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.board_state import Transition
from scheduler.task import Resolution


@dataclass(frozen=True, slots=True)
class Assign:
    """Hand a batch to a board, behind the batches it holds.

    Attributes:
        board: its id.
        batch: number of the batch, never used again.
        key: how the board must be set up.
        tasks: id and attempt number (from 1) of each task, in running order.
    """

    board: str
    batch: int
    key: Hashable
    tasks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """Record an attempt without an outcome, during which the board was lost. It counts like any other."""

    task: str
    attempt: int
    board: str


@dataclass(frozen=True, slots=True)
class Conclude:
    """Record the verdict of a task.

    Attributes:
        task: its id.
        resolution: how it is resolved.
        attempt: the attempt whose result decides the task; None if none does.
    """

    task: str
    resolution: Resolution
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Record and show that a board changed its state."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class Recall:
    """Let a board end the task it runs, and take back the rest."""

    board: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Start a lost board again."""

    board: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Give a board up for this run; later results of it don't count."""

    board: str


@dataclass(frozen=True, slots=True)
class Release:
    """Release a board that was withdrawn, and is done with all its batches."""

    board: str


Instruction: TypeAlias = Assign | AttemptLost | Conclude | Announce | Recall | Restart | Retire | Release
