"""The Ray actor of one board: a supervisor whose outcomes are streamed to the driver."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from farm.board.backends import backend_of
from farm.board.limits import Limits
from farm.board.supervisor import BoardReport, Supervisor
from farm.cluster.stream_batching import chunked
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.gc_tuning import fewer_collections
from farm.core.log import BoardLogFile
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from farm.core.scratch import Scratch
from tracer.device_config import DeviceConfig

_LOG = logging.getLogger(__name__)

BOARD_RESOURCE = "farm_board"
"""The Ray resource of which a host has one per board, so that no two actors hold the same one."""
PREFIX = "farm-board-"
CHUNK_SECONDS = 0.1
"""How long an outcome may wait for company before it is sent."""
MESSAGES = 500
"""Of one call: Ray holds a kilobyte for each message of a call until the call ends."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A batch as an actor got it: its number, how the board is to be opened, and its vectors."""

    number: int
    config: DeviceConfig
    parcels: Sequence[EncodedVector]


Message: TypeAlias = "tuple[int, BoardReport | None]"
"""What an actor tells of the batch with a number; None: it is done with it."""


class BoardActor:
    """Runs in a process of Ray's: batches one after the other, and all that it is asked meanwhile, at once."""

    def __init__(self, board: Board, limits: Limits, folder: Path | None, run_id: str = "") -> None:
        # ttnn leaves files in its working directory
        self._scratch = Scratch(folder or Path(tempfile.gettempdir()), PREFIX)
        self._log_file = BoardLogFile(run_id, board.id) if run_id else None
        if self._log_file:
            self._log_file.take_output(self._scratch.path)
        _LOG.info("%s: supervised by process %d", board.id, os.getpid())
        self._supervisor = Supervisor(board, self._scratch.path, limits)
        self._batches: deque[BatchRequest | None] = deque()  # those not begun; None is the end of them
        self._came = threading.Condition()
        self._work = threading.Lock()  # held while batches may run
        self._messages = chunked(self._run_all(), CHUNK_SECONDS, urgent=lambda message: message[1] is None)

    def start(self) -> dict[str, Any]:
        """Starts the worker; what it says of itself, or `unusable` and why."""
        try:
            return self._supervisor.start()
        except NotRunnable as error:
            _LOG.error("%s: no worker: %s", self._supervisor.board.id, error)
            return {"unusable": str(error)}

    def outcomes(self) -> Iterator[list[Message]]:
        """Runs batches as they are given, and tells all that comes of them; to be called again when it ends."""
        for messages in islice(self._messages, MESSAGES):  # noqa: UP028 - it would pass on what Ray sends
            yield messages

    def give(self, number: int, config: DeviceConfig, parcels: Sequence[EncodedVector]) -> None:
        """Takes a batch, which runs after those given before; see `Supervisor.run`."""
        self._take(BatchRequest(number, config, parcels))

    def answer(self) -> None:
        """Shows that it lives, whatever the board does."""

    def stop(self) -> None:
        """See `Supervisor.stop`."""
        _LOG.info("stop: no new vectors")
        self._supervisor.stop()

    def close(self) -> tuple[int, int]:
        """Releases the board once its batches are done; see `Supervisor.kernels` for what it answers."""
        self._take(None)
        with self._work:
            self._supervisor.close()
        if self._log_file:
            self._log_file.close()
        self._scratch.close()
        return self._supervisor.kernels

    def _take(self, given: BatchRequest | None) -> None:
        with self._came:
            self._batches.append(given)
            self._came.notify()

    def _run_all(self) -> Iterator[Message]:
        with self._work, fewer_collections():
            while (given := self._next()) is not None:
                _LOG.debug("batch %d: %d vectors, %s", given.number, len(given.parcels), given.config)
                for told in self._run(given):
                    _log_report(given.number, told)
                    yield given.number, told
                yield given.number, None

    def _next(self) -> BatchRequest | None:
        with self._came:
            self._came.wait_for(lambda: self._batches)
            return self._batches.popleft()

    def _run(self, given: BatchRequest) -> Iterator[BoardReport]:
        return self._supervisor.run(given.config, given.parcels, self._next_batch)

    def _next_batch(self) -> tuple[DeviceConfig, Sequence[EncodedVector]] | None:
        """The batch after the one that runs."""
        with self._came:
            ahead = self._batches[0] if self._batches else None
        return None if ahead is None else (ahead.config, ahead.parcels)


def _log_report(batch: int, report: BoardReport) -> None:
    """Log outcomes that are not good; transitions are logged by the supervisor, and passes are thousands a second."""
    if isinstance(report, Outcome) and not report.verdict.good:
        _LOG.info(
            "batch %d, vector %s: %s %s: %s",
            *(batch, report.vector_id, report.verdict.value, report.reason.value, report.message),
        )


def board_resource(board_id: str) -> str:
    """The Ray resource of one board of a farm's host: who holds it holds the board, and runs where it is."""
    return "board:" + board_id.replace(",", "+")  # Ray separates resources by commas


def resources_of(board: Board) -> dict[str, float]:
    """What Ray must set aside for a board's actor."""
    if not board.host:
        return {BOARD_RESOURCE: 1}
    wanted = {board_resource(board.id): 1.0}
    if devices := backend_of(board).addresses(board):
        # so that others' work on the same cluster, which asks for devices by number, stays away
        wanted["TTNPU"] = float(len(devices))
    return wanted
