"""A fleet in one process and one thread: supervisors of fake boards, without Ray."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from farm.board.limits import Limits
from farm.board.protocol import WorkerDied
from farm.board.supervisor import BoardReport, Supervisor
from farm.cluster.fleet import BatchDone, FleetEvent, Gone, Outcomes, Started
from farm.core.board import Board
from farm.core.log import BoardLog
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

Batch = tuple[int, DeviceConfig, Sequence[EncodedVector]]


class SupervisorDied(BaseException):
    """Stands for the end of a supervisor's process: tests make `os._exit` raise it."""


class LocalFleet:
    """Runs one batch of one board at each `wait`, boards in turn.

    Attributes:
        assigned: board and vector ids of every batch.
        opened: board and device config of every batch.
        started: every start of a board.
        limits: the limits of its supervisors.
    """

    def __init__(self) -> None:
        self.assigned: list[tuple[str, list[str]]] = []
        self.opened: list[tuple[str, DeviceConfig]] = []
        self.started: list[str] = []
        self.limits = Limits(open=0.01, vector=0.01)
        self._supervisors: dict[str, Supervisor] = {}
        self._batches: dict[str, deque[Batch]] = {}
        self._events: list[FleetEvent] = []

    def start(self, board: Board) -> None:
        self.started.append(board.id)
        supervisor = Supervisor(board, Path(tempfile.gettempdir()), self.limits)
        try:
            self._events.append(Started(board.id, supervisor.start()))
        except WorkerDied as error:
            self._events.append(Gone(board.id, str(error)))
            return
        self._supervisors[board.id] = supervisor
        self._batches[board.id] = deque()

    def run(self, board: str, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> None:
        self.assigned.append((board, [vector.id for vector in vectors]))
        self.opened.append((board, config))
        self._batches[board].append((batch, config, vectors))

    def stop(self, board: str) -> None:
        self._supervisors[board].stop()

    def drop(self, board: str) -> None:
        self._supervisors.pop(board, None)
        self._batches.pop(board, None)

    def wait(self, seconds: float) -> list[FleetEvent]:  # noqa: ARG002 - see `Fleet`
        events, self._events = self._events, []
        busy = next((board for board, batches in self._batches.items() if batches), None)
        if events or busy is None:
            return events
        batch, config, vectors = self._batches[busy].popleft()
        self._batches[busy] = self._batches.pop(busy)  # to the end, so that boards take turns
        outcomes: list[BoardReport] = []
        try:
            outcomes.extend(self._supervisors[busy].run(config, vectors))
        except SupervisorDied:
            self.drop(busy)
            return [Outcomes(batch, outcomes), Gone(busy, "its process ended")]
        return [Outcomes(batch, outcomes), BatchDone(busy, batch)]

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:  # noqa: ARG002 - see `Fleet`
        for supervisor in self._supervisors.values():
            supervisor.close()
        return {}

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:  # noqa: ARG002 - see `Fleet`
        return {}
