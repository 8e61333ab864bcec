"""Sweep modules listed on a host of the farm, for a driver without ttnn. Their files must be there, too."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from farm.board.confinement import Confinement
from farm.board.protocol import Deadlines, WorkerDied, WorkerHung
from farm.cluster.actor import WorkerUnusable
from farm.cluster.registry.client import connected
from farm.cluster.stream_batching import chunked
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.messages import Hello, Listing, ListVectors
from farm.core.settings import load_settings

CHUNK_SECONDS = 0.05
"""How long a message may wait for others before it is sent."""
CHUNKS_AHEAD = 8
"""How far the host may be ahead of the reader: a million vectors are never all in memory."""


@dataclass(frozen=True, slots=True)
class ListerHung:
    """The worker hung while it listed."""

    message: str


@dataclass(frozen=True, slots=True)
class ListerDied:
    """The worker died while it listed."""

    message: str


ListingMessage: TypeAlias = Listing | ListerHung | ListerDied
"""A message of the worker, or how it ended."""


class ListingActor:
    """A Ray actor with a worker that opens no device and lists the vectors of modules."""

    def __init__(self, board: Board, confinement: Confinement) -> None:
        from farm.board.worker_handle import WorkerProcess

        self._folder = tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True)
        deadlines = Deadlines(confinement=confinement)
        self._process = WorkerProcess(board, Path(self._folder.name), deadlines, board.python or sys.executable)

    def start(self) -> Hello | WorkerUnusable:
        """Start the worker."""
        try:
            return self._process.start()
        except NotRunnable as error:
            return WorkerUnusable(str(error))

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[list[ListingMessage]]:
        """See `WorkerProcess.list_vectors`; an error that it raises is the last message."""
        yield from chunked(self._messages(request, timeout), CHUNK_SECONDS)

    def close(self) -> None:
        """End the worker."""
        self._process.close()
        self._folder.cleanup()

    def _messages(self, request: ListVectors, timeout: float) -> Iterator[ListingMessage]:
        try:
            yield from self._process.list_vectors(request, timeout)
        except WorkerHung as error:
            yield ListerHung(str(error))
        except WorkerDied as error:
            yield ListerDied(str(error))


class FarmListing:
    """A worker on a host of the farm that lists modules; see `farm.sweeps.records.ListingProcess`.

    Args:
        address: the farm; None where this process is connected to it already.
        board: one of the host's boards. It isn't opened, and stays with the run that has it.
        confinement: what the worker may use of that host.
    """

    def __init__(self, address: str | None, board: Board, confinement: Confinement) -> None:
        self._confinement = confinement
        self._address = address
        self._board = board
        self._stack = ExitStack()
        self._actor: Any = None

    def start(self) -> Hello:
        """See the protocol."""
        from farm.cluster.placement import options_beside
        from farm.cluster.ray_client import ray

        if self._actor is None:
            if self._address is not None:
                self._stack.enter_context(connected(self._address, load_settings().token_file))
            options = options_beside(self._board) or {}
            self._actor = ray.remote(ListingActor).options(num_cpus=0, **options).remote(self._board, self._confinement)
            self._stack.callback(ray.kill, self._actor)
        start: Hello | WorkerUnusable = self._get(self._actor.start.remote())
        if isinstance(start, WorkerUnusable):
            raise NotRunnable(f"{self._board.host or self._board.id}: {start.message}")
        return start

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:
        """See the protocol."""
        options = {"num_returns": "streaming", "_generator_backpressure_num_objects": CHUNKS_AHEAD}
        for chunk in self._actor.list_vectors.options(**options).remote(request, timeout):
            messages: list[ListingMessage] = self._get(chunk)
            for message in messages:
                match message:
                    case ListerHung(text):
                        raise WorkerHung(text, None, timeout)
                    case ListerDied(text):
                        raise WorkerDied(text)
                    case _:
                        yield message

    def close(self) -> None:
        """See the protocol."""
        with self._stack:
            if self._actor is not None:
                self._get(self._actor.close.remote())
                self._actor = None

    def _get(self, reference: Any) -> Any:
        from farm.cluster.ray_client import ray

        try:
            return ray.get(reference)
        except ray.exceptions.RayError as error:
            reason = str(error).splitlines()[0]
            raise NotRunnable(f"{self._board.host or self._board.id} can't list sweep modules: {reason}") from error
