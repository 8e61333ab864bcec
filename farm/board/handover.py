"""Hand a running worker over from the process that started it to its new supervisor, another process on the same host.

The new supervisor opens the worker's pipes anew, through the first process's entries in `/proc`. The worker stays a
child of the first process, which must live on and must not wait for it: the exit code is read from `/proc`, too.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.board.kept_process import KeptProcess
from farm.board.memory_watch import MemoryWatch
from farm.board.output import Output
from farm.board.pipes import Conversation, Pipes
from farm.board.protocol import Deadlines
from farm.board.signals import Process
from farm.board.terminal import Terminal
from farm.board.worker_handle import WorkerProcess
from farm.board.worker_launch import LaunchedWorker, worker_environment
from farm.core.board import Board
from farm.core.log import WORKER_OUTPUT
from farm.core.message_json import encode
from farm.core.messages import Relocate
from farm.core.process_stat import stat_fields

_LOG = logging.getLogger(__name__)
ACTOR_ENVIRONMENT = {"OMP_NUM_THREADS": "1"}
"""What Ray sets for its actors, and so for their workers: torch's threads then don't compete for cores."""
_EXIT_CODE = 49
"""The place of the exit status among the `stat_fields` of a process."""


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A worker that waits for requests, with what another process needs to take it over.

    Attributes:
        owner: the process that started it.
        pid: the worker's process.
        keeper: the process of its keeper.
        marker: see `KeptProcess`.
        requests: the owner's descriptor of the pipe of requests.
        replies: the owner's descriptor of the pipe of replies.
        lifeline: the owner's descriptor of the keeper's lifeline.
        status: the owner's descriptor of the pipe of the keeper's reports.
        conversation: where the owner's conversation with it stands.
    """

    owner: int
    pid: int
    keeper: int
    marker: str
    requests: int
    replies: int
    lifeline: int
    status: int
    conversation: Conversation


class AdoptedProcess:
    """A process that another one started; what `subprocess.Popen` offers of it.

    Attributes:
        pid: its id. It isn't given to another process before the owner has waited for this one.
    """

    def __init__(self, pid: int) -> None:
        """Watch a process.

        Raises:
            OSError: it is gone, or the kernel can't watch processes.
        """
        self.pid = pid
        self._exit = os.pidfd_open(pid)
        self._code: int | None = None

    def release(self) -> None:
        """Watch it no more."""
        if self._code is None:
            os.close(self._exit)

    def wait(self, timeout: float) -> int:
        """Wait for its end, and return its exit code, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self._code is None:
            if not select.select([self._exit], [], [], max(0.0, timeout))[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self._code = _exit_code(self.pid)
            os.close(self._exit)
        return self._code


def take_over(worker: RunningWorker, workdir: Path, share: int) -> LaunchedWorker | None:
    """Supervise a running worker; it says `Hello` once it works in `workdir`. None if it can't be taken over.

    Args:
        worker: the worker; its owner may close the pipes afterwards.
        workdir: its new working directory, with the end of what it prints.
        share: bytes of the host's memory that it may use.
    """
    opened: list[int] = []
    keeper: AdoptedProcess | None = None
    try:
        keeper = AdoptedProcess(worker.keeper)
        descriptors = Path(f"/proc/{worker.owner}/fd")
        for descriptor, mode in (
            (worker.requests, os.O_WRONLY),
            (worker.replies, os.O_RDONLY),
            (worker.lifeline, os.O_WRONLY),
            (worker.status, os.O_RDONLY),
        ):
            opened.append(os.open(descriptors / str(descriptor), mode | os.O_CLOEXEC))
    except OSError as error:
        _LOG.info("worker %d can't be taken over from process %d: %s", worker.pid, worker.owner, error)
        for descriptor in opened:
            os.close(descriptor)
        if keeper is not None:
            keeper.release()
        return None
    requests, replies, lifeline, status = opened
    pipes = Pipes(requests, replies, worker.conversation, worker.pid)
    output = Output(workdir / WORKER_OUTPUT)
    pipes.send(encode(Relocate(str(workdir.absolute()), f"/proc/{os.getpid()}/fd/{output.write_end}")))
    kept = KeptProcess(worker.pid, keeper, lifeline, status, worker.marker)
    return LaunchedWorker(kept, pipes, output, MemoryWatch(worker.pid, share, keeper=worker.keeper))


class ReadyWorker(WorkerProcess):
    """A worker whose process another supervisor may take over while it waits for requests."""

    _begun: LaunchedWorker | None = None

    def begin(self) -> None:
        """Start the process, and leave it to `start` to wait until it has imported ttnn."""
        environment = worker_environment(self.board, self.workdir, self.python, self.deadlines.vector)
        self._begun = self._launch(environment)

    def close(self) -> None:
        """See the protocol."""
        begun, self._begun = self._begun, None
        if begun is None:
            super().close()
        else:  # nobody has waited for it, and it need not finish its imports
            self._launched = begun
            self._end()

    def _launch(self, environment: dict[str, str]) -> LaunchedWorker:
        begun, self._begun = self._begun, None
        return begun or super()._launch({**ACTOR_ENVIRONMENT, **environment})

    def hand_over(self) -> RunningWorker | None:
        """The process, for the other supervisor; None where it isn't running."""
        if self._launched is None:
            return None
        process, pipes = self._launched.process, self._launched.pipes
        return RunningWorker(
            os.getpid(),
            process.pid,
            process.keeper.pid,
            process.marker,
            *pipes.descriptors,
            process.lifeline,
            process.status,
            pipes.conversation,
        )

    def let_go(self) -> Process | None:
        """Leave the process to a supervisor that has taken it over.

        Returns:
            Its keeper's process; keep it, and wait for it only once it has ended. None if it isn't running.
        """
        launched, self._launched = self._launched, None
        if launched is None:
            return None
        launched.disconnect()
        return launched.process.keeper


class ContinuedWorker(WorkerProcess):
    """A worker whose first process is one that another supervisor hands over, if that can be taken over."""

    def __init__(self, running: RunningWorker, board: Board, workdir: Path, deadlines: Deadlines) -> None:
        super().__init__(board, workdir, deadlines, board.python or sys.executable)
        self._running: RunningWorker | None = running

    def _launch(self, environment: dict[str, str]) -> LaunchedWorker:
        running, self._running = self._running, None
        share = self.deadlines.confinement.share()
        adopted = None if running is None else take_over(running, self.workdir, share)
        if adopted is None:
            return super()._launch(environment)
        self._fresh = False  # it has imported a module
        return adopted


def continuing(running: RunningWorker) -> Callable[[Board, Path, Deadlines, Terminal | None], ContinuedWorker]:
    """A supervisor's `make_worker`, whose worker continues with a running process."""

    def make(board: Board, workdir: Path, deadlines: Deadlines, _terminal: Terminal | None) -> ContinuedWorker:
        return ContinuedWorker(running, board, workdir, deadlines)

    return make


def _exit_code(pid: int) -> int:
    """The exit code of a process that ended and that its parent has not waited for yet; -9 where it is unknown."""
    fields = stat_fields(pid)
    return -signal.SIGKILL if fields is None else os.waitstatus_to_exitcode(int(fields[_EXIT_CODE]))
