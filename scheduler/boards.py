"""What the scheduler knows of each board: its state, its batches, and how much it may get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum


class BoardState(Enum):
    """A board's life: starting, ready, perhaps lost and starting again; at last retired, or left as it was asked to."""

    STARTING = "starting"
    READY = "ready"
    RETIRED = "retired"
    LEAVING = "leaving"
    LEFT = "left"

    @property
    def takes_part(self) -> bool:
        """Whether it may be given work, now or once it is ready."""
        return self in (BoardState.STARTING, BoardState.READY)


@dataclass(frozen=True, slots=True)
class FaultBudget:
    """What a board may get wrong before it is given up.

    Attributes:
        in_a_row: faults and losses with no attempt in between that ended by the work's own doing.
        in_all: faults and losses of a whole run.
        refusals: batches for which it could not be set up, of one key, before that key is kept from it.
    """

    in_a_row: int = 5
    in_all: int = 20
    refusals: int = 2


@dataclass(slots=True)
class Batch:
    """A batch that a board holds.

    Attributes:
        board: who holds it.
        key: what it must be set up for.
        open: attempt number of each work whose attempt has not ended, in running order.
        seconds: estimated seconds of these.
        pace: what to multiply that by, as far as is known.
        tried: whether any attempt of it ended.
        blamed: whether the board was blamed for a fault in it: once per batch.
    """

    board: str
    key: Hashable
    open: dict[str, int]
    seconds: float = 0.0
    pace: float = 1.0
    tried: bool = False
    blamed: bool = False


@dataclass(slots=True)
class BoardRecord:
    """A board of the farm.

    Attributes:
        id: its name.
        kind: decides which keys fit it.
        state: see `BoardState`.
        batches: numbers of the batches it holds, the one it runs first.
        faults_in_a_row: see `FaultBudget`.
        faults: faults and losses so far.
        refusals: how often it could not be set up for a key.
        refused: keys kept from it.
    """

    id: str
    kind: Hashable
    state: BoardState = BoardState.STARTING
    batches: dict[int, Batch] = field(default_factory=dict)
    faults_in_a_row: int = 0
    faults: int = 0
    refusals: Counter[Hashable] = field(default_factory=Counter)
    refused: set[Hashable] = field(default_factory=set)

    def spent(self, budget: FaultBudget) -> bool:
        """Whether it got too much wrong."""
        return self.faults_in_a_row >= budget.in_a_row or self.faults >= budget.in_all
