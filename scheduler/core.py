"""The scheduler: it decides what to do about every event."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from typing import TypeAlias

from scheduler.backlog import Backlog
from scheduler.batching import Batching
from scheduler.board_queue import BoardQueue
from scheduler.board_record import BoardRecord, FaultBudget
from scheduler.board_state import BoardState, Cause, Transition
from scheduler.costs import SetupCosts
from scheduler.dispatcher import Dispatcher
from scheduler.errors import InvalidTransition
from scheduler.events import (
    Abandoned,
    AttemptEnded,
    BatchEnded,
    BoardAdded,
    BoardChanged,
    BoardLeaving,
    BoardLost,
    BoardReady,
    Event,
    Planned,
    SetupCostsLearned,
    Stopped,
)
from scheduler.instructions import Announce, Instruction, Recall, Release, Restart, Retire
from scheduler.invariants import check
from scheduler.placing import SameSetup, never_same
from scheduler.policies import CostPolicy, LearnedCosts, RetryPolicy, retry_policy
from scheduler.pool import Pool
from scheduler.roster import Roster
from scheduler.task import AttemptResult

HISTORY_LENGTH = 50
"""How many of the last events are kept for error messages."""

HistoryEntry: TypeAlias = tuple[float, object, tuple[Instruction, ...]]
"""The time, the event, and the instructions it led to."""


class Scheduler:
    """Gives work to boards and decides what every attempt means. Pure: events in, instructions out.

    It holds only tasks that are not resolved: a resolved task is forgotten.

    Attributes:
        boards: every board ever added, by id: the one ledger of their states.
        tasks: every task not resolved, by id.
        attempts: past attempts of tasks that were tried and not resolved, by task.
        batches: batches that boards hold, by number.
        pool: tasks that wait.
        roster: which boards can take which keys.
        dispatcher: hands out batches.
        budget: the faults a board may have.
        counts: tasks planned, tasks concluded, and events ignored because they came late or twice.
    """

    def __init__(
        self,
        fits: Callable[[Hashable, Hashable], bool],
        *,
        retries: RetryPolicy | None = None,
        costs: CostPolicy | None = None,
        batching: Batching | None = None,
        budget: FaultBudget | None = None,
        setup_costs: SetupCosts | None = None,
        same_setup: SameSetup = never_same,
        validate: bool = False,
    ) -> None:
        """Start with no boards and no work.

        Args:
            fits: whether a board of this kind can be set up for this key; asked once per pair.
            retries: whether a task is tried again.
            costs: corrects estimates while tasks run.
            batching: the size of batches.
            budget: the faults a board may have.
            setup_costs: what boards spend besides the tasks.
            same_setup: whether a board of this kind changes from one key to another for free.
            validate: check all invariants after every event: slow, for tests.
        """
        self.budget = budget or FaultBudget()
        self.pool = Pool(costs or LearnedCosts())
        self.roster = Roster(fits)
        self.boards = self.roster.boards
        self._out: list[Instruction] = []
        self._queue = BoardQueue()
        self._backlog = Backlog(self.pool, self.roster, self._queue, retries or retry_policy(), self._out)
        self.tasks = self._backlog.tasks
        self.attempts = self._backlog.attempts
        self.counts: Counter[str] = self._backlog.counts
        self.dispatcher = Dispatcher(
            *(self.pool, self.roster, self._queue, self._backlog, self._out),
            batching=batching or Batching(),
            setup_costs=setup_costs or SetupCosts(),
            same_setup=same_setup,
        )
        self.batches = self.dispatcher.batches
        self._now = 0.0
        self._history: deque[HistoryEntry] = deque(maxlen=HISTORY_LENGTH)
        self._validate = validate

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped, so that no more work is started."""
        return self._backlog.stopped

    @property
    def done(self) -> bool:
        """Whether every task planned so far is resolved."""
        return not self.tasks

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """The last events, oldest first."""
        return tuple(self._history)

    def is_idle(self, board: str) -> bool:
        """Whether a board of the run has no batch, and no task waits that it may take."""
        record = self._board(board)
        queues = self.pool.queues.items()
        return not record.batches and not any(
            queue.size_for(board) and self.roster.can_take(record, key) for key, queue in queues
        )

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Handle an event.

        Args:
            event: what happened.
            now: when, in seconds of any clock; the time of the transitions that are announced.

        Returns:
            What to do, in order.

        Raises:
            InvalidTransition: the event can't have happened: the caller has a bug.
        """
        self._now = now
        self._dispatch(event)
        self.dispatcher.feed()
        out = self._out.copy()
        self._out.clear()
        # a plan may hold a million tasks: the history only counts them
        entry = f"Planned({len(event.tasks)} tasks)" if isinstance(event, Planned) else event
        self._history.append((now, entry, tuple(out)))
        if self._validate:
            check(self)
        return out

    def attempt_number(self, batch: int, task: str) -> int | None:
        """Return the number of the attempt that an outcome belongs to; None if it is late or repeated."""
        held = self.batches.get(batch)
        return held.open.get(task) if held else None

    def _dispatch(self, event: Event) -> None:
        match event:
            case AttemptEnded():
                self._attempt_ended(event)
            case BatchEnded():
                self._batch_ended(event.batch)
            case Planned():
                self._planned(event)
            case BoardAdded():
                self._board_added(event)
            case BoardReady():
                self._board_ready(self._board(event.board))
            case BoardChanged():
                self._board_changed(self._board(event.transition.board), event.transition)
            case BoardLost():
                self._board_lost(self._board(event.board), event.message)
            case BoardLeaving():
                self._board_leaving(self._board(event.board), event.message)
            case SetupCostsLearned():
                self.dispatcher.setup_costs = event.costs
            case Stopped():
                self._stop()
            case Abandoned():
                self._abandon()

    def _board(self, name: str) -> BoardRecord:
        if name not in self.boards:
            raise InvalidTransition(f"no board {name} was added", self._history)
        return self.boards[name]

    # --- events about tasks ---

    def _planned(self, event: Planned) -> None:
        keys = set()
        for task in event.tasks:
            if task.id in self.tasks:
                raise InvalidTransition(f"task {task.id} was planned before", self._history)
            if self._backlog.plan(task):
                keys.add(task.key)
        self._queue.wake()
        if self.stopped:
            self._backlog.stop()
        else:
            self._backlog.conclude_impossible(keys)

    def _attempt_ended(self, event: AttemptEnded) -> None:
        held = self.batches.get(event.batch)
        if held is None or event.task not in held.open:
            self.counts["ignored"] += 1
            return
        if event.seconds is not None:
            self.dispatcher.learn(held, event.task, event.seconds)
        held.tried = True
        self.dispatcher.end_attempt(held, event.task, event.result)
        board = self.boards[held.board]
        if board.state.is_ready:
            self._queue.put_unless_idle(board.id)  # the dispatcher checks whether it has room
        if event.result in (AttemptResult.PASSED, AttemptResult.FAILED):
            board.faults_in_a_row = 0
        elif event.result.blames_board and not held.blamed:
            held.blamed = True
            if event.result is AttemptResult.REFUSED:
                self._count_refusal(board, held.key)
            else:
                self._count_fault(board)

    def _batch_ended(self, number: int) -> None:
        held = self.batches.get(number)
        if held is None:
            self.counts["ignored"] += 1
            return
        board = self.boards[held.board]
        if held.open and not held.tried and not self.stopped and board.state is not BoardState.LEAVING:
            # a board that returns batches untried must not get them forever
            self.dispatcher.lose_attempt(held)
            self._count_fault(board)
        if number in self.batches:
            self.dispatcher.give_back(number)
        if board.state.is_ready:
            self._queue.put(board.id)
        elif board.state is BoardState.LEAVING and not board.batches:
            self._release(board, Cause.WORK_ENDED)

    def _stop(self) -> None:
        self._backlog.stop()
        self._out += [Recall(board.id) for board in self.boards.values() if board.batches]

    def _abandon(self) -> None:
        self._backlog.stop()
        for board in self.boards.values():
            if board.state.takes_part:
                self._not_ready(board)
                self.roster.remove(board)
            if not board.state.is_final:
                self.dispatcher.give_back_all(board)
                self._release(board, Cause.STOPPED)

    # --- events about boards ---

    def _board_added(self, event: BoardAdded) -> None:
        before = self.boards.get(event.board)
        if before is not None and before.state is not BoardState.LEFT:
            raise InvalidTransition(f"board {event.board} was added before", self._history)
        board = BoardRecord(event.board, event.kind, before.state if before else BoardState.STARTING)
        self.roster.add(board)
        self._move(board, BoardState.STARTING, Cause.STARTED)

    def _board_ready(self, board: BoardRecord) -> None:
        if board.state.is_ready:
            raise InvalidTransition(f"board {board.id} was ready before", self._history)
        if board.state is BoardState.STARTING:
            self._move(board, BoardState.UNVERIFIED, Cause.ANSWERED)
            self._queue.put(board.id)

    def _board_changed(self, board: BoardRecord, transition: Transition) -> None:
        """Record a state that a supervisor decided on; a leaving board stays leaving."""
        if board.state.is_final:
            return
        self._out.append(Announce(transition))
        if transition.after is BoardState.HELD:
            board.message = transition.message
            self._board_held(board)
        elif board.state.is_ready:
            board.state, board.message = transition.after, transition.message

    def _board_held(self, board: BoardRecord) -> None:
        if board.state is BoardState.LEAVING:
            board.state = BoardState.HELD
            self.dispatcher.give_back_all(board)
            self._release(board, Cause.BUDGET_SPENT)
        else:
            self._give_up(board, BoardState.HELD)

    def _board_lost(self, board: BoardRecord, message: str) -> None:
        if board.state.is_final:
            return
        self.dispatcher.lose_batches(board)
        if board.state is BoardState.LEAVING:
            board.message = message or board.message
            self._release(board, Cause.CONNECTION_LOST)
            return
        self._not_ready(board)
        self._move(board, BoardState.LOST, Cause.CONNECTION_LOST, message)
        board.count_fault()
        if self.stopped or board.has_spent(self.budget):
            cause = Cause.STOPPED if self.stopped else Cause.BUDGET_SPENT
            self._give_up(board, BoardState.RETIRED, cause)
        else:
            self._move(board, BoardState.STARTING, Cause.STARTED, message)
            self._out.append(Restart(board.id))

    def _board_leaving(self, board: BoardRecord, message: str) -> None:
        if not board.state.takes_part:
            return
        self._not_ready(board)
        self.roster.remove(board)
        self._move(board, BoardState.LEAVING, Cause.WITHDRAWN, message)
        if board.batches:
            self._out.append(Recall(board.id))
        else:
            self._release(board, Cause.WITHDRAWN)
        self._reconsider_others(board)

    # --- faults of boards ---

    def _count_fault(self, board: BoardRecord) -> None:
        """Count a fault against a board, and give the board up if its budget is spent."""
        if board.state.takes_part:
            board.count_fault()
            if board.has_spent(self.budget):
                self._give_up(board, BoardState.RETIRED, Cause.BUDGET_SPENT)

    def _count_refusal(self, board: BoardRecord, key: Hashable) -> None:
        """Count the refusal of a key, and keep the key from the board after too many."""
        if not board.state.takes_part:
            return
        board.refusals[key] += 1
        if board.refusals[key] >= self.budget.refusals and key not in board.refused:
            self.roster.refuse(board, key)
            if self.pool.key_of(board.id) == key:
                self.pool.leave(board.id)  # the board works on this key no more
            self._reconsider_others(board)

    def _give_up(self, board: BoardRecord, state: BoardState, cause: Cause | None = None) -> None:
        """Take a board out of the run; without a cause, its supervisor announced the state already."""
        self._not_ready(board)
        self.roster.remove(board)
        if cause is None:
            board.state = state
        else:
            self._move(board, state, cause, board.message)
        self.dispatcher.give_back_all(board)
        self._out.append(Retire(board.id))
        self._reconsider_others(board)

    def _release(self, board: BoardRecord, cause: Cause) -> None:
        self._move(board, BoardState.LEFT, cause, board.message)
        self._out.append(Release(board.id))

    def _move(self, board: BoardRecord, after: BoardState, cause: Cause, message: str = "") -> None:
        """Change the state of a board, and announce it."""
        self._out.append(Announce(Transition(board.id, board.state, after, cause, message, self._now)))
        board.state, board.message = after, message

    def _not_ready(self, board: BoardRecord) -> None:
        self._queue.remove(board.id)
        self.pool.leave(board.id)
        self._queue.wake()  # other boards may now have to take this board's key

    def _reconsider_others(self, board: BoardRecord) -> None:
        """Let work that waited for a board wait for others, or resolve it if there is none."""
        for other in self.boards:
            if other != board.id:
                self.pool.readmit(other)
        self._backlog.conclude_impossible(list(self.pool.queues))
        self._queue.wake()
