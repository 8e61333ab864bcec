"""The Ray actor of one board: a keeper whose outcomes are streamed to the driver."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from farm.boards.base import Board
from farm.boards.silicon import VISIBLE_VARIABLE
from farm.chunks import chunked
from farm.collecting import fewer_collections
from farm.errors import NotRunnable
from farm.keeper import Keeper, Limits, Told
from farm.parcels import Parcel
from farm.quiet_ray import ray
from farm.scratch import Scratch
from farm.zoo.keeper import MODEL, TraceKeeper
from tracer.device_config import DeviceConfig

BOARD_RESOURCE = "farm_board"
"""The Ray resource of which a host has one per board, so that no two actors hold the same one."""
PREFIX = "farm-board-"
CHUNK_SECONDS = 0.1
"""How long an outcome may wait for company before it is sent."""


class BoardActor:
    """Runs in a process of Ray's; calls are carried out one after the other, `stop` and `answer` at once."""

    def __init__(self, board: Board, limits: Limits, folder: Path | None) -> None:
        # ttnn leaves files in its working directory
        self._scratch = Scratch(folder or Path(tempfile.gettempdir()), PREFIX)
        self._keeper = Keeper(board, self._scratch.path, limits)
        self._tracer = TraceKeeper(board, self._scratch.path)

    def start(self) -> dict[str, Any]:
        """Starts the board process; what it says of itself, or `unusable` and why."""
        try:
            return self._keeper.start()
        except NotRunnable as error:
            return {"unusable": str(error)}

    def run(self, config: DeviceConfig, parcels: Sequence[Parcel]) -> Iterator[list[Told]]:
        """Runs a batch; see `Keeper.run`, and `TraceKeeper.run` for models to be traced."""
        if MODEL in parcels[0].payload:
            self._keeper.close()  # a model's own process opens the board
            yield from chunked(self._tracer.run(parcels), CHUNK_SECONDS)
            return
        with fewer_collections():
            yield from chunked(self._keeper.run(config, parcels), CHUNK_SECONDS)

    def answer(self) -> None:
        """Shows that it lives, whatever the board does."""

    def stop(self) -> None:
        """See `Keeper.stop`."""
        self._keeper.stop()
        self._tracer.stop()

    def close(self) -> tuple[int, int]:
        """Releases the board; see `Keeper.kernels` for what it answers."""
        self._keeper.close()
        self._scratch.close()
        return self._keeper.kernels


def board_resource(board_id: str) -> str:
    """The Ray resource of one board of a farm's host: who holds it holds the board, and runs where it is."""
    return "board:" + board_id.replace(",", "+")  # Ray separates resources by commas


def resources_of(board: Board) -> dict[str, float]:
    """What Ray must set aside for a board's actor."""
    if not board.host:
        return {BOARD_RESOURCE: 1}
    wanted = {board_resource(board.id): 1.0}
    if board.backend == "silicon":
        # so that others' work on the same cluster, which asks for devices by number, stays away
        wanted["TTNPU"] = float(len(board.environment[VISIBLE_VARIABLE].split(",")))
    return wanted


def start_actor(board: Board, limits: Limits, folder: Path | None) -> Any:
    """Starts the actor of a board in the cluster that Ray is connected to.

    Args:
        board: what it holds.
        limits: how long things may take.
        folder: of this host, in which it makes one of its own; None for the temporary folder of whatever host.

    Returns:
        Its handle, at once.
    """
    remote = ray.remote(num_cpus=0, resources=resources_of(board), concurrency_groups={"control": 1})
    return remote(BoardActor).remote(board, limits, folder)
