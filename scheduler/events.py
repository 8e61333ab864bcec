"""The events that a scheduler handles. Report each once, as observed; late and repeated results do no harm."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.board_state import Transition
from scheduler.costs import SetupCosts
from scheduler.task import AttemptResult, Task


@dataclass(frozen=True, slots=True)
class BoardAdded:
    """A board joined the run, and is starting. Work that no board added so far can take is resolved when planned.

    Boards may also be added later, and a board that left may come back.

    Attributes:
        board: its id.
        kind: decides which keys fit it. Opaque; boards of one kind fit the same keys.
    """

    board: str
    kind: Hashable


@dataclass(frozen=True, slots=True)
class Planned:
    """More tasks are planned. A task that no board of the run fits is resolved at once."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class SetupCostsLearned:
    """Better estimates of the costs of setting boards up are available."""

    costs: SetupCosts


@dataclass(frozen=True, slots=True)
class BoardReady:
    """The supervisor of a starting board answered; the board takes work now."""

    board: str


@dataclass(frozen=True, slots=True)
class BoardChanged:
    """A supervisor changed the state of its board. In `held`, the open work of its batches doesn't count as tried."""

    transition: Transition


@dataclass(frozen=True, slots=True)
class BoardLost:
    """A board's supervisor or host is gone with all its batches, or did not start."""

    board: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class BoardLeaving:
    """A board is withdrawn. It may end the task it runs; the rest goes to others, and doesn't count as an attempt."""

    board: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt of one task of a batch ended.

    Attributes:
        batch: number of the batch.
        task: id of the task.
        result: the result.
        seconds: how long the task took, if that is meaningful: estimates learn from it.
    """

    batch: int
    task: str
    result: AttemptResult
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class BatchEnded:
    """A board is done with a batch. Tasks of it whose attempt has not ended were not tried."""

    batch: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Start no more work."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Resolve all work now, and wait for no board."""


Event: TypeAlias = (
    BoardAdded
    | Planned
    | SetupCostsLearned
    | BoardReady
    | BoardChanged
    | BoardLost
    | BoardLeaving
    | AttemptEnded
    | BatchEnded
    | Stopped
    | Abandoned
)
