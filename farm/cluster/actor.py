"""The Ray actor of one board: runs its supervisor, and streams what that reports to the driver."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from farm.board.handover import RunningWorker, continuing
from farm.board.limits import Limits
from farm.board.supervisor import BoardReport, Supervisor
from farm.board.worker_choice import make_worker
from farm.cluster.placement import boards_beside
from farm.cluster.stream_batching import chunked
from farm.core.board import Board, WorkerInfo
from farm.core.errors import NotRunnable
from farm.core.gc_tuning import fewer_collections
from farm.core.log import BoardLogFile
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from farm.core.scratch import Scratch
from tracer.device_config import DeviceConfig

_LOG = logging.getLogger(__name__)

SCRATCH_PREFIX = "farm-board-"
CHUNK_SECONDS = 0.1
"""How long a report may wait for others before it is sent."""
CHUNKS_PER_CALL = 500
"""Ray holds a kilobyte for each message of a call until the call ends."""


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """The board's worker started; see `WorkerInfo`."""

    info: WorkerInfo


@dataclass(frozen=True, slots=True)
class WorkerUnusable:
    """The board can't have a worker on this host: what that needs is missing."""

    message: str


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A batch that an actor was given.

    Attributes:
        number: the driver's number of the batch.
        config: how the board is to be opened.
        vectors: what to run.
    """

    number: int
    config: DeviceConfig
    vectors: Sequence[EncodedVector]


Message: TypeAlias = "tuple[int, BoardReport | None]"
"""The number of a batch, and a report of its board; None at the end of the batch."""


class BoardActor:
    """Runs batches one after the other, in a process of its own, and answers other calls meanwhile."""

    def __init__(
        self,
        board: Board,
        limits: Limits,
        folder: Path | None,
        run_id: str = "",
        worker: RunningWorker | None = None,
    ) -> None:
        # ttnn leaves files in its working directory
        self._scratch = Scratch(folder or Path(tempfile.gettempdir()), SCRATCH_PREFIX)
        self._log_file = BoardLogFile(run_id, board.id) if run_id else None
        if self._log_file:
            self._log_file.take_output(self._scratch.path)
        _LOG.info("%s: supervised by process %d", board.id, os.getpid())
        if board.host:
            limits = replace(limits, confinement=replace(limits.confinement, boards=boards_beside()))
        make = make_worker if worker is None else continuing(worker)
        self._supervisor = Supervisor(board, self._scratch.path, limits, make_worker=make)
        self._batches: deque[BatchRequest | None] = deque()  # those not begun; None ends them
        self._batch_added = threading.Condition()
        self._running = threading.Lock()  # held while batches may run
        self._messages = chunked(self._run_all(), CHUNK_SECONDS, urgent=lambda message: message[1] is None)

    def start(self) -> WorkerStarted | WorkerUnusable:
        """Start the worker."""
        try:
            return WorkerStarted(self._supervisor.start())
        except NotRunnable as error:
            _LOG.error("%s: no worker: %s", self._supervisor.board.id, error)
            return WorkerUnusable(str(error))

    def outcomes(self) -> Iterator[list[Message]]:
        """Run batches as they are given, and yield all reports of them; call it again when it ends."""
        for messages in islice(self._messages, CHUNKS_PER_CALL):  # noqa: UP028 - it would pass on what Ray sends
            yield messages

    def give(self, number: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> None:
        """Add a batch, to run after those given before; see `Supervisor.run`."""
        self._add(BatchRequest(number, config, vectors))

    def answer(self) -> None:
        """Show that this process is alive, whatever the board does."""

    def stop(self) -> None:
        """Let the vector that runs end, and start no other; see `Supervisor.stop`."""
        _LOG.info("stop: no new vectors")
        self._supervisor.stop()

    def close(self) -> tuple[int, int]:
        """Release the board once its batches ended; returns `Supervisor.kernels`."""
        self._add(None)
        with self._running:
            self._supervisor.close()
        if self._log_file:
            self._log_file.close()
        self._scratch.close()
        return self._supervisor.kernels

    def _add(self, batch: BatchRequest | None) -> None:
        with self._batch_added:
            self._batches.append(batch)
            self._batch_added.notify()

    def _run_all(self) -> Iterator[Message]:
        with self._running, fewer_collections():
            while (batch := self._take()) is not None:
                _LOG.debug("batch %d, vectors: %d, %s", batch.number, len(batch.vectors), batch.config)
                for report in self._supervisor.run(batch.config, batch.vectors, self._next_batch):
                    _log(batch, report)
                    yield batch.number, report
                yield batch.number, None

    def _take(self) -> BatchRequest | None:
        with self._batch_added:
            self._batch_added.wait_for(lambda: self._batches)
            return self._batches.popleft()

    def _next_batch(self) -> tuple[DeviceConfig, Sequence[EncodedVector]] | None:
        """The batch after the one that runs."""
        with self._batch_added:
            batch = self._batches[0] if self._batches else None
        return None if batch is None else (batch.config, batch.vectors)


def _log(batch: BatchRequest, report: BoardReport) -> None:
    """Log outcomes that are not good. The supervisor logs transitions; passes are thousands a second."""
    if isinstance(report, Outcome) and not report.verdict.good:
        _LOG.info(
            "batch %d, vector %s: %s %s: %s",
            *(batch.number, report.vector_id, report.verdict.value, report.reason.value, report.message),
        )
