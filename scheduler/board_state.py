"""The states of a board: one vocabulary for supervisor, scheduler, display, farm screen, store and report.

    starting ─▶ unverified ─▶ healthy ◀─▶ busy            from any state: leaving ─▶ left
       ▲          │   ▲          │ ▲        │                             lost ─▶ starting, or retired
       │          ▼   │          ▼ │        │                             retired
      lost      suspect ◀────────┴─┼────────┘
                  │ ▲ └────────────┘ (check passed)
                  ▼ └─ resetting ─▶ unverified
                held

The supervisor decides on the states from unverified to held (`scheduler.health`). The scheduler decides on the
others and keeps the one ledger of a run's boards (`scheduler.board_record`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BoardState(str, Enum):
    """The state of a board."""

    STARTING = "starting"
    """Its supervisor and worker are starting: for the first time, or after the board was lost."""
    UNVERIFIED = "unverified"
    """Its supervisor runs. The board has not passed a check: it is new, was just reset or just released."""
    HEALTHY = "healthy"
    """It passed its check, has had no trouble since, and runs nothing."""
    BUSY = "busy"
    """Healthy, and running vectors."""
    SUSPECT = "suspect"
    """There was trouble on it; the board may or may not be the cause."""
    RESETTING = "resetting"
    """Its reset command runs."""
    HELD = "held"
    """Out of use until a person releases it: held by a person, or by farm after checks and resets did not help."""
    LEAVING = "leaving"
    """Withdrawn from the run: it ends the vector it runs, and gets no other."""
    LEFT = "left"
    """It left the run. The farm may offer it again."""
    LOST = "lost"
    """Its supervisor or its host is gone. In a run, it is started again or retired."""
    RETIRED = "retired"
    """The run gave it up after too many faults."""

    @property
    def is_ready(self) -> bool:
        """Whether its supervisor runs and takes batches."""
        return self in _READY

    @property
    def takes_part(self) -> bool:
        """Whether it may be given work, now or once it has started."""
        return self in _READY or self is BoardState.STARTING

    @property
    def is_final(self) -> bool:
        """Whether it takes no further part in the run."""
        return self in (BoardState.HELD, BoardState.LEFT, BoardState.RETIRED)


_READY = (
    BoardState.BUSY,
    BoardState.HEALTHY,
    BoardState.UNVERIFIED,
    BoardState.SUSPECT,
    BoardState.RESETTING,
)


class Cause(str, Enum):
    """Why a board changed its state. A closed list, so that reports can group by it."""

    STARTED = "started"
    """The run starts its supervisor."""
    ANSWERED = "answered"
    """Its supervisor and worker answered."""
    CHECK_PASSED = "check_passed"
    CHECK_FAILED = "check_failed"
    CHIPS_MISSING = "chips_missing"
    OPEN_FAILED = "open_failed"
    OPEN_TIMEOUT = "open_timeout"
    PROCESS_DIED = "process_died"
    PROCESS_HUNG = "process_hung"
    BOARD_FAULT = "board_fault"
    CHIP_IN_USE = "chip_in_use"
    """Another process has a chip of it open, and did not end in time."""
    WORK_BEGAN = "work_began"
    WORK_ENDED = "work_ended"
    RESET_NEEDED = "reset_needed"
    RESET_ENDED = "reset_ended"
    RESET_FAILED = "reset_failed"
    RESET_TIMEOUT = "reset_timeout"
    BUDGET_SPENT = "budget_spent"
    """Checks and resets did not help, or the run's fault budget is spent."""
    CONNECTION_LOST = "connection_lost"
    """Its supervisor or its host is gone."""
    WITHDRAWN = "withdrawn"
    """The farm withdrew it, or its time in this run is over."""
    STOPPED = "stopped"
    """The run was stopped."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a board's state.

    Attributes:
        board: its id.
        before: the state it left.
        after: the state it is in now.
        cause: why, from the closed list.
        message: why, in words; may be empty.
        at: when, by the clock that was passed in.
        seconds: how long it took, for a reset or a check; otherwise 0.
    """

    board: str
    before: BoardState
    after: BoardState
    cause: Cause
    message: str = ""
    at: float = 0.0
    seconds: float = 0.0
