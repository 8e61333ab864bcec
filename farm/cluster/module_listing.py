"""Sweep modules imported on a host of the farm, where the driver's own has no ttnn: their files must be there, too."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from farm.board.protocol import WorkerDied, WorkerHung
from farm.cluster.registry.service import connected
from farm.cluster.stream_batching import chunked
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.settings import load_settings

CHUNK_SECONDS = 0.05
CHUNKS_AHEAD = 8
"""How far the host may be ahead of who reads: a million vectors are nowhere held."""


class Lister:
    """A Ray actor that asks a worker, which opens nothing, for the vectors of modules."""

    def __init__(self, board: Board) -> None:
        from farm.board.worker_handle import WorkerProcess

        self._folder = tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True)
        self._process = WorkerProcess(board, Path(self._folder.name), python=board.python or sys.executable)

    def start(self) -> dict[str, Any]:
        """What the process says of itself, or `unusable` and why."""
        try:
            return self._process.start()
        except NotRunnable as error:
            return {"unusable": str(error)}

    def vectors_of(self, request: dict[str, Any], timeout: float) -> Iterator[list[dict[str, Any]]]:
        """See `WorkerProcess.vectors_of`; what that raises is the last message."""
        yield from chunked(self._messages(request, timeout), CHUNK_SECONDS)

    def close(self) -> None:
        """Ends the process."""
        self._process.close()
        self._folder.cleanup()

    def _messages(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        try:
            yield from self._process.vectors_of(request, timeout)
        except WorkerHung as error:
            yield {"hung": str(error)}
        except WorkerDied as error:
            yield {"died": str(error)}


class FarmListing:
    """A worker on a host of the farm that modules are listed in; see `farm.sweeps.records.ListingProcess`.

    Args:
        address: of the farm; None where this process is connected to it already.
        board: one of the host's. It isn't opened, and who has it keeps it.
    """

    def __init__(self, address: str | None, board: Board) -> None:
        self._address = address
        self._board = board
        self._held = ExitStack()
        self._actor: Any = None

    def start(self) -> dict[str, Any]:
        """See the protocol."""
        from farm.cluster.placement import beside
        from farm.cluster.ray_client import ray

        if self._actor is None:
            if self._address is not None:
                self._held.enter_context(connected(self._address, load_settings().token_file))
            self._actor = ray.remote(Lister).options(num_cpus=0, **(beside(self._board) or {})).remote(self._board)
            self._held.callback(ray.kill, self._actor)
        hello: dict[str, Any] = self._asked(self._actor.start.remote())
        if "unusable" in hello:
            raise NotRunnable(f"{self._board.host or self._board.id}: {hello['unusable']}")
        return hello

    def vectors_of(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """See the protocol."""
        options = {"num_returns": "streaming", "_generator_backpressure_num_objects": CHUNKS_AHEAD}
        for chunk in self._actor.vectors_of.options(**options).remote(request, timeout):
            for message in self._asked(chunk):
                if "hung" in message:
                    raise WorkerHung(message["hung"], None, timeout)
                if "died" in message:
                    raise WorkerDied(message["died"])
                yield message

    def close(self) -> None:
        """See the protocol."""
        with self._held:
            if self._actor is not None:
                self._asked(self._actor.close.remote())
                self._actor = None

    def _asked(self, reference: Any) -> Any:
        from farm.cluster.ray_client import ray

        try:
            return ray.get(reference)
        except ray.exceptions.RayError as error:
            told = str(error).splitlines()[0]
            raise NotRunnable(f"{self._board.host or self._board.id} can't list sweep modules: {told}") from error
