"""The driver of a run: tells the scheduler what happens, carries out what it answers, and records all of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from farm.cluster.fleet import BatchDone, Fleet, FleetEvent, Gone, Offered, Outcomes, Started, Unusable, Withdrawn
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.outcome import Outcome
from farm.core.progress import Lane, Progress
from farm.planning.board_setup import Setup, fits, same
from farm.planning.estimates import Costs
from farm.planning.resume import Past
from farm.planning.vectors import Vector
from farm.running.translation import conclusion, ending, missed, untried
from farm.store.records import BoardEvent, BoardEventKind, RunBoard
from scheduler import (
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
    PastAttempt,
    Planned,
    Recall,
    Release,
    Resolution,
    Restart,
    Retire,
    RetriesByCount,
    Scheduler,
    SetupCostsLearned,
    Stopped,
    Transition,
    Work,
)

WAIT_SECONDS = 0.25
"""How long the driver waits for something to happen before it looks whether it was asked to stop."""
WINDOW = 20_000
"""How many vectors the driver knows at once: enough to place them well, whatever the run holds."""
FLUSH_SECONDS = 0.25
"""How long results may wait to be recorded together: a commit costs milliseconds, however much it holds."""


class Recorder(Protocol):
    """What the driver needs of the results store; `farm.store.Store` is one."""

    def board(self, run_id: str, board: RunBoard) -> None:
        """Records a board."""

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt],
        conclusions: Sequence[Conclusion],
        events: Sequence[BoardEvent],
    ) -> None:
        """Records attempts, how vectors ended and what happened to boards: all at once, or nothing."""


class Driver:
    """Runs vectors on boards. Everything is recorded before anyone is told that it counts.

    Attributes:
        run_id: the run in the store.
        scheduler: decides.
    """

    def __init__(
        self,
        run_id: str,
        boards: Sequence[Board],
        fleet: Fleet,
        recorder: Recorder,
        progress: Progress,
        *,
        retries: RetriesByCount | None = None,
    ) -> None:
        self.run_id = run_id
        self.scheduler = Scheduler(fits, same_setup=same, retries=retries)
        self._limit = ""  # which stopped the run
        self._boards = {board.id: board for board in boards}
        self._fleet = fleet
        self._recorder = recorder
        self._progress = progress
        self._vectors: dict[str, Vector] = {}  # those not concluded
        self._coming: Iterator[Vector] = iter(())
        self._past: Mapping[str, Past] = {}
        self._costs = Costs()
        self._lanes: defaultdict[str, dict[int, str]] = defaultdict(dict)  # what each board's batches are, in words
        self._since: dict[str, float] = {}  # when boards were ready first, by the monotonic clock
        self._losses: dict[str, str] = {}  # why boards were lost, last time
        self._refusals: dict[Setup, str] = {}
        self._unconcluded: defaultdict[str, dict[int, Attempt]] = defaultdict(dict)
        self._attempts: list[Attempt] = []  # to be recorded
        self._conclusions: list[Conclusion] = []
        self._events: list[BoardEvent] = []
        self._flushed = 0.0  # when, by the monotonic clock

    def start(self) -> None:
        """Starts the boards: while they start, there is time to plan."""
        for board in list(self._boards.values()):
            self._add(board)

    def run(
        self,
        vectors: Iterable[Vector],
        stop_asked: Callable[[], bool] = lambda: False,
        *,
        costs: Costs | None = None,
        past: Mapping[str, Past] | None = None,
        max_seconds: float | None = None,
        max_board_seconds: float | None = None,
    ) -> None:
        """Runs vectors, already planned in the store, until each has its verdict.

        Args:
            vectors: what to run; those that can't run are concluded at once. Taken as they are needed: no more than
                `WINDOW` are held.
            stop_asked: looked at all the time; once it says so, what runs may end and nothing more begins.
            costs: what they are expected to take.
            past: what an earlier driver recorded of these vectors, by id.
            max_seconds: after so long it is as if `stop_asked` said so.
            max_board_seconds: so long after it first was ready a board gets nothing more.

        Raises:
            NotRunnable: a board's host lacks what running needs.
        """
        deadline = None if max_seconds is None else time.monotonic() + max_seconds
        self._coming, self._past = iter(vectors), past or {}
        self._costs = costs or self._costs
        self._tell(SetupCostsLearned(self._costs.setups))
        while self._plan() or not self.scheduler.done:
            if deadline is not None and time.monotonic() > deadline and not self.scheduler.stopped:
                self._limit = f"after the {max_seconds:g} s that it was given"
                self._progress.note(f"stopping {self._limit}: what runs may end")
                self._tell(Stopped())
            if stop_asked() and not self.scheduler.stopped:
                self._progress.note("stopping: what runs may end; press Ctrl-C again to end at once")
                self._tell(Stopped())
            if max_board_seconds is not None:
                self._rest_boards(max_board_seconds)
            happened = self._fleet.wait(WAIT_SECONDS)
            for happening in happened:
                self._take(happening)
            if not happened or time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._flush()
        self._flush()

    def _rest_boards(self, most: float) -> None:
        """Lets boards go that had all the seconds that a board may have."""
        for board in [board for board, since in self._since.items() if time.monotonic() - since > most]:
            del self._since[board]
            self._losses[board] = f"the {most:g} s are over that a board was given"
            self._progress.note(f"{board} gets nothing more: {self._losses[board]}")
            self._tell(BoardLeaving(board))

    def released(self, kernels: Mapping[str, tuple[int, int]]) -> None:
        """Records what the boards said as they were released: how many kernels they found compiled, and needed."""
        for board, (found, needed) in kernels.items():
            told = f"{found} of {needed} kernels were compiled before"
            self._events.append(
                BoardEvent(board, BoardEventKind.KERNELS, told, details={"found": found, "needed": needed})
            )
        self._flush()

    def abandon(self) -> None:
        """Concludes what is left as stopped, without waiting for any board."""
        if not self.scheduler.stopped:
            self._tell(Stopped())
        for board in self._boards:
            self._tell(BoardLost(board))
        while self._plan():
            self._flush()
        self._flush()

    def _plan(self) -> bool:
        """Tells the scheduler of more vectors when it knows few; whether there were any."""
        if len(self.scheduler.works) > WINDOW // 2:
            return False
        vectors = list(islice(self._coming, WINDOW // 2))
        if not vectors:
            return False
        works = []
        for vector in vectors:
            self._vectors[vector.id] = vector
            if vector.unrunnable:
                self._conclusions.append(untried(vector.id, *vector.unrunnable))
            else:
                past = self._past.get(vector.id, Past(()))
                tries = self._take_over(vector.id, past)
                forgiven = len(tries) if past.forgiven else 0
                estimate = self._costs.of(vector)
                guess = estimate.basis == "default"
                works.append(Work(vector.id, vector.setup, vector.operation, estimate.seconds, tries, forgiven, guess))
        self._tell(Planned(tuple(works)))
        self._flush()
        return True

    def _take_over(self, vector_id: str, past: Past) -> tuple[PastAttempt, ...]:
        """What the scheduler is to know of a vector's past; an attempt that was never recorded says nothing of it."""
        if not past.attempts:
            return ()
        known = {attempt.number: attempt for attempt in past.attempts}
        for number in set(range(1, max(known) + 1)) - set(known):
            known[number] = Attempt(number, "", missed(vector_id, "a board", "it was not recorded", 0.0))
        self._unconcluded[vector_id] = known
        return tuple(PastAttempt(known[number].board, ending(known[number].outcome)) for number in sorted(known))

    def _add(self, board: Board) -> None:
        self._boards[board.id] = board
        self._fleet.start(board)
        self._recorder.board(self.run_id, RunBoard(board, host=board.host))
        self._progress.lane(board.id, Lane.STARTING)
        self._tell(BoardAdded(board.id, board.kind.name))

    # --- what happened ---

    def _take(self, happening: FleetEvent) -> None:
        match happening:
            case Outcomes(batch, outcomes):
                for told in outcomes:
                    if isinstance(told, Transition):
                        self._trusted(told)
                    else:
                        self._attempted(batch, told)
            case BatchDone(board, batch):
                self._lanes[board].pop(batch, None)
                self._tell(BatchEnded(batch))
                self._show_lane(board)
            case Started(board, hello):
                self._since.setdefault(board, time.monotonic())
                self._joined(board, hello)
                self._tell(BoardReady(board))
                self._show_lane(board)
            case Gone(board, message):
                self._losses[board] = message
                self._lanes[board].clear()
                self._happened(board, BoardEventKind.LOST, message)
                self._progress.lane(board, Lane.LOST, message)
                self._tell(BoardLost(board))
            case Offered(board=offered):
                self._progress.note(f"{offered.id} joined")
                self._add(offered)
            case Withdrawn(board, message):
                self._progress.note(f"{board} is leaving: {message}")
                self._losses[board] = message
                self._tell(BoardLeaving(board))
            case Unusable(board, message):
                raise NotRunnable(f"{board}: {message}")

    def _attempted(self, batch: int, outcome: Outcome) -> None:
        number = self.scheduler.attempt_number(batch, outcome.vector_id)
        if number is None:
            return  # late: that attempt was given up, and another stands for it
        board = self.scheduler.batches[batch].board
        work = self.scheduler.works[outcome.vector_id]
        if not work.guess:
            outcome = replace(outcome, estimate=round(work.cost, 6))  # the report shows how good it was
        vector = self._vectors[outcome.vector_id]
        opened = vector.way(self._boards[board].kind.name)
        if opened != vector.device_config:
            outcome = replace(outcome, device_config=opened)
        self._keep(Attempt(number, board, outcome))
        means = ending(outcome)
        if means is AttemptResult.REFUSED:
            self._refusals[vector.setup] = outcome.message
        if means.blames_board:
            self._happened(board, BoardEventKind.FAULT, outcome.message)
        took = outcome.seconds if means in (AttemptResult.PASSED, AttemptResult.FAILED) else None
        self._tell(AttemptEnded(batch, outcome.vector_id, means, took))

    def _trusted(self, transition: Transition) -> None:
        """A board is trusted more than before, or less."""
        details = {
            "before": transition.before.value,
            "after": transition.after.value,
            "cause": transition.cause.value,
            "seconds": transition.seconds,
        }
        board, kind = transition.board, BoardEventKind.STATE
        self._events.append(BoardEvent(board, kind, transition.message, transition.at, details))
        if transition.after is BoardState.HELD:
            self._losses[board] = transition.message
            self._lanes[board].clear()
            self._progress.note(f"{board} is held: {transition.message}")
        self._tell(BoardChanged(transition))

    def _tell(self, event: Event) -> None:
        for instruction in self.scheduler.handle(event, time.monotonic()):
            self._carry_out(instruction)

    # --- what to do ---

    def _carry_out(self, instruction: Instruction) -> None:
        match instruction:
            case Conclude():
                self._conclude(instruction)
            case Assign():
                self._assign(instruction)
            case AttemptLost(work, number, board):
                outcome = missed(work, board, self._losses.get(board, ""), time.time())
                self._keep(Attempt(number, board, outcome))
            case Recall(board):
                self._fleet.stop(board)
            case Restart(board):
                self._happened(board, BoardEventKind.RESTARTED)
                self._progress.lane(board, Lane.RESTARTING)
                self._fleet.start(self._boards[board])
            case Retire(board):
                self._happened(board, BoardEventKind.RETIRED, self._losses.get(board, ""))
                self._progress.lane(board, Lane.RETIRED)
                self._fleet.drop(board)
            case Release(board):
                self._happened(board, BoardEventKind.LEFT, self._losses.get(board, ""))
                self._lanes[board].clear()
                self._progress.lane(board, Lane.LEFT, self._losses.get(board, ""))
                self._fleet.drop(board)

    def _assign(self, assign: Assign) -> None:
        vectors = [self._vectors[work] for work, _ in assign.works]
        config = vectors[0].way(self._boards[assign.board].kind.name)
        mesh = "x".join(map(str, config.mesh_shape))
        self._lanes[assign.board][assign.batch] = f"{vectors[0].operation}, {len(vectors)} vectors, {mesh}"
        self._fleet.run(
            assign.board, assign.batch, config, [vector.parcel(self._costs.deadline(vector)) for vector in vectors]
        )
        self._show_lane(assign.board)

    def _conclude(self, decided: Conclude) -> None:
        attempts = self._unconcluded.pop(decided.work, {})
        cause = ""
        if decided.resolution is Resolution.REFUSED:
            cause = self._refusals.get(self._vectors[decided.work].setup, "")
        elif decided.resolution is Resolution.LOST:
            cause = next(reversed(self._losses.values()), "")
        elif decided.resolution is Resolution.STOPPED:
            cause = self._limit
        self._conclusions.append(conclusion(decided, attempts, cause))

    # --- recording and telling ---

    def _keep(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self._unconcluded[attempt.outcome.vector_id][attempt.number] = attempt

    def _happened(self, board: str, kind: BoardEventKind, message: str = "") -> None:
        self._events.append(BoardEvent(board, kind, message))

    def _joined(self, board: str, hello: dict[str, Any]) -> None:
        known = RunBoard(self._boards[board], host=hello.get("host", ""), ttnn_version=hello.get("ttnn"), details=hello)
        self._recorder.board(self.run_id, known)
        self._happened(board, BoardEventKind.JOINED)

    def _flush(self) -> None:
        """Makes everything durable that came since the last time, and then tells of it."""
        attempts, conclusions, events = self._attempts, self._conclusions, self._events
        self._flushed = time.monotonic()
        # should one fail, what was not written is still there for the next time; writing twice does no harm
        self._recorder.record(self.run_id, attempts, conclusions, events)
        self._attempts, self._conclusions, self._events = [], [], []
        for attempt in attempts:
            self._progress.attempt(attempt, self._vectors[attempt.outcome.vector_id].operation)
        for concluded in conclusions:
            self._progress.concluded(concluded, self._vectors.pop(concluded.vector_id).operation)

    def _show_lane(self, board: str) -> None:
        known = self.scheduler.boards[board]
        if known.batches:
            self._progress.lane(board, Lane.RUNNING, next(iter(self._lanes[board].values()), ""))
        elif known.state.is_ready:
            self._progress.lane(board, Lane.IDLE)
