"""How a supervisor holds a worker, whatever is inside it: ttnn, or the fake that ships for tests.

The errors say what became of the process; each leaves it gone, except `OpenFailed` and `CheckFailed`.

* WorkerError
  * OpenFailed: ttnn refused to open the board so; the process lives and may open another way
  * CheckFailed: the open board doesn't pass its check; the process lives
  * WorkerDied: it ended by itself: a signal, an abort, an exit
  * WorkerHung: it passed a deadline and was killed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from farm.board.signals import SignalLadder
from farm.core.errors import FarmError
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

LookAhead: TypeAlias = Callable[[], Sequence[EncodedVector]]
"""Tells which vectors will be run next, as far as that is known when it is asked."""


def nothing() -> Sequence[EncodedVector]:
    """A `LookAhead` that knows of nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long things may take that a worker does, in seconds.

    Attributes:
        vector: running a vector that brings no limit of its own.
        first: at least this for an operation's first vector in a process, where kernels are compiled.
        check: the small operation that shows whether a board is sound.
        silence: how long a process that owes an answer may neither print nor compute.
        ladder: what it is given to end.
    """

    vector: float = 30.0
    first: float = 300.0
    check: float = 30.0
    silence: float = 120.0
    ladder: SignalLadder = field(default_factory=SignalLadder)


class Worker(Protocol):
    """One process that owns one board. Its supervisor starts, feeds, times and ends it; calls never overlap.

    After `WorkerDied` or `WorkerHung` the process is gone and `start` makes a new one. When the supervisor itself dies,
    the process ends too. A supervisor may run with SIGINT blocked (Ray's workers inherit that), so whoever
    relies on SIGINT unblocks it in the process.

    Attributes:
        kernels: how many kernels its processes found compiled, and how many they needed, as far as that is known.
    """

    kernels: tuple[int, int]

    def start(self) -> dict[str, Any]:
        """Starts the process and waits until it answers.

        Returns:
            What it says of itself: at least `ttnn` (version), `python` and `pid`.

        Raises:
            NotRunnable: what the process needs isn't here (ttnn for this Python); another try would end the same.
            WorkerDied: it ended before it answered.
        """
        ...

    def open(self, config: DeviceConfig, timeout: float) -> dict[str, Any]:
        """Opens the board, after closing it where it is open another way.

        Args:
            config: how to open it.
            timeout: seconds after which opening counts as hung.

        Returns:
            What the open board says of itself, such as its compute grid.

        Raises:
            OpenFailed: the board doesn't open so, in ttnn's words.
            WorkerDied: the process ended while opening; `vector_id` is None.
            WorkerHung: it was not open in time; `vector_id` is None.
        """
        ...

    def check(self) -> None:
        """Runs one small operation on the open board, looks at what it gives, and counts the board's chips.

        Raises:
            CheckFailed: the board doesn't pass.
            WorkerDied: the process ended instead; `vector_id` is None.
            WorkerHung: it didn't answer in time; `vector_id` is None.
        """
        ...

    def run(self, parcels: Sequence[EncodedVector], timeout: float, behind: LookAhead = nothing) -> Iterator[Outcome]:
        """Runs vectors on the open board, in order, and yields the outcome of each as it ends.

        After a failed vector the board is checked. A failure on a board that doesn't pass is no failure of the vector:
        it is yielded as a fault of the board, and those after it are not run.

        Args:
            parcels: the vectors.
            timeout: seconds for each vector that brings none of its own.
            behind: the vectors of the next call, as far as they are known by now: the process may be given them early,
                so that it doesn't wait between the two. What it names once must be what comes next, unless the
                process ends before.

        Raises:
            WorkerDied: the process ended; `vector_id` names the vector it took with it, and those after it were not
                run. None where it ended between vectors.
            WorkerHung: a vector passed its deadline; the same holds.
        """
        ...

    def close(self) -> None:
        """Lets the process release its board and end: SIGINT, and harder when that doesn't help. Never raises."""
        ...


class WorkerError(FarmError):
    """Base of what can befall a worker; `vector_id` is the vector at fault, where one is."""

    def __init__(self, message: str, vector_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.vector_id = vector_id


class OpenFailed(WorkerError):  # noqa: N818 - it names what happened, as FileNotFound would
    """The board doesn't open with this device config, in ttnn's words. The process lives."""


class CheckFailed(WorkerError):  # noqa: N818 - see OpenFailed
    """The open board doesn't pass its check: a chip is missing, the operation failed, its numbers are wrong."""


class WorkerDied(WorkerError):  # noqa: N818 - see OpenFailed
    """The process ended by itself.

    Attributes:
        exit: its exit code as `subprocess` tells it (negative: the signal), None where unknown.
        preparing: what it was preparing for the vector: importing its module, opening the board by a fixture.
    """

    def __init__(
        self,
        message: str,
        vector_id: str | None = None,
        exit: int | None = None,  # noqa: A002 - the field's name
        preparing: str = "",
    ) -> None:
        super().__init__(message, vector_id)
        self.exit = exit
        self.preparing = preparing


class WorkerHung(WorkerError):  # noqa: N818 - see OpenFailed
    """The process passed a deadline, and was killed.

    Attributes:
        seconds: how long it was given.
        preparing: see `WorkerDied`.
        stopped: whether it was stopped by a signal, so that it could not answer.
    """

    def __init__(
        self,
        message: str,
        vector_id: str | None = None,
        seconds: float = 0.0,
        preparing: str = "",
        *,
        stopped: bool = False,
    ) -> None:
        super().__init__(message, vector_id)
        self.seconds = seconds
        self.preparing = preparing
        self.stopped = stopped
