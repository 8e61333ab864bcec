"""The driver of a run: it reports events to the scheduler, and carries out the scheduler's instructions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from farm.cluster.fleet import BatchDone, Fleet, FleetEvent, Gone, Offered, Outcomes, Started, Unusable, Withdrawn
from farm.core.attempt import Attempt
from farm.core.board import Board, WorkerInfo
from farm.core.errors import NotRunnable
from farm.core.outcome import Outcome
from farm.core.plain_words import counted
from farm.core.progress import Progress
from farm.core.verdicts import Verdict
from farm.planning.board_setup import BoardSetup, fits, same_setup
from farm.planning.estimates import Estimates
from farm.planning.resume import PastAttempts
from farm.planning.vectors import Vector
from farm.running.board_display import BoardDisplay
from farm.running.chip_turns import ChipTurns
from farm.running.pending_records import PendingRecords, Recorder
from farm.running.task_feed import TaskFeed
from farm.running.translation import attempt_result, conclusion, lost_attempt
from farm.store.records import BoardEvent, BoardEventKind, RunBoard, state_event
from scheduler import (
    Abandoned,
    Announce,
    Assign,
    AttemptEnded,
    AttemptLost,
    AttemptResult,
    BatchEnded,
    BoardAdded,
    BoardChanged,
    BoardLeaving,
    BoardLost,
    BoardReady,
    BoardState,
    Conclude,
    Event,
    Instruction,
    Planned,
    Recall,
    Release,
    Resolution,
    Restart,
    Retire,
    RetryPolicy,
    Scheduler,
    SetupCostsLearned,
    Stopped,
    Transition,
)

WAIT_SECONDS = 0.25
"""How long the driver waits for events before it checks for a request to stop."""

_LOG = logging.getLogger(__name__)


class Driver:
    """Runs vectors on boards. Every attempt is recorded before it is shown.

    Attributes:
        scheduler: decides, and keeps the ledger of the boards.
    """

    def __init__(
        self,
        run_id: str,
        boards: Sequence[Board],
        fleet: Fleet,
        recorder: Recorder,
        progress: Progress,
        *,
        retries: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a run; nothing is started.

        Args:
            run_id: the run in the store.
            boards: where to run.
            fleet: holds the boards.
            recorder: the store.
            progress: the display.
            retries: how often vectors are retried.
            clock: seconds for the time limits.
        """
        self.scheduler = Scheduler(fits, same_setup=same_setup, retries=retries)
        self._boards = {board.id: board for board in boards}
        self._fleet = fleet
        self._progress = progress
        self._clock = clock
        self._records = PendingRecords(run_id, recorder, progress, clock)
        self._display = BoardDisplay(self.scheduler.boards, progress)
        self._estimates = Estimates()
        self._feed = TaskFeed((), self._estimates, {}, self._records)
        self._ready_since: dict[str, float] = {}  # when boards were first ready, by the clock
        self._limit = ""  # the time limit that stopped the run
        self._viewed_hosts: set[str] = set()  # those of which it was said what isolated workers see
        self._last_loss = ""  # why the last board was lost or left
        self._refusals: dict[BoardSetup, str] = {}  # why boards did not open
        self._turns = ChipTurns()

    def start(self) -> None:
        """Start the boards; the caller may plan meanwhile."""
        for board in list(self._boards.values()):
            self._add(board)

    def run(
        self,
        vectors: Iterable[Vector],
        stop_requested: Callable[[], bool] = lambda: False,
        *,
        estimates: Estimates | None = None,
        past: Mapping[str, PastAttempts] | None = None,
        max_seconds: float | None = None,
        max_board_seconds: float | None = None,
    ) -> None:
        """Run vectors, already planned in the store, until each has its verdict.

        Args:
            vectors: what to run; those that can't run get their verdict at once. Read as they are needed: no more
                than `farm.running.work_feed.WINDOW` are held.
            stop_requested: called often; once it is true, running vectors are finished, and no more are started.
            estimates: how long they are expected to take.
            past: what an earlier driver recorded of these vectors, by id.
            max_seconds: stop the run after this many seconds.
            max_board_seconds: release each board this many seconds after it was first ready.

        Raises:
            NotRunnable: a board's host lacks what running needs.
        """
        deadline = None if max_seconds is None else self._clock() + max_seconds
        self._estimates = estimates or self._estimates
        self._feed = TaskFeed(vectors, self._estimates, past or {}, self._records)
        self._tell(SetupCostsLearned(self._estimates.setups))
        if stop_requested():  # while the boards started: then none of them is needed
            self._stop()
        while self._plan() or not self.scheduler.done:
            if deadline is not None and self._clock() > deadline:
                self._limit = f"its time limit of {max_seconds:g} s"
                self._stop(f"the run reached {self._limit}: waiting for running vectors to finish")
            if stop_requested():
                self._stop()
            if max_board_seconds is not None:
                self._release_due_boards(max_board_seconds)
            events = self._fleet.wait(WAIT_SECONDS)
            for event in events:
                self._take(event)
            for board in self._turns.finished(self.scheduler.is_idle):
                self._tell(BoardLeaving(board.id, "a larger part of its box takes its chips"))
            if not events or self._records.is_due:
                self._records.flush()
        self._records.flush()

    def released(self, kernels: Mapping[str, tuple[int, int]]) -> None:
        """Record how many kernels each released board found in its cache, and how many it needed."""
        for board, (cached, needed) in kernels.items():
            message = f"{cached} of {counted(needed, 'kernel')} compiled before"
            details = {"found": cached, "needed": needed}
            self._records.event(BoardEvent(board, BoardEventKind.KERNELS, message, details=details))
        self._records.flush()

    def leave(self) -> None:
        """Record what is known by now; the other vectors get no verdict: another driver goes on with them."""
        _LOG.info("leaving the run: vectors without a verdict: %d", len(self.scheduler.tasks))
        self._records.flush()

    def abandon(self) -> None:
        """Conclude the remaining vectors as stopped, without waiting for any board."""
        _LOG.info("abandoning the run: vectors without a verdict: %d", len(self.scheduler.tasks))
        self._tell(Abandoned())
        while self._plan():
            self._records.flush()
        self._records.flush()

    def _plan(self) -> bool:
        """Plan more tasks if the scheduler has few; return whether there were any."""
        tasks = self._feed.next_tasks(len(self.scheduler.tasks))
        if tasks is None:
            return False
        self._tell(Planned(tasks))
        self._records.flush()
        return True

    def _stop(self, note: str = "") -> None:
        """Start no more vectors; `note` says why, where whoever asked for it has not said so."""
        if not self.scheduler.stopped:
            _LOG.info("stopping%s", f": {note}" if note else "")
            if note:
                self._progress.note(note)
            self._tell(Stopped())

    def _release_due_boards(self, seconds: float) -> None:
        """Release boards whose time in this run is over."""
        now = self._clock()
        for board in [board for board, since in self._ready_since.items() if now - since > seconds]:
            del self._ready_since[board]
            self._tell(BoardLeaving(board, f"its time limit of {seconds:g} s is over"))

    def _add(self, board: Board) -> None:
        self._boards[board.id] = board
        if self._turns.begin(board):
            self._fleet.start(board)
        self._records.board(RunBoard(board, host=board.host))
        self._tell(BoardAdded(board.id, board.kind.name))

    # --- events ---

    def _take(self, event: FleetEvent) -> None:
        """Translate an event of the fleet for the scheduler."""
        match event:
            case Outcomes(batch, reports):
                for report in reports:
                    if isinstance(report, Transition):
                        self._tell(BoardChanged(report))
                    else:
                        self._attempt_ended(batch, report)
            case BatchDone(board, batch):
                self._tell(BatchEnded(batch))
                self._display.update(board)
            case Started(board, info):
                self._started(board, info)
            case Gone(board, message):
                self._tell(BoardLost(board, message))
            case Offered(board=offered):
                self._progress.note(f"{offered.id} joined")
                self._add(offered)
            case Withdrawn(board, message):
                self._tell(BoardLeaving(board, message))
            case Unusable(board, message):
                raise NotRunnable(f"{board}: {message}")

    def _started(self, board: str, info: WorkerInfo) -> None:
        self._ready_since.setdefault(board, self._clock())
        host = self._boards[board].host
        if info.host_view and host not in self._viewed_hosts:
            self._viewed_hosts.add(host)
            self._progress.note(f"each vector{f' on {host}' if host else ''} runs {info.host_view}")
        self._records.board(RunBoard(self._boards[board], host, info.ttnn, info.as_json()))
        self._tell(BoardReady(board))

    def _attempt_ended(self, batch: int, outcome: Outcome) -> None:
        number = self.scheduler.attempt_number(batch, outcome.vector_id)
        if number is None:
            return  # late: that attempt was given up and replaced by another
        board = self.scheduler.batches[batch].board
        vector = self._records.vectors[outcome.vector_id]
        outcome = self._with_context(outcome, vector, board)
        self._records.attempt(Attempt(number, board, outcome))
        result = attempt_result(outcome)
        if outcome.verdict.fault:
            self._show_fault(board, batch, outcome, result)
        if result is AttemptResult.REFUSED:
            self._refusals[vector.setup] = outcome.message
        if result.blames_board:
            self._records.event(BoardEvent(board, BoardEventKind.FAULT, outcome.message))
        seconds = outcome.seconds if result in (AttemptResult.PASSED, AttemptResult.FAILED) else None
        self._tell(AttemptEnded(batch, outcome.vector_id, result, seconds))

    def _with_context(self, outcome: Outcome, vector: Vector, board: str) -> Outcome:
        """Add to an outcome what the worker does not know: the estimate, and how the board was opened."""
        task = self.scheduler.tasks[outcome.vector_id]
        estimate = None if task.guess else round(task.cost, 6)  # the report compares it with the real duration
        opened_as = vector.config_for(self._boards[board].kind.name)
        device_config = None if opened_as == vector.device_config else opened_as
        if estimate is None and device_config is None:
            return outcome
        return replace(outcome, estimate=estimate, device_config=device_config)

    def _show_fault(self, board: str, batch: int, outcome: Outcome, result: AttemptResult) -> None:
        if outcome.verdict is Verdict.BOARD_FAULT and result.blames_board:
            self._display.fault(board, batch, outcome.message)
        else:
            self._display.trouble(board, outcome.message)

    def _tell(self, event: Event) -> None:
        for instruction in self.scheduler.handle(event, time.time()):
            self._carry_out(instruction)

    # --- instructions ---

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Conclude():
                self._conclude(instruction)
            case Assign():
                self._assign(instruction)
            case Announce(transition):
                self._announce(transition)
            case AttemptLost(task, number, board):
                message = self.scheduler.boards[board].message
                self._records.attempt(Attempt(number, board, lost_attempt(task, board, message, time.time())))
            case Recall(board):
                self._fleet.stop(board)
            case Restart(board):
                self._fleet.start(self._boards[board])
            case Retire(board) | Release(board):
                self._fleet.drop(board)
                for waiting in self._turns.end(board):
                    self._fleet.start(waiting)

    def _assign(self, assign: Assign) -> None:
        vectors = [self._records.vectors[task] for task, _ in assign.tasks]
        config = vectors[0].config_for(self._boards[assign.board].kind.name)
        mesh = "x".join(map(str, config.mesh_shape))
        activity = f"{vectors[0].operation}, {counted(len(vectors), 'vector')}, {mesh}"
        _LOG.debug("batch %d to %s: %s", assign.batch, assign.board, activity)
        encoded = [vector.encoded(self._estimates.deadline(vector)) for vector in vectors]
        self._fleet.run(assign.board, assign.batch, config, encoded)
        self._display.batch_assigned(assign.board, assign.batch, activity)

    def _announce(self, transition: Transition) -> None:
        self._records.event(state_event(transition))
        self._display.moved(transition)
        if transition.after in _ENDS:
            self._last_loss = transition.message or self._last_loss
        _LOG.log(
            _LEVELS.get(transition.after, logging.DEBUG),
            "%s is %s (%s)%s",
            transition.board,
            transition.after.value,
            transition.cause.value,
            f": {transition.message}" if transition.message else "",
        )

    def _conclude(self, concluded: Conclude) -> None:
        attempts = self._records.take_attempts(concluded.task)
        cause = ""
        if concluded.resolution is Resolution.REFUSED:
            cause = self._refusals.get(self._records.vectors[concluded.task].setup, "")
        elif concluded.resolution is Resolution.LOST:
            cause = self._last_loss
        elif concluded.resolution is Resolution.STOPPED:
            cause = self._limit
        self._records.conclusion(conclusion(concluded, attempts, cause))


_ENDS = (BoardState.LOST, BoardState.HELD, BoardState.LEAVING)
"""States whose message says why a run lacks a board."""
_LEVELS = {
    BoardState.STARTING: logging.INFO,
    BoardState.SUSPECT: logging.INFO,
    BoardState.RESETTING: logging.INFO,
    BoardState.LEAVING: logging.INFO,
    BoardState.LEFT: logging.INFO,
    BoardState.LOST: logging.WARNING,
    BoardState.HELD: logging.WARNING,
    BoardState.RETIRED: logging.WARNING,
}
"""Log levels of states; debug for the others."""
