"""The supervisor of one board: the only code that runs anything on a board.

It starts the board's worker, opens the board, runs vectors and models on it, and continues after any failure of theirs.
It trusts the board only as far as `scheduler.health` allows: a board is checked before its first vector and after any
trouble, reset if a check fails and it has a reset command, and held if that doesn't help.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from farm.board import blame
from farm.board.backends import backend_of
from farm.board.board_tracing import BoardTracing, Holder
from farm.board.held_chip import HeldChip, held_chip, held_chip_of
from farm.board.limits import Limits
from farm.board.process_history import ProcessHistory
from farm.board.protocol import (
    CheckFailed,
    LookAhead,
    OpenFailed,
    WorkerDied,
    WorkerError,
    WorkerHung,
    WorkerSpent,
    no_look_ahead,
)
from farm.board.reset import Reset
from farm.board.terminal import Terminal
from farm.board.trace_run import TraceRun, Watch, no_watch
from farm.board.trace_target import TraceTarget
from farm.board.trust import Trust
from farm.board.vector_deadline import with_deadline
from farm.board.worker_choice import MakeWorker, make_worker
from farm.core.board import Board, WorkerInfo
from farm.core.errors import FarmError, NotRunnable
from farm.core.outcome import Outcome, discount
from farm.core.payload import EncodedVector, Tag
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import Cause, Transition
from scheduler.health import BoardSignal, Health, Step
from tracer.device_config import DeviceConfig

CHECK_CONFIG = DeviceConfig()
"""How a board is opened for a check: a way that works for every board."""

BoardReport: TypeAlias = "Outcome | Transition"
"""What a supervisor yields while it runs vectors."""
NextBatch: TypeAlias = "Callable[[], tuple[DeviceConfig, Sequence[EncodedVector]] | None]"
"""Returns the batch that a supervisor will run next; None while it is unknown."""

_LOG = logging.getLogger(__name__)


def no_batch() -> None:
    """A `NextBatch` that knows of none."""


class Supervisor:
    """Holds one board. A vector that hangs or kills the worker costs that vector an attempt, and only that vector.

    Attributes:
        board: the board.
        limits: the time limits.
        worker: the process that owns the board.
        trust: how far the board is trusted.
    """

    def __init__(
        self,
        board: Board,
        workdir: Path,
        limits: Limits,
        *,
        terminal: Terminal | None = None,
        make_worker: MakeWorker = make_worker,
    ) -> None:
        """Prepare a supervisor; nothing is started.

        Args:
            board: the board.
            workdir: a folder for what the board's processes leave behind.
            limits: the time limits.
            terminal: attaches the worker to this process's terminal; None for a worker in the background.
            make_worker: makes the worker.
        """
        self.board = board
        self.limits = limits
        self.worker = make_worker(board, workdir, limits.deadlines(board), terminal)
        self.trust = Trust(board, limits)
        holder = Holder(lambda: self._stopping, self._vouch, self._recover, self.close)
        self._tracing = BoardTracing(board, workdir, self.trust, holder)
        self._history = ProcessHistory()
        self._running = False
        self._opened: DeviceConfig | None = None
        self._since_start = 0  # vectors that the worker has run
        self._open_seconds: float | None = None  # of the last opening, until an outcome has it
        self._stopping = False

    @property
    def health(self) -> Health:
        """The state of the board."""
        return self.trust.health

    @property
    def kernels(self) -> tuple[int, int]:
        """How many kernels its workers found in their caches, and how many they needed."""
        return self.worker.kernels

    def start(self) -> WorkerInfo:
        """Start the worker; return its versions, and those of the board's driver and firmware.

        Raises:
            NotRunnable: something that the worker needs is missing.
            WorkerDied: it doesn't start.
        """
        hello = self.worker.start()
        self._running = True
        self._since_start = 0
        self._history.begin_process()
        versions = backend_of(self.board).versions(self.board)
        return WorkerInfo(hello.ttnn, hello.python, hello.pid, versions, self.worker.host_view)

    def run(
        self, config: DeviceConfig, vectors: Sequence[EncodedVector], next_batch: NextBatch = no_batch
    ) -> Iterator[BoardReport]:
        """Run vectors on the board; yield the outcome of each, and each change of the board's state.

        Vectors without an outcome were not tried: after a stop, or because the board doesn't open. In that case, the
        first of them gets an outcome that says so.

        Args:
            config: how the board is opened; models open it themselves.
            vectors: vectors, or models to trace.
            next_batch: the batch of the next call, so that the worker need not wait for it.
        """
        if self._are_models(vectors):
            yield from self._tracing.trace_models(vectors)
            return
        waiting = deque(vectors)

        def look_ahead() -> Sequence[EncodedVector]:
            if self._stopping or self._since_start + len(waiting) >= self.limits.renew:
                return ()  # this worker will not run them
            batch = next_batch()
            if batch is None or batch[0] != config or self._are_models(batch[1]):
                return ()
            return [with_deadline(each, self.board, self.limits.vector) for each in batch[1]]

        if self._since_start >= self.limits.renew:
            self.close()  # libraries may leak a little at each call, which must not pile up
        alone = self.limits.confinement.separates(vectors)
        while waiting and not self._stopping and self.trust.usable:
            if alone and self._since_start:
                self.close()
            refused = self._open(config, waiting[0].id)
            if refused is not None:
                yield refused
                yield from self.trust.transitions()
                return
            yield from self._run_some(waiting, no_look_ahead if alone else look_ahead, 1 if alone else len(waiting))
            yield from self.trust.transitions()
        if self._stopping:
            self.close()  # the worker may have been fed these vectors before the stop

    def trace(self, target: TraceTarget, folder: Path, watch: Watch = no_watch) -> TraceRun:
        """Run a target under the tracer on the board, in a process of its own.

        A board that can be broken by another process is checked first, and again after a crash or a timeout.

        Args:
            target: what to run.
            folder: where the raw traces go, and what ttnn leaves behind.
            watch: called regularly with the trace so far.

        Raises:
            FarmError: no such path, or no such test in it.
            NotRunnable: the board isn't sound, there is no ttnn for its Python, or pytest itself broke or isn't there.
        """
        if (refused := self._vouch(target.target)) is not None:
            raise NotRunnable(f"{self.board.id}: {refused.message}")
        return self._tracing.trace(target, folder, watch)

    def probe(self) -> str:
        """Check the board once, and close it; return what is wrong with it, or ""."""
        try:
            self._check()
        except FarmError as error:
            return str(error)
        finally:
            self.close()
        return "" if self.trust.healthy else self.trust.complaint

    def reset(self) -> Reset:
        """Reset the board, whatever its state."""
        self.close()
        return self.trust.resetter.reset()

    def stop(self) -> None:
        """Let the running vector end, and start no other. May be called from another thread during `run`."""
        self._stopping = True

    def close(self) -> None:
        """Release the board and end the worker."""
        self._running = False
        self._opened = self._open_seconds = None
        self.worker.close()

    # --- vectors ---

    def _run_some(self, waiting: deque[EncodedVector], look_ahead: LookAhead, most: int) -> Iterator[BoardReport]:
        """Run at most `most` vectors, until the worker is gone, or a stop; takes them out of `waiting`."""
        self.trust.observe(BoardSignal.WORK_BEGAN, Cause.WORK_BEGAN)
        yield from self.trust.transitions()
        began = time.time()
        held: HeldChip | None = None
        try:
            timed = [with_deadline(each, self.board, self.limits.vector) for each in itertools.islice(waiting, most)]
            for result in self.worker.run(timed, self.limits.vector, look_ahead):
                self._since_start += 1
                if not self._stopping and self._history.doubts(waiting[0], result):
                    self.close()
                    break  # the vector runs again, as the first one of a new process
                outcome = self._history.note(waiting.popleft(), result)
                began = time.time()
                at_fault = outcome.verdict is Verdict.BOARD_FAULT
                held = held_chip(outcome.message) if outcome.verdict is Verdict.HOST_FAULT else None
                outcome = self._with_telemetry(outcome) if at_fault else outcome
                if self._open_seconds is None:
                    yield outcome
                else:
                    # the planner learns from it; the vector's own time doesn't hold it
                    yield replace(outcome, open_seconds=round(self._open_seconds, 4))
                    self._open_seconds = None
                if self._stopping or at_fault or held:
                    # vectors that were sent early are cancelled by a stop; a faulty board gets a new worker
                    self.close()
                if at_fault:
                    self._recover(Cause.BOARD_FAULT, outcome.message)
                    return
                if self._stopping or held:
                    break
        except WorkerSpent:
            self.close()
        except (WorkerDied, WorkerHung) as error:
            self._running = False
            self._opened = None
            held = self._held(error)
            vector = waiting.popleft()
            outcome = blame.end_outcome(error, vector.id, began, held, backend_of(self.board).lacks)
            if held is None and outcome.reason is not Reason.UNSUPPORTED_BY_BACKEND:
                outcome = self._with_telemetry(outcome)  # before a reset clears it
                doubtful = not self._stopping and self._history.doubts(vector, outcome)
                cause = Cause.PROCESS_HUNG if isinstance(error, WorkerHung) else Cause.PROCESS_DIED
                sound = self._recover(cause, str(error))
                if doubtful and sound and not self._stopping:
                    waiting.appendleft(vector)
                    return
                outcome = self._history.note(vector, outcome)
                yield outcome if sound or not outcome.verdict.failed else discount(outcome, self.trust.complaint)
                return
            yield outcome  # which says nothing of the board
        self.trust.observe(BoardSignal.WORK_ENDED, Cause.WORK_ENDED)
        if held is not None:
            self.trust.wait_while_held(held, lambda: self._stopping)

    def _open(self, config: DeviceConfig, vector_id: str) -> Outcome | None:
        """Open the board unless it is open already, and check it unless it is trusted; return an outcome on failure."""
        if self._opened == config:
            return None
        self._opened = None
        began = time.time()
        try:
            if not self._running:
                self.start()
            if config.opened_by is not None and not self.trust.healthy:
                # the worker can't check a device that a fixture opens
                self.worker.open(CHECK_CONFIG, self.limits.open)
                self._pass_check()
            self.worker.open(config, self.limits.open)
            if not self.trust.healthy:
                self._pass_check()
        except WorkerError as error:
            self._running = isinstance(error, (OpenFailed, CheckFailed))
            held = self._held(error)
            outcome = blame.open_outcome(error, vector_id, began, held)
            if held is None:
                outcome = self._with_telemetry(outcome)
                self._recover(blame.cause_of(error), str(error))
            else:
                self.close()
                self.trust.wait_while_held(held, lambda: self._stopping)
            return outcome
        self._opened = config
        self._open_seconds = time.time() - began
        return None

    # --- models ---

    def _are_models(self, vectors: Sequence[EncodedVector]) -> bool:
        """Whether vectors are models that open the board by themselves; a fake's worker takes them like any vector."""
        return bool(vectors) and vectors[0].tag is Tag.MODEL_TRACE and backend_of(self.board).uses_ttnn

    def _vouch(self, vector_id: str) -> Outcome | None:
        """Check the board before a process that checks nothing itself; return an outcome if it fails."""
        if self.trust.healthy or not backend_of(self.board).keeps_state:
            return None
        return self._open(CHECK_CONFIG, vector_id)

    # --- trust ---

    def _pass_check(self) -> None:
        """Check the open board.

        Raises:
            WorkerError: it doesn't pass.
        """
        began = time.time()
        self.worker.check()
        self.trust.observe(BoardSignal.CHECK_PASSED, Cause.CHECK_PASSED, seconds=time.time() - began)

    def _recover(self, cause: Cause, message: str) -> bool:
        """Note trouble with the board, and take steps until it is sound or out of use; return whether it is sound.

        If a stop leaves no time for a check, the board counts as sound.
        """
        self.trust.observe(BoardSignal.TROUBLE, cause, message)
        checked = False
        while True:
            step = self.trust.next_step()
            if step is Step.USE:
                return True
            if step is Step.WAIT or self._stopping:
                self.close()
                return step is not Step.WAIT and not checked
            if step is Step.CHECK:
                self._check()
                checked = True
            elif step is Step.RESET:
                self.close()  # a process that holds the board open would block the reset, and not survive it
                self.trust.reset(lambda: self._stopping)
            else:
                complaint = self.trust.reset_complaint
                why = f"{message}; nothing helped" + (f", its reset failed: {complaint}" if complaint else "")
                self.trust.observe(BoardSignal.BUDGET_SPENT, Cause.BUDGET_SPENT, why)

    def _with_telemetry(self, outcome: Outcome) -> Outcome:
        """The outcome with what the board's chips say; none where a stop leaves no time to ask them."""
        return outcome if self._stopping else replace(outcome, telemetry=backend_of(self.board).telemetry(self.board))

    def _check(self) -> None:
        """Open the board as `CHECK_CONFIG` says and check it, in a new worker if the old one has ended."""
        self._opened = None
        try:
            if not self._running:
                self.start()
            self.worker.open(CHECK_CONFIG, self.limits.open)
            self._pass_check()
            self._opened = CHECK_CONFIG
        except WorkerError as error:
            self.close()
            if (held := self._held(error)) is not None:
                self.trust.wait_while_held(held, lambda: self._stopping)
            if self.trust.usable:
                self.trust.observe(BoardSignal.CHECK_FAILED, blame.cause_of(error), str(error))

    def _held(self, error: WorkerError) -> HeldChip | None:
        """The chip of the board that another process has open, if that is the cause of an error."""
        return held_chip_of(error, backend_of(self.board).addresses(self.board))
