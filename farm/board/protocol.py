"""The interface between a supervisor and its worker: one with ttnn, or the fake for tests.

After each error the process is gone, except after `OpenFailed` and `CheckFailed`.

* WorkerError
  * OpenFailed: ttnn refused to open the board this way; the process is alive and may open it another way
  * CheckFailed: the open board doesn't pass its check; the process is alive
  * WorkerDied: the process ended by itself: a signal, an abort, an exit
    * WorkerOutgrew: the process used more than its share of the host's memory, and was ended
    * WorkerBroken: its replies could no longer be trusted, and it was ended
  * WorkerHung: the process passed a deadline and was killed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from farm.board.confinement import Confinement
from farm.board.signals import SignalLadder
from farm.core.errors import FarmError
from farm.core.messages import CheckProblem, Hello, Opened
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

LookAhead: TypeAlias = Callable[[], Sequence[EncodedVector]]
"""Returns the vectors of the next call, as far as they are known yet."""


def no_look_ahead() -> Sequence[EncodedVector]:
    """A `LookAhead` that returns no vectors."""
    return ()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Limits of a worker; those of time in seconds.

    Attributes:
        vector: running a vector that has no limit of its own.
        first: the least for an operation's first vector in a process, if kernels are compiled; and the most that
            compiling adds to any limit.
        check: the small operation that shows whether a board is sound.
        silence: how long a process that owes a reply may neither print nor compute.
        ladder: the signals that end the process.
        confinement: what the process may use of its host.
    """

    vector: float = 30.0
    first: float = 300.0
    check: float = 30.0
    silence: float = 120.0
    ladder: SignalLadder = field(default_factory=SignalLadder)
    confinement: Confinement = field(default_factory=Confinement)


class Worker(Protocol):
    """One process that owns one board. Its supervisor starts, feeds, times and ends it; calls never overlap.

    After `WorkerDied` or `WorkerHung` the process is gone, and `start` starts a new one. When the supervisor dies,
    the process ends too. A supervisor may run with SIGINT blocked, as Ray's workers do, and processes inherit that: a
    process that relies on SIGINT must unblock it.

    Attributes:
        kernels: how many kernels its processes found in their caches, and how many they needed; both as far as known.
        host_view: what the process sees of its host, in words; "" if it is not isolated from the host.
    """

    kernels: tuple[int, int]
    host_view: str

    def start(self) -> Hello:
        """Start the process and wait for its first reply.

        Raises:
            NotRunnable: something that the process needs is missing (ttnn for this Python), so a retry is useless.
            WorkerDied: it ended before it replied.
        """
        ...

    def open(self, config: DeviceConfig, timeout: float) -> Opened:
        """Open the board, after closing it if it is open another way.

        Args:
            config: how to open it.
            timeout: seconds after which opening counts as hung.

        Raises:
            OpenFailed: the board doesn't open this way, in ttnn's words.
            WorkerDied: the process ended while opening; `vector_id` is None.
            WorkerHung: it was not open in time; `vector_id` is None.
        """
        ...

    def check(self) -> None:
        """Run one small operation on the open board, verify its result, and count the board's chips.

        Raises:
            CheckFailed: the board doesn't pass.
            WorkerDied: the process ended instead; `vector_id` is None.
            WorkerHung: it didn't reply in time; `vector_id` is None.
        """
        ...

    def run(
        self, vectors: Sequence[EncodedVector], timeout: float, look_ahead: LookAhead = no_look_ahead
    ) -> Iterator[Outcome]:
        """Run vectors on the open board, in order, and yield the outcome of each as it ends.

        After a failed vector the board is checked. A failure on a board that doesn't pass is not the vector's: it is
        yielded as a fault of the board, and the vectors after it are not run.

        Args:
            vectors: the vectors.
            timeout: seconds for each vector that has no limit of its own.
            look_ahead: returns the vectors of the next call: the process may get them early, so that it doesn't wait
                between the two calls. The next call must then have these vectors, unless the process ends before.

        Raises:
            WorkerDied: the process ended; `vector_id` names the vector that was running, and those after it were not
                run. None if it ended between vectors.
            WorkerHung: a vector passed its deadline; the same holds.
            WorkerSpent: the process can't run the vectors that have no outcome.
        """
        ...

    def close(self) -> None:
        """Let the process release its board and end: by SIGINT, then by harder signals. Never raises."""
        ...


class WorkerSpent(Exception):  # noqa: N818 - nothing is wrong
    """The process must be replaced before the next vector, which it has not begun. Nothing is wrong with the board."""


class WorkerError(FarmError):
    """The base of a worker's errors; `vector_id` is the vector at fault, if there is one."""

    def __init__(self, message: str, vector_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.vector_id = vector_id

    @property
    def words(self) -> str:
        """What tells of the cause: the message, or what the process printed, if that is known."""
        return self.message


class OpenFailed(WorkerError):  # noqa: N818 - it names what happened, as StopIteration does
    """The board doesn't open with this device config, in ttnn's words. The process is alive."""


class CheckFailed(WorkerError):  # noqa: N818 - see OpenFailed
    """The open board doesn't pass its check. The process is alive.

    Attributes:
        problem: why it doesn't pass.
    """

    def __init__(self, message: str, problem: CheckProblem = CheckProblem.EXCEPTION) -> None:
        super().__init__(message)
        self.problem = problem


class WorkerDied(WorkerError):  # noqa: N818 - see OpenFailed
    """The process ended by itself.

    Attributes:
        exit: its exit code as `subprocess` reports it (negative for a signal); None if unknown.
        preparing: its step for the vector, if any: importing its module, or opening the board by a fixture.
        printed: the end of what it printed since the vector, or opening the board, began.
        outcome: that of the vector's first run, which stands, where it ended in another one for measuring.
    """

    def __init__(
        self,
        message: str,
        vector_id: str | None = None,
        exit: int | None = None,  # noqa: A002 - the field's name
        preparing: str = "",
        printed: str = "",
        *,
        outcome: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, vector_id)
        self.exit = exit
        self.preparing = preparing
        self.printed = printed
        self.outcome = outcome

    @property
    def words(self) -> str:
        """See `WorkerError`."""
        return self.printed or self.message

    def during(self, message: str, preparing: str = "", outcome: Mapping[str, Any] | None = None) -> WorkerDied:
        """The same end, during a step or a further run of the vector; see the attributes."""
        return type(self)(message, self.vector_id, self.exit, preparing, self.printed, outcome=outcome)


class WorkerBroken(WorkerDied):
    """The process was ended, since its replies could no longer be trusted.

    Something else than its replies was in their pipe, or a reply that was not due: a sweep module, or a process that
    one has started, wrote to the pipe.
    """

    @property
    def words(self) -> str:
        """See `WorkerError`: what the process printed doesn't explain this."""
        return self.message


class WorkerOutgrew(WorkerDied):
    """The process used more than its share of the host's memory and was ended, here or by the kernel."""


class WorkerHung(WorkerError):  # noqa: N818 - see OpenFailed
    """The process passed a deadline and was killed.

    Attributes:
        seconds: the deadline.
        preparing, printed, outcome: see `WorkerDied`.
        stopped: whether it was stopped by a signal, so that it could not reply.
    """

    def __init__(
        self,
        message: str,
        vector_id: str | None = None,
        seconds: float = 0.0,
        preparing: str = "",
        *,
        stopped: bool = False,
        printed: str = "",
        outcome: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, vector_id)
        self.seconds = seconds
        self.preparing = preparing
        self.printed = printed
        self.stopped = stopped
        self.outcome = outcome

    @property
    def words(self) -> str:
        """See `WorkerError`."""
        return self.printed or self.message
