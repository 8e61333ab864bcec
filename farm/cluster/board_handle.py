"""The actor of a board, as the driver's process holds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from farm.board.handover import RunningWorker
from farm.board.limits import Limits
from farm.cluster.actor import BoardActor
from farm.cluster.board_resources import resources_of
from farm.cluster.ray_client import ray
from farm.core.board import Board
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

_CONTROL = "control"
"""The actor's second thread, whose calls don't wait for the vectors that it runs."""


class BoardHandle(Protocol):
    """Calls of a board's actor. Each returns Ray's reference to the answer, at once."""

    def start(self) -> Any:
        """See `BoardActor.start`."""

    def outcomes(self) -> Any:
        """See `BoardActor.outcomes`; an iterator of references."""

    def give(self, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> Any:
        """See `BoardActor.give`."""

    def answer(self) -> Any:
        """See `BoardActor.answer`."""

    def stop(self) -> Any:
        """See `BoardActor.stop`."""

    def close(self) -> Any:
        """See `BoardActor.close`."""

    def kill(self) -> None:
        """End the actor's process, at once."""


class Calls(Protocol):
    """What Ray does with references."""

    def wait(self, references: Sequence[Any], *, number: int, seconds: float) -> list[Any]:
        """Those that have an answer; waits up to `seconds` until `number` of them do."""

    def get(self, reference: Any) -> Any:
        """The answer; waits for it.

        Raises:
            ray.exceptions.RayError: there is none, or the call failed.
        """


class RayCalls:
    """Ray's own `Calls`."""

    def wait(self, references: Sequence[Any], *, number: int, seconds: float) -> list[Any]:
        """See `Calls`."""
        ready: list[Any]
        ready, _ = ray.wait(list(references), num_returns=number, timeout=seconds, fetch_local=False)
        return ready

    def get(self, reference: Any) -> Any:
        """See `Calls`."""
        return ray.get(reference)


class RayBoardHandle:
    """A `BoardHandle` of an actor in the cluster that Ray is connected to."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def start(self) -> Any:
        """See `BoardHandle`."""
        return self._actor.start.remote()

    def outcomes(self) -> Any:
        """See `BoardHandle`."""
        return self._actor.outcomes.remote()

    def give(self, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> Any:
        """See `BoardHandle`."""
        return self._actor.give.options(concurrency_group=_CONTROL).remote(batch, config, vectors)

    def answer(self) -> Any:
        """See `BoardHandle`."""
        return self._actor.answer.options(concurrency_group=_CONTROL).remote()

    def stop(self) -> Any:
        """See `BoardHandle`."""
        return self._actor.stop.options(concurrency_group=_CONTROL).remote()

    def close(self) -> Any:
        """See `BoardHandle`."""
        return self._actor.close.options(concurrency_group=_CONTROL).remote()

    def kill(self) -> None:
        """See `BoardHandle`."""
        ray.kill(self._actor)


def start_actor(
    board: Board, limits: Limits, folder: Path | None, run_id: str = "", worker: RunningWorker | None = None
) -> BoardHandle:
    """Start the actor of a board in the cluster that Ray is connected to; returns at once.

    Args:
        board: the board that the actor holds.
        limits: how long things may take.
        folder: the folder of this host in which the actor makes its own; None for its host's temporary folder.
        run_id: the run whose logs the actor writes, see `farm.core.log`; "" for none.
        worker: the board's worker, if it runs already on this host.
    """
    remote = ray.remote(num_cpus=0, resources=resources_of(board), concurrency_groups={_CONTROL: 1})
    return RayBoardHandle(remote(BoardActor).remote(board, limits, folder, run_id, worker))
