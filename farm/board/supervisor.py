"""The supervisor of one board: starts its process, opens the board, runs vectors, and goes on after whatever they do.

It trusts the board no further than `scheduler.health` says: a board is checked before its first vector and after all
trouble, reset where a check fails and there is a way to, and held when that doesn't help.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from farm.board.backends import backend_of
from farm.board.protocol import (
    CheckFailed,
    Deadlines,
    LookAhead,
    OpenFailed,
    Worker,
    WorkerDied,
    WorkerError,
    WorkerHung,
)
from farm.board.reset import Resetter
from farm.board.signals import SignalLadder
from farm.core.board import Board
from farm.core.classify import classify, classify_end
from farm.core.outcome import Outcome, discount
from farm.core.payload import EncodedVector
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import BoardState, Cause, Transition
from scheduler.health import BoardSignal, Health, HealthBudget, Step
from tracer.device_config import DeviceConfig

CHECKED_AS = DeviceConfig()
"""How a board is opened to be checked: the way that any board opens."""

BoardReport: TypeAlias = "Outcome | Transition"
"""What a supervisor tells while it runs vectors."""
Batches: TypeAlias = "Callable[[], tuple[DeviceConfig, Sequence[EncodedVector]] | None]"
"""Tells what a supervisor will be asked to run next, as far as that is known."""


def no_batch() -> None:
    """A `Batches` that knows of none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds.

    Attributes:
        open: opening a board.
        vector: running a vector that brings no limit of its own.
        first: at least this for an operation's first vector in a process of a board that computes: kernels compile.
        check: the small operation that shows whether a board is sound.
        silence: how long a process that owes an answer may neither print nor compute.
        reset: a board's reset command.
        ladder: what a worker is given after each signal that is to end it.
        budget: checks and resets before a board is held for a person.
        renew: not seconds but vectors: so many run in one process before a new one takes its place.
    """

    open: float = 120.0
    vector: float = 30.0
    first: float = 300.0
    check: float = 30.0
    silence: float = 120.0
    reset: float = 300.0
    ladder: SignalLadder = field(default_factory=SignalLadder)
    budget: HealthBudget = field(default_factory=HealthBudget)
    renew: int = 50_000

    def deadlines(self, board: Board) -> Deadlines:
        """What of it the process of a board needs to know."""
        ladder = backend_of(board).ladder(self.ladder)
        return Deadlines(self.vector, self.first, self.check, self.silence, ladder)


def board_process(board: Board, workdir: Path, deadlines: Deadlines) -> Worker:
    """The process that fits a board's backend."""
    return backend_of(board).worker(board, workdir, deadlines)


class Supervisor:
    """Holds one board. A vector that hangs or kills the process costs that vector an attempt, and only that vector.

    Attributes:
        board: the board.
        limits: how long things may take.
        process: the process that owns the board.
        health: how far the board is trusted.
    """

    def __init__(
        self,
        board: Board,
        workdir: Path,
        limits: Limits,
        make_process: Callable[[Board, Path, Deadlines], Worker] = board_process,
    ) -> None:
        self.board = board
        self.limits = limits
        self.process = make_process(board, workdir, limits.deadlines(board))
        self._resetter = Resetter(board, limits.reset)
        # what it was reset before, by whoever held it, counts: a new supervisor is no new board
        self.health = Health(board.id, limits.budget, resets_in_all=self._resetter.recent())
        self._transitions: list[Transition] = []
        self._running = False
        self._opened: DeviceConfig | None = None
        self._since_start = 0  # vectors that the process has run
        self._open_seconds: float | None = None  # of the last opening, until it was told
        self._stopping = False

    def start(self) -> dict[str, Any]:
        """Starts the process; returns what it says of itself.

        Raises:
            NotRunnable: what the process needs isn't here.
            WorkerDied: it doesn't start.
        """
        hello = self.process.start()
        self._running = True
        self._since_start = 0
        return {**hello, **backend_of(self.board).versions(self.board)}

    def run(
        self, config: DeviceConfig, parcels: Sequence[EncodedVector], behind: Batches = no_batch
    ) -> Iterator[BoardReport]:
        """Runs vectors on the board, opened so; yields each one's outcome, and each change of the board's state.

        Vectors without an outcome were not tried. That is so after a stop, and when the board doesn't open: then the
        first of them gets that as its outcome.

        Args:
            config: how the board is opened.
            parcels: the vectors.
            behind: what the next call will be, None where that is not known yet: its process need not wait for it.
        """
        waiting = deque(parcels)

        def fed() -> Sequence[EncodedVector]:
            if self._stopping or self._since_start + len(waiting) >= self.limits.renew:
                return ()  # this process will not run them
            ahead = behind()
            return [self._timed(each) for each in ahead[1]] if ahead and ahead[0] == config else ()

        if self._since_start >= self.limits.renew:
            self.close()  # whatever a library leaves behind at each call must not pile up for ever
        while waiting and not self._stopping and self.health.state is not BoardState.HELD:
            refused = self._open(config, waiting[0].id)
            if refused is not None:
                yield refused
                yield from self._told()
                return
            yield from self._run_some(waiting, fed)
            yield from self._told()
        if self._stopping:
            self.close()  # the process may have been fed these vectors before the stop

    def stop(self) -> None:
        """Lets the vector that runs end, and no other begin. May be called while `run` runs, in another thread."""
        self._stopping = True

    def close(self) -> None:
        """Releases the board and ends the process."""
        self._running = False
        self._opened = None
        self.process.close()

    @property
    def kernels(self) -> tuple[int, int]:
        """How many kernels its processes found compiled and how many they needed; a fake one needs none."""
        return getattr(self.process, "kernels", (0, 0))

    def _run_some(self, waiting: deque[EncodedVector], behind: LookAhead) -> Iterator[BoardReport]:
        """Runs vectors until all are run, the process is gone, or a stop; takes them out of `waiting`."""
        self._see(BoardSignal.WORK_BEGAN, Cause.WORK_BEGAN)
        yield from self._told()
        began = time.time()
        try:
            for outcome in self.process.run([self._timed(each) for each in waiting], self.limits.vector, behind):
                waiting.popleft()
                self._since_start += 1
                began = time.time()
                at_fault = outcome.verdict is Verdict.BOARD_FAULT
                if self._open_seconds is None:
                    yield outcome
                else:
                    # the planner learns from it; the vector's own time doesn't hold it
                    yield replace(outcome, open_seconds=round(self._open_seconds, 4))
                    self._open_seconds = None
                if self._stopping or at_fault:
                    # what of the rest already went to the process is not wanted, and a faulty board starts afresh
                    self.close()
                if at_fault:
                    self._trouble(Cause.BOARD_FAULT, outcome.message)
                    return
                if self._stopping:
                    break
        except (WorkerDied, WorkerHung) as error:
            self._running = False
            self._opened = None
            outcome = _end_of(error, waiting.popleft().id, began)
            cause = Cause.PROCESS_HUNG if isinstance(error, WorkerHung) else Cause.PROCESS_DIED
            sound = self._trouble(cause, str(error))
            yield outcome if sound or not outcome.verdict.failed else discount(outcome, self._complaint())
            return
        self._see(BoardSignal.WORK_ENDED, Cause.WORK_ENDED)

    def _timed(self, parcel: EncodedVector) -> EncodedVector:
        """A vector whose own limit is the deadline that earlier runs tell, if that is sooner.

        Not where the board computes: tt-metal's own timer, which knows the core that hangs, is to come first.
        """
        deadline = parcel.deadline
        if deadline is None or parcel.timeout or self.board.computes or deadline >= self.limits.vector:
            return parcel
        return parcel._replace(timeout=deadline)

    def _open(self, config: DeviceConfig, vector_id: str) -> Outcome | None:
        """Opens the board unless it is open so, and checks it unless it is trusted; what came of it if that fails."""
        if self._opened == config:
            return None
        self._opened = None
        began = time.time()
        try:
            if not self._running:
                self.start()
            if config.opened_by is not None and self.health.state is not BoardState.HEALTHY:
                # that device isn't ours to check
                self.process.open(CHECKED_AS, self.limits.open)
                self._pass_check()
            self.process.open(config, self.limits.open)
            if self.health.state is not BoardState.HEALTHY:
                self._pass_check()
        except WorkerError as error:
            self._running = isinstance(error, (OpenFailed, CheckFailed))
            self._trouble(_cause(error), str(error))
            return _unopened(error, vector_id, began)
        self._opened = config
        self._open_seconds = time.time() - began
        return None

    # --- trust ---

    def _pass_check(self) -> None:
        """Checks the open board.

        Raises:
            WorkerError: it doesn't pass.
        """
        began = time.time()
        self.process.check()
        self._see(BoardSignal.CHECK_PASSED, Cause.CHECK_PASSED, seconds=time.time() - began)

    def _trouble(self, cause: Cause, message: str) -> bool:
        """Takes in that something went wrong, and does what the state asks for; whether the board is sound then.

        Where a stop leaves no time to check it, nothing is known against it.
        """
        self._see(BoardSignal.TROUBLE, cause, message)
        checked = False
        while True:
            step = self.health.next_step(can_reset=self._resetter.command is not None)
            if step is Step.USE:
                return True
            if step is Step.WAIT or self._stopping:
                self.close()
                return step is not Step.WAIT and not checked
            if step is Step.CHECK:
                self._check()
                checked = True
            elif step is Step.RESET:
                self._reset()
            else:
                self._see(BoardSignal.BUDGET_SPENT, Cause.BUDGET_SPENT, f"{message}; nothing helped")

    def _check(self) -> None:
        """Opens the board the plainest way and checks it, in a new process where the old one is gone or odd."""
        self._opened = None
        try:
            if not self._running:
                self.start()
            self.process.open(CHECKED_AS, self.limits.open)
            self._pass_check()
            self._opened = CHECKED_AS
        except WorkerError as error:
            self.close()
            self._see(BoardSignal.CHECK_FAILED, _cause(error), str(error))

    def _reset(self) -> None:
        self.close()  # a process that still holds the board would not survive it, nor let it end
        self._see(BoardSignal.RESET_BEGAN, Cause.RESET_NEEDED)
        done = self._resetter.reset()
        if done.good:
            self._see(BoardSignal.RESET_ENDED, Cause.RESET_ENDED, done.message, done.seconds)
        else:
            cause = Cause.RESET_TIMEOUT if done.timed_out else Cause.RESET_FAILED
            self._see(BoardSignal.RESET_FAILED, cause, done.message, done.seconds)

    def _see(self, seen: BoardSignal, cause: Cause, message: str = "", seconds: float = 0.0) -> None:
        transition = self.health.apply(seen, cause, time.time(), message, seconds)
        if transition is not None:
            self._transitions.append(transition)

    def _told(self) -> Iterator[Transition]:
        transitions, self._transitions = self._transitions, []
        yield from transitions

    def _complaint(self) -> str:
        """The last thing that was said against the board."""
        return next((each.message for each in reversed(self._transitions) if each.message), self.health.state.value)


def _cause(error: WorkerError) -> Cause:
    if isinstance(error, WorkerHung):
        return Cause.OPEN_TIMEOUT
    if isinstance(error, CheckFailed):
        return Cause.CHIPS_MISSING if "chips are there" in error.message else Cause.CHECK_FAILED
    return Cause.OPEN_FAILED if isinstance(error, OpenFailed) else Cause.PROCESS_DIED


def _unopened(error: WorkerError, vector_id: str, began: float) -> Outcome:
    """What a vector came to whose board doesn't open as it needs, or isn't sound."""
    if isinstance(error, CheckFailed):
        reason = Reason.BOARD_SUSPECT
    elif isinstance(error, WorkerHung):
        reason = Reason.OPEN_TIMEOUT
    else:
        wedged = classify(str(error))[1] is Reason.BOARD_WEDGED
        reason = Reason.BOARD_WEDGED if wedged else Reason.OPEN_FAILED
    return Outcome(vector_id, Verdict.BOARD_FAULT, reason, str(error), started=began, seconds=time.time() - began)


def _end_of(error: WorkerDied | WorkerHung, vector_id: str, began: float) -> Outcome:
    """What a vector came to that the process ended under; a process that ends between vectors blames the board."""
    if error.vector_id != vector_id:
        verdict, reason = Verdict.BOARD_FAULT, Reason.CRASH
    elif isinstance(error, WorkerHung):
        verdict, reason = Verdict.FAIL_CRASH_HANG, Reason.KILLED if error.stopped else Reason.HANG
    else:
        verdict, reason = classify_end(str(error), error.exit)
    return Outcome(vector_id, verdict, reason, str(error), started=began, seconds=time.time() - began)
