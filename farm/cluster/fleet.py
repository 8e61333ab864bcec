"""The fleet of a run, as its driver sees it: what it is told to do, and what happens to its boards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from farm.board.supervisor import BoardReport
from farm.core.board import Board, WorkerInfo
from farm.core.log import BoardLog
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Started:
    """A board's worker started; see `WorkerInfo`."""

    board: str
    info: WorkerInfo


@dataclass(frozen=True, slots=True)
class Unusable:
    """A board can't be used on its host, and another try would end the same way."""

    board: str
    message: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A board's actor died, or doesn't answer; the batches it had are lost with it."""

    board: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Attempts of a batch ended, and the state of its board changed, in this order."""

    batch: int
    outcomes: Sequence[BoardReport]


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A board finished a batch."""

    board: str
    batch: int


@dataclass(frozen=True, slots=True)
class Offered:
    """The farm has one more board for this run."""

    board: Board


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The farm takes a board back: its host is drained, or a person holds the board."""

    board: str
    message: str


FleetEvent: TypeAlias = Started | Unusable | Gone | Outcomes | BatchDone | Offered | Withdrawn


class Fleet(Protocol):
    """The boards of a run.

    The driver learns of the loss of a board with some delay. What it asks of that board until then has no effect.
    """

    def start(self, board: Board) -> None:
        """Start a board, or start it again after it was lost."""

    def run(self, board: str, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> None:
        """Give a board a batch, to run after those it has."""

    def stop(self, board: str) -> None:
        """Let the vector that a board runs end, and start no other."""

    def drop(self, board: str) -> None:
        """Give up a board, at once."""

    def wait(self, seconds: float) -> list[FleetEvent]:
        """What happened since the last call; waits up to `seconds` for something to happen."""

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """Release all boards; give up those that take longer than `seconds`.

        Returns:
            For each board that needs kernels, how many it found compiled, and how many it needed.
        """

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:
        """The last lines of the logs of all boards that were started, those that were lost included.

        Args:
            remote: whether to ask other hosts; that needs the Ray cluster, and takes some seconds at most.
        """
