"""What a driver hands to the store."""

from __future__ import annotations

import importlib.metadata
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Protocol

from farm.core.board import Board
from farm.core.log import BoardLog
from farm.core.sweep_spec import SweepSpec
from scheduler.board_state import BoardState, Transition
from tracer.device_config import DeviceConfig


def new_run_id(now: float | None = None) -> str:
    """A run id that sorts by time (UTC) and that two drivers won't share: `20251122-214530-3f9ac1`."""
    moment = datetime.fromtimestamp(time.time() if now is None else now, tz=timezone.utc)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def own_version() -> str:
    """The installed version of this project."""
    return importlib.metadata.version("ttnn-farm")


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as it starts.

    Attributes:
        command: the command line, as typed.
        suite: the suite of vectors; "" where there is none.
        id: unique over all stores.
        started: Unix time in seconds.
        farm_version: this project's version.
        host: where the driver runs.
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
    """How a run came to its end."""

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
        """As tt-metal computes it; may repeat."""

    @property
    def content_hash(self) -> str:
        """Of operation and arguments: the same over runs and masters."""

    @property
    def device_config(self) -> DeviceConfig:
        """How the board must be opened."""

    @property
    def device_config_inferred(self) -> bool:
        """The trace didn't say; it was inferred from what the configuration needs."""

    @property
    def text(self) -> str:
        """What the worker gets, as JSON: enough to run the vector again."""

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
        board: the board itself.
        host: where it is.
        ttnn_version: of the ttnn that opened it; None until one did.
        details: anything else worth keeping (firmware, driver, ...), JSON.
    """

    board: Board
    host: str = ""
    ttnn_version: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class BoardEventKind(str, Enum):
    """What can happen to a board during a run."""

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
    """Something that happened to a board.

    Attributes:
        board: the board's id.
        kind: what happened.
        message: in words.
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


def log_event(board: str, log: BoardLog) -> BoardEvent:
    """The event that keeps the last lines of a board's log files; `farm.store.view.BoardView.log` shows them."""
    return BoardEvent(board, BoardEventKind.LOG, details={"path": log.path, "tail": log.tail, "output": log.output})
