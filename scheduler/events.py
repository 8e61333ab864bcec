"""What can happen. Every event is told once, in the order it was seen; late and doubled results are harmless."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.work import AttemptResult, Work


@dataclass(frozen=True, slots=True)
class BoardAdded:
    """The farm has this board; it is starting. Work that no board added so far can take is concluded when planned.

    Boards may also be added later, and a board that left may come back.

    Attributes:
        board: its id.
        kind: what decides which keys fit it. Opaque; boards of one kind fit the same keys.
    """

    board: str
    kind: Hashable


@dataclass(frozen=True, slots=True)
class Planned:
    """More work. What no board of the farm fits is concluded at once."""

    works: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class BoardReady:
    """A starting board takes work now."""

    board: str


@dataclass(frozen=True, slots=True)
class BoardLost:
    """A board, or whoever holds it, is gone with all that it was given, or did not start."""

    board: str


@dataclass(frozen=True, slots=True)
class BoardHeld:
    """A board can't be trusted any more, and nothing more is tried with it. What it had counts as no try."""

    board: str


@dataclass(frozen=True, slots=True)
class BoardLeaving:
    """A board is wanted back. What it runs may end, the rest goes elsewhere, and none of it counts as a try."""

    board: str


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """One work of a batch was tried.

    Attributes:
        batch: which.
        work: its id.
        result: how the attempt ended.
        seconds: how long the work took, where that says something: estimates learn from it.
    """

    batch: int
    work: str
    result: AttemptResult
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class BatchEnded:
    """A board is done with a batch. Works of it whose attempt has not ended were not tried."""

    batch: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """No more work is to be started."""


Event: TypeAlias = (
    BoardAdded | Planned | BoardReady | BoardLost | BoardHeld | BoardLeaving | AttemptEnded | BatchEnded | Stopped
)
