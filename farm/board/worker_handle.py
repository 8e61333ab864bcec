"""The supervisor's handle of a real worker: it starts, feeds, times and ends the process.

Two pipes carry `farm.core.messages` in `farm.core.frames`; what the process prints is `farm.board.output`'s.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from farm.board import blame
from farm.board.backends import backend_of
from farm.board.feed import Feed
from farm.board.kernel_cache import hits, opening
from farm.board.output import Output
from farm.board.pipes import wait_longer
from farm.board.protocol import (
    CheckFailed,
    Deadlines,
    LookAhead,
    OpenFailed,
    WorkerBroken,
    WorkerDied,
    WorkerError,
    WorkerHung,
    WorkerOutgrew,
    WorkerSpent,
    no_look_ahead,
)
from farm.board.signals import end_process, ends_within
from farm.board.terminal import Terminal
from farm.board.vector_steps import reply_after
from farm.board.watchdog import LOOK_SECONDS, Watch
from farm.board.worker_ends import death, ending, silence
from farm.board.worker_launch import LaunchedWorker, launch_worker, worker_environment
from farm.core.board import Board
from farm.core.classify import END_BYTES
from farm.core.errors import NotRunnable
from farm.core.frames import NotAFrame
from farm.core.log import WORKER_OUTPUT
from farm.core.measures import KERNELS_VARIABLE
from farm.core.message_json import decode_reply, encode, encode_run
from farm.core.messages import (
    Check,
    Checked,
    Close,
    Finished,
    Hello,
    Listing,
    ListingEnd,
    ListVectors,
    Open,
    Opened,
    Prepared,
    Preparing,
    Refused,
    Reply,
    Request,
    RunBegins,
    Spent,
    Unusable,
)
from farm.core.outcome import Outcome, discount, read_outcome
from farm.core.payload import EncodedVector
from farm.core.ttnn_install import install_hint
from farm.core.verdicts import Verdict
from tracer.device_config import DeviceConfig

START_SECONDS = 120.0
"""How long a process may take to import ttnn."""

MAX_IN_FLIGHT = 128
"""Vectors that may be sent to the process before the first of them ends, so that it never waits for its supervisor."""
VECTORS_PER_REQUEST = 16
"""The process begins with the first request while the next ones are written."""
GATHER_SECONDS = 0.02
"""The longest wait for several replies at once, while the process has work: each wake-up costs processor time."""

_LOG = logging.getLogger(__name__)


class WorkerProcess:
    """A process with ttnn; see `farm.board.protocol.Worker`.

    Attributes:
        board: what it opens.
        workdir: its working directory, where ttnn may leave files and its log is.
        deadlines: its time limits.
        python: the interpreter whose ttnn is used.
        terminal: set if it is attached to the terminal of this process.
        kernels: how many kernels its processes found in their caches, and how many they needed; both as far as known.
        host_view: see the protocol.
    """

    def __init__(
        self,
        board: Board,
        workdir: Path,
        deadlines: Deadlines | None = None,
        python: str = sys.executable,
        terminal: Terminal | None = None,
    ) -> None:
        self.board = board
        self._backend = backend_of(board)
        self.workdir = workdir
        self.deadlines = deadlines or Deadlines()
        self.python = python
        self.terminal = terminal
        self.log = workdir / WORKER_OUTPUT
        self.kernels = (0, 0)
        self.host_view = ""
        self._cache: Path | None = None
        self._launched: LaunchedWorker | None = None
        self._output: Output | None = None  # of the process, or of the one that ended last
        self._vector_start = 0  # the mark in the output when the running vector began
        self._in_flight = 0  # vectors that this process has and that have not ended
        self._pace = 0.0  # seconds per vector, at the least: it falls at once and rises slowly
        self._compiled: set[str] = set()  # operations that this process has run: their kernels are compiled
        self._failed_modules: dict[str, WorkerDied | WorkerHung] = {}  # they killed or hung a process
        self._fresh = True  # whether no vector has ended in this process
        self._suspects: set[str] = set()  # vectors that ran when a process was found broken, not as its first

    def start(self) -> Hello:
        """See the protocol."""
        self.workdir.mkdir(parents=True, exist_ok=True)
        self._vector_start = 0
        environment = worker_environment(self.board, self.workdir, self.python, self.deadlines.vector, self.terminal)
        cache = environment.get(KERNELS_VARIABLE)
        self._cache = Path(cache) if self._backend.compiles_kernels and cache else None
        self._fresh = True
        self._launched = self._launch(environment)
        self._output, self.host_view = self._launched.output, self._launched.host_view
        self._compiled.clear()
        self._in_flight = 0
        _LOG.info("%s: worker %d started with %s", self.board.id, self._launched.process.pid, self.python)
        try:
            reply = self._reply(START_SECONDS)
        except WorkerHung as error:
            self._end_hung(error)
            raise WorkerDied(f"the worker of {self.board.id} didn't start in {START_SECONDS:.0f} s") from error
        if isinstance(reply, Unusable):
            self._end()
            raise NotRunnable(f"{reply.message}; {install_hint()}")
        if not isinstance(reply, Hello):
            raise self._unexpected(reply)
        if self._output is not None:
            self._output.release()
        return reply

    def open(self, config: DeviceConfig, timeout: float) -> Opened:
        """See the protocol."""
        with nullcontext() if self._cache is None else opening(self._cache, self.board, config):
            self._send(Open(config))
            try:
                reply = self._reply(timeout)
            except WorkerHung as error:
                self._end_hung(error)
                message = f"{self.board.id} didn't open in {timeout:g} s"
                raise WorkerHung(message, None, timeout, printed=error.printed) from error
        if isinstance(reply, Refused):
            raise OpenFailed(reply.message)
        if not isinstance(reply, Opened):
            raise self._unexpected(reply)
        self._vector_start = reply.printed
        return reply

    def check(self) -> None:
        """See the protocol."""
        self._send(Check(self.board.kind.chips))
        limit = self.deadlines.check
        try:
            checked = self._checked()
        except WorkerHung as error:
            self._end_hung(error)
            raise WorkerHung(f"{self.board.id} didn't pass its check in {limit:g} s: {error}", None, limit) from error
        if checked.problem is not None:
            raise CheckFailed(checked.message, checked.problem)

    def run(
        self, vectors: Sequence[EncodedVector], timeout: float, look_ahead: LookAhead = no_look_ahead
    ) -> Iterator[Outcome]:
        """See the protocol."""
        # the first vectors may have been sent during the call before
        refusals = blame.Refusals(self._failed_modules, self._backend.lacks)
        feed = Feed(vectors, look_ahead, refusals.allow, self._in_flight)
        for vector in vectors:
            self._fill(feed)
            if (refused := refusals.of(vector)) is not None:
                yield refused
                continue
            try:
                outcome = self._outcome(vector, self._limit(vector, timeout))
            except WorkerBroken as error:
                if self._fresh or vector.id in self._suspects:
                    raise
                # a vector before it may have left a thread or a child that wrote this: it runs again, before any other
                self._suspects.add(vector.id)
                raise WorkerSpent from error
            self._fresh = False
            yield outcome
            if outcome.verdict is Verdict.BOARD_FAULT:
                return

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:
        """Request the vectors of a sweep module, and yield the messages as they arrive.

        Args:
            request: the module and its suites.
            timeout: seconds that importing the module may take, and its generators between two messages.

        Raises:
            WorkerDied: the process ended.
            WorkerHung: there was no message in time; the process is gone.
        """
        self._send(request)
        while True:
            try:
                message = self._reply(timeout)
            except WorkerHung as error:
                self._end_hung(error)
                raise
            if not isinstance(message, Listing):
                raise self._unexpected(message)
            yield message
            if isinstance(message, ListingEnd):
                return

    def close(self) -> None:
        """See the protocol."""
        if self._launched is not None:
            self._send(Close())
        self._end(patience=2.0)

    def _launch(self, environment: dict[str, str]) -> LaunchedWorker:
        confinement = self.deadlines.confinement
        return launch_worker(self.board, self.workdir, self.python, environment, confinement, terminal=self.terminal)

    def _fill(self, feed: Feed) -> None:
        """Send the process as many vectors as it may have."""
        while self._in_flight <= MAX_IN_FLIGHT - VECTORS_PER_REQUEST and (piece := feed.take(VECTORS_PER_REQUEST)):
            self._write(encode_run((vector.text for vector in piece), self.board.kind.chips))
            self._in_flight += len(piece)

    def _limit(self, vector: EncodedVector, timeout: float) -> float:
        """The seconds that a vector may take: longer if its operation's kernels must be compiled."""
        limit = vector.timeout or timeout
        if self._backend.compiles_kernels and vector.operation not in self._compiled:
            limit = max(limit, self.deadlines.first)
        self._compiled.add(vector.operation)
        return limit

    def _outcome(self, vector: EncodedVector, limit: float) -> Outcome:
        """Wait for the outcome of a vector, and confirm one that failed.

        Raises:
            WorkerDied, WorkerHung, WorkerSpent: see the protocol.
        """
        finished = self._finished(vector, limit)
        self._in_flight -= 1
        outcome = read_outcome(vector.id, finished.outcome)
        if (launched := self._launched) and launched.memory.was_over_during(outcome.started, outcome.seconds):
            self._end()  # it has ignored that it was interrupted
            raise WorkerOutgrew(launched.memory.complaint(), vector.id)
        # slow to rise: after a long vector, many short ones may end while this process waits
        self._pace = min(outcome.seconds, self._pace + (outcome.seconds - self._pace) / VECTORS_PER_REQUEST)
        return self._confirmed(outcome) if outcome.verdict.failed else outcome

    def _finished(self, vector: EncodedVector, limit: float) -> Finished:
        """Wait for the end of a vector; see `_outcome`."""
        try:
            # don't disturb the process while it has enough work
            reply = self._reply(limit, vector.id, min(GATHER_SECONDS, self._pace * (self._in_flight - 1) / 2))
            while not isinstance(reply, Finished):
                if isinstance(reply, Spent):
                    raise WorkerSpent
                if not isinstance(reply, (Preparing, Prepared, RunBegins)):
                    raise self._unexpected(reply, vector.id)
                reply = reply_after(reply, lambda seconds: self._reply(seconds, vector.id), limit, vector.id)
            if reply.vector_id != vector.id:
                raise self._unexpected(reply, vector.id)
            self._vector_start = reply.printed
        except (WorkerHung, WorkerDied) as error:
            if isinstance(error, WorkerHung):
                self._end_hung(error)
            if error.preparing and self._fresh:  # else another vector may have caused it
                # the module's other vectors would end the same way, each at the cost of a process
                self._failed_modules[vector.operation] = error
            raise
        return reply

    def _confirmed(self, failure: Outcome) -> Outcome:
        """Return the failure if the board passes the check right after it; otherwise a fault of the board."""
        try:
            checked = self._checked(failure.vector_id)
        except WorkerBroken:
            raise
        except WorkerError as error:
            self._end()
            return discount(failure, str(error))
        return failure if checked.problem is None else discount(failure, checked.message)

    def _checked(self, vector_id: str | None = None) -> Checked:
        reply = self._reply(self.deadlines.check, vector_id)
        if not isinstance(reply, Checked):
            raise self._unexpected(reply, vector_id)
        self._vector_start = reply.printed
        return reply

    def _send(self, request: Request) -> None:
        self._write(encode(request))

    def _write(self, message: bytes) -> None:
        if self._launched is None:
            raise WorkerDied(f"the worker of {self.board.id} is not running")
        self._launched.pipes.send(message)

    def _reply(self, timeout: float, vector_id: str | None = None, gather: float = 0.0) -> Reply:
        """Wait for the next reply; `gather` is that of `Pipes.message`.

        Raises:
            WorkerDied: the process ended instead.
            WorkerBroken: something else came, and the process was ended.
            WorkerHung: there was none in time; the process still runs.
        """
        if self._launched is None:
            raise WorkerDied(f"the worker of {self.board.id} is not running", vector_id)
        process, pipes, memory = self._launched.process, self._launched.pipes, self._launched.memory
        timeout = timeout if self.terminal is None else math.inf
        watch = None
        if self.terminal is None:
            watch = Watch(process.innermost, self._printed_bytes, self.deadlines.silence, group=process.pid)

        def look() -> None:
            if watch and (complaint := watch.complaint()):
                text = f"{self.board.id}: {complaint}"
                raise WorkerHung(text, vector_id, timeout, stopped=watch.stopped, printed=self._printed())

        try:
            message = wait_longer(
                lambda seconds: pipes.message(seconds, look, LOOK_SECONDS, max(0.0, gather)),
                timeout,
                lambda: 0.0 if watch is None else watch.compile_seconds(),
                self.deadlines.first,
            )
        except TimeoutError:
            stopped = watch is not None and watch.stopped
            raise silence(self.board.id, timeout, self._printed(), vector_id, stopped=stopped) from None
        except NotAFrame as error:
            raise self._broken(f"something wrote to its replies: {error}", vector_id) from error
        if message is None:
            by_itself = ends_within(process, 5.0)
            code = self._end()
            raise death(code, self._printed(), memory.complaint(code), vector_id, by_itself=by_itself)
        try:
            return decode_reply(message)
        except Exception as error:
            raise self._broken(f"a reply can't be read: {type(error).__name__}: {error}", vector_id) from error

    def _end_hung(self, error: WorkerHung) -> None:
        """End a process that passed a deadline."""
        if self._launched is not None:
            where = f" at {error.vector_id}" if error.vector_id else ""
            pid = self._launched.process.pid
            _LOG.warning("%s: worker %d hung%s, ending it: %s", self.board.id, pid, where, error)
        self._end()

    def _printed_bytes(self) -> int:
        """How much the process printed, in bytes."""
        return 0 if self._output is None else self._output.length

    def _printed(self) -> str:
        """The end of what the process printed since the running vector, or opening the board, began."""
        return "" if self._output is None else self._output.since(self._vector_start)[-END_BYTES:]

    def _unexpected(self, reply: Reply, vector_id: str | None = None) -> WorkerBroken:
        """End a process that sent a reply which is not due; return the error to raise."""
        return self._broken(f"it sent an unexpected reply ({reply.described})", vector_id)

    def _broken(self, problem: str, vector_id: str | None = None) -> WorkerBroken:
        """End a process whose replies can't be trusted; return the error to raise."""
        printed = self._printed()
        self._end()
        return WorkerBroken(f"the worker of {self.board.id} was ended: {problem}", vector_id, printed=printed)

    def _end(self, patience: float = 0.0) -> int | None:
        """End the process if it is still alive after `patience` seconds, and close its pipes; return its exit code."""
        launched, self._launched = self._launched, None
        if launched is None:
            return None
        code = end_process(launched.process, patience, self.deadlines.ladder, group=self.terminal is None)
        launched.disconnect()
        text = ending(launched.process, code, self._printed())
        _LOG.log(logging.INFO if code == 0 else logging.WARNING, "%s: %s", self.board.id, text)
        if self._output is not None and (counts := hits(self._output.since())):
            self.kernels = self.kernels[0] + counts[0], self.kernels[1] + counts[1]
        return code
