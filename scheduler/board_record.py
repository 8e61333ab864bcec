"""The scheduler's ledger of each board: its state, its batches, and its faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from scheduler.board_state import BoardState


@dataclass(frozen=True, slots=True)
class FaultBudget:
    """The faults a board may have before the run gives it up.

    Attributes:
        in_a_row: faults and losses without an attempt between them that passed or failed by itself.
        in_all: faults and losses in a whole run.
        refusals: batches of one key for which the board could not be set up, before the key is kept from it.
    """

    in_a_row: int = 5
    in_all: int = 20
    refusals: int = 2


@dataclass(slots=True)
class Batch:
    """A batch that a board holds.

    Attributes:
        board: its id.
        key: how the board must be set up.
        open: attempt number of each task whose attempt has not ended, in running order.
        seconds: estimated seconds of these tasks.
        factor: the correction of that estimate, from tasks that have ended.
        tried: whether an attempt of it ended.
        blamed: whether the board was blamed for a fault in it, at most once per batch.
    """

    board: str
    key: Hashable
    open: dict[str, int]
    seconds: float = 0.0
    factor: float = 1.0
    tried: bool = False
    blamed: bool = False


@dataclass(slots=True)
class BoardRecord:
    """A board of the run.

    Attributes:
        id: unique in the run.
        kind: decides which keys fit it.
        state: see `BoardState`.
        message: why it is in this state, in words; may be empty.
        batches: the batches it holds, by number, in running order.
        faults_in_a_row: see `FaultBudget`.
        faults: faults and losses so far.
        refusals: batches it could not be set up for, by key.
        refused: keys kept from it.
    """

    id: str
    kind: Hashable
    state: BoardState = BoardState.STARTING
    message: str = ""
    batches: dict[int, Batch] = field(default_factory=dict)
    faults_in_a_row: int = 0
    faults: int = 0
    refusals: Counter[Hashable] = field(default_factory=Counter)
    refused: set[Hashable] = field(default_factory=set)

    def count_fault(self) -> None:
        """Count a fault or a loss."""
        self.faults += 1
        self.faults_in_a_row += 1

    def has_spent(self, budget: FaultBudget) -> bool:
        """Whether it had too many faults."""
        return self.faults_in_a_row >= budget.in_a_row or self.faults >= budget.in_all
