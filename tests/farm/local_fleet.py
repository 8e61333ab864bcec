"""A fleet in one process and one thread: keepers of fake boards, without Ray."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from farm.board.protocol import ProcessDied
from farm.board.supervisor import Keeper, Limits, Told
from farm.cluster.fleet import BatchDone, Gone, Happening, Outcomes, Started
from farm.core.board import Board
from farm.core.payload import Parcel
from tracer.device_config import DeviceConfig

Held = tuple[int, DeviceConfig, Sequence[Parcel]]


class KeeperDied(BaseException):
    """Stands for the end of an actor's process; tests make `os._exit` raise it."""


class LocalFleet:
    """Runs one batch of one board at each `wait`, boards in turn.

    Attributes:
        given: every batch that was handed out: board and vector ids.
        opened: and how the board was to be opened for it.
        started: boards, as often as they were started.
        limits: of its keepers.
    """

    def __init__(self) -> None:
        self.given: list[tuple[str, list[str]]] = []
        self.opened: list[tuple[str, DeviceConfig]] = []
        self.started: list[str] = []
        self.limits = Limits(open=0.01, vector=0.01)
        self._keepers: dict[str, Keeper] = {}
        self._batches: dict[str, deque[Held]] = {}
        self._happened: list[Happening] = []

    def start(self, board: Board) -> None:
        self.started.append(board.id)
        keeper = Keeper(board, Path(tempfile.gettempdir()), self.limits)
        try:
            self._happened.append(Started(board.id, keeper.start()))
        except ProcessDied as error:
            self._happened.append(Gone(board.id, str(error)))
            return
        self._keepers[board.id] = keeper
        self._batches[board.id] = deque()

    def run(self, board: str, batch: int, config: DeviceConfig, parcels: Sequence[Parcel]) -> None:
        self.given.append((board, [parcel.id for parcel in parcels]))
        self.opened.append((board, config))
        self._batches[board].append((batch, config, parcels))

    def stop(self, board: str) -> None:
        self._keepers[board].stop()

    def drop(self, board: str) -> None:
        self._keepers.pop(board, None)
        self._batches.pop(board, None)

    def wait(self, seconds: float) -> list[Happening]:  # noqa: ARG002 - see `Fleet`
        happened, self._happened = self._happened, []
        busy = next((board for board, batches in self._batches.items() if batches), None)
        if happened or busy is None:
            return happened
        batch, config, parcels = self._batches[busy].popleft()
        self._batches[busy] = self._batches.pop(busy)  # to the end: boards take turns
        outcomes: list[Told] = []
        try:
            outcomes.extend(self._keepers[busy].run(config, parcels))
        except KeeperDied:
            self.drop(busy)
            return [Outcomes(batch, outcomes), Gone(busy, "its process ended")]
        return [Outcomes(batch, outcomes), BatchDone(busy, batch)]

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:  # noqa: ARG002 - see `Fleet`
        for keeper in self._keepers.values():
            keeper.close()
        return {}
