"""The fleet of a host by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from farm.board.handover import RunningWorker
from farm.board.limits import Limits
from farm.cluster.board_handle import BoardHandle, start_actor
from farm.cluster.fleet import FleetEvent, Outcomes, Started
from farm.cluster.hosts.board_memory import remember
from farm.cluster.ray_fleet import RayFleet
from farm.core.board import Board
from scheduler.board_state import Transition


class ReadyWorkers(Protocol):
    """Workers that this process has started for boards."""

    def worker_of(self, board: Board) -> RunningWorker | None:
        """The worker that is ready for a board, once; None if there is none."""

    def started(self, board: str, pid: int) -> None:
        """Note that the worker of a board has started, perhaps the one that was ready."""


class HostFleet(RayFleet):
    """A fleet of this host's own boards; the host remembers their checks and holds.

    Attributes:
        ready: the workers that were started before the boards.
    """

    def __init__(self, limits: Limits, folder: Path | None, *, run_id: str, ready: ReadyWorkers) -> None:
        """Make a fleet without boards; for the other arguments, see `RayFleet`."""
        super().__init__(limits, folder, run_id=run_id, start_actor=self._start_with_worker)
        self.ready = ready

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`."""
        events = super().wait(seconds)
        for event in events:
            if isinstance(event, Started):
                self.ready.started(event.board, event.info.pid)
            for report in event.outcomes if isinstance(event, Outcomes) else ():
                if isinstance(report, Transition):
                    remember(self._boards[report.board], report)
        return events

    def _start_with_worker(self, board: Board, limits: Limits, folder: Path | None, run_id: str) -> BoardHandle:
        return start_actor(board, limits, folder, run_id, self.ready.worker_of(board))
