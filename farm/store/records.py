"""What a driver passes to the store."""

from __future__ import annotations

import importlib.metadata
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Protocol

from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.log import BoardLog
from farm.core.sweep_spec import SweepSpec
from scheduler.board_state import BoardState, Cause, Transition
from tracer.device_config import DeviceConfig


def new_run_id(now: float | None = None) -> str:
    """Return a run id that sorts by time (UTC) and that no other driver gets: `20251122-214530-3f9ac1`."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, tz=timezone.utc)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def own_version() -> str:
    """Return the installed version of farm."""
    return importlib.metadata.version("ttnn-farm")


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run at its start.

    Attributes:
        command: the command line, as typed.
        suite: the suite of vectors; empty if there is none.
        id: unique over all stores.
        started: Unix time in seconds.
        farm_version: this project's version.
        host: the driver's host.
        spec: what the run runs, for `farm sweep --from`; None where no `farm sweep` runs the same.
        details: anything else worth keeping (selection, git commit, CI job), JSON.
    """

    command: str
    suite: str = ""
    id: str = field(default_factory=new_run_id)
    started: float = field(default_factory=time.time)
    farm_version: str = field(default_factory=own_version)
    host: str = field(default_factory=socket.gethostname)
    spec: SweepSpec | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Ended(str, Enum):
    """How a run ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


class Plannable(Protocol):
    """What the store keeps of a planned vector; `farm.planning.vectors.Vector` is one."""

    @property
    def id(self) -> str:
        """Unique within the run."""

    @property
    def operation(self) -> str:
        """`ttnn.add`."""

    @property
    def config_hash(self) -> str:
        """The hash as tt-metal computes it; it may repeat."""

    @property
    def content_hash(self) -> str:
        """The hash of operation and arguments: the same over runs and masters."""

    @property
    def former_content_hash(self) -> str:
        """The hash that an earlier version of farm recorded in its place; empty if that is unknown, or the same."""

    @property
    def device_config(self) -> DeviceConfig:
        """How the board must be opened."""

    @property
    def device_config_inferred(self) -> bool:
        """Whether the trace didn't say the device config, so that it was inferred from the configuration."""

    @property
    def text(self) -> str:
        """The payload as JSON: enough to run the vector again."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The models it was seen in."""

    @property
    def lost(self) -> tuple[str, ...]:
        """Arguments that the trace lost."""


@dataclass(frozen=True, slots=True)
class RunBoard:
    """A board that takes part in a run.

    Attributes:
        board: the board.
        host: its host.
        ttnn_version: the version of the ttnn that opened it; None until then.
        details: anything else worth keeping (firmware, driver, ...), JSON.
    """

    board: Board
    host: str = ""
    ttnn_version: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class BoardEventKind(str, Enum):
    """The kinds of events of a board during a run."""

    STATE = "state"
    """The board changed its state. See `state_event`."""
    FAULT = "fault"
    """The board failed an attempt."""
    KERNELS = "kernels"
    """The run ended: how many kernels the board found compiled, and how many it needed."""
    LOG = "log"
    """The run ended: the last lines of the board's log files. See `log_event`."""


@dataclass(frozen=True, slots=True)
class BoardEvent:
    """An event of a board.

    Attributes:
        board: the board's id.
        kind: what kind of event.
        message: what happened, in words.
        at: Unix time in seconds.
        details: JSON.
    """

    board: str
    kind: BoardEventKind
    message: str = ""
    at: float = field(default_factory=time.time)
    details: dict[str, Any] = field(default_factory=dict)


def state_event(transition: Transition) -> BoardEvent:
    """Return the event that keeps a change of a board's state; `state_after` reads the new state from its details."""
    details = {
        "before": transition.before.value,
        "after": transition.after.value,
        "cause": transition.cause.value,
        "seconds": transition.seconds,
    }
    return BoardEvent(transition.board, BoardEventKind.STATE, transition.message, transition.at, details)


def state_after(details: Mapping[str, Any]) -> BoardState:
    """Return the new state from the details of an event of kind `state`."""
    return BoardState(details["after"])


def state_cause(details: Mapping[str, Any]) -> Cause | None:
    """Return the cause from the details of an event of kind `state`; None for a cause of older farms."""
    try:
        return Cause(details.get("cause"))
    except ValueError:
        return None


def log_event(board: str, log: BoardLog) -> BoardEvent:
    """Return the event that keeps the last lines of a board's log files, which `farm.store.view.BoardView.log` has."""
    return BoardEvent(board, BoardEventKind.LOG, details={"path": log.path, "tail": log.tail, "output": log.output})


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The end of a run.

    Attributes:
        ended: how it ended.
        finished: when, in Unix seconds.
        message: why, if it failed.
    """

    ended: Ended
    finished: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a run that are written together, in this order.

    Attributes:
        number: its number among the batches of its driver, from 1.
        boards: boards.
        attempts: attempts.
        conclusions: verdicts.
        events: events of boards.
        end: the end of the run.
    """

    number: int
    boards: Sequence[RunBoard] = ()
    attempts: Sequence[Attempt] = ()
    conclusions: Sequence[Conclusion] = ()
    events: Sequence[BoardEvent] = ()
    end: RunEnd | None = None
