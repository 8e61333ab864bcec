"""Batches: handed to boards that have room, ended attempt by attempt, taken back from boards that are gone."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from itertools import count

from scheduler.backlog import Backlog
from scheduler.batching import Batching
from scheduler.board_queue import BoardQueue
from scheduler.board_record import Batch, BoardRecord
from scheduler.costs import SetupCosts
from scheduler.instructions import Assign, AttemptLost, Instruction
from scheduler.placing import SameSetup, choose_key
from scheduler.pool import TAIL_SHARE, Pool
from scheduler.roster import Roster
from scheduler.task import AttemptResult

SURPRISE = 2.0
"""After a guessed task has taken this many times its estimate, idle boards look for work again."""


class Dispatcher:
    """Hands batches to boards, and takes back what they did not try.

    Attributes:
        batches: batches that boards hold, by number.
        setup_costs: what boards spend besides the tasks.
    """

    def __init__(
        self,
        pool: Pool,
        roster: Roster,
        queue: BoardQueue,
        backlog: Backlog,
        out: list[Instruction],
        *,
        batching: Batching,
        setup_costs: SetupCosts,
        same_setup: SameSetup,
    ) -> None:
        """Start with no batches.

        Args:
            pool: where tasks wait.
            roster: the boards.
            queue: the ready boards that may get another batch.
            backlog: the tasks that are not resolved.
            out: where instructions go.
            batching: the size of batches.
            setup_costs: what boards spend besides the tasks.
            same_setup: whether a board of this kind changes from one key to another for free.
        """
        self.batches: dict[int, Batch] = {}
        self.batching = batching
        self.setup_costs = setup_costs
        self._pool = pool
        self._roster = roster
        self._queue = queue
        self._backlog = backlog
        self._out = out
        self._same_setup = same_setup
        self._numbers = count(1)

    def has_room(self, board: BoardRecord) -> bool:
        """Whether a board should get another batch now."""
        held = board.batches
        if not held or len(held) >= self.batching.depth:
            return not held  # the fast path: this is checked after every attempt
        return self.batching.has_room(len(held), sum(batch.seconds * batch.factor for batch in held.values()))

    def switching_seconds(self, board: BoardRecord, key: Hashable) -> float:
        """Return the seconds that this board needs to change to a key."""
        current = self._pool.key_of(board.id)
        free = current is not None and self._same_setup(board.kind, current, key)
        return 0.0 if free else self.setup_costs.switch

    def feed(self) -> None:
        """Give each ready board batches up to its depth, one each in turn."""
        while (name := self._queue.pop()) is not None:
            board = self._roster.boards[name]
            if not self.has_room(board):
                continue
            if self._assign(board):
                self._queue.put(name)
            else:
                self._queue.set_idle(name)

    def learn(self, held: Batch, task_id: str, seconds: float) -> None:
        """Correct estimates by the seconds that a task took."""
        task = self._backlog.tasks[task_id]
        costs = self._pool.costs
        expected = task.cost * costs.factor(task.cost_class)
        costs.observe(task.cost_class, task.cost, seconds)
        held.factor = costs.factor(task.cost_class)
        if task.guess and seconds > SURPRISE * expected:
            self._queue.wake()  # the waiting tasks of its class may now be worth another board

    def end_attempt(self, held: Batch, task: str, result: AttemptResult) -> None:
        """End an attempt of a batch."""
        del held.open[task]
        cost = self._backlog.tasks[task].cost
        held.seconds -= cost
        self._pool.held[held.key] -= cost
        self._backlog.end_attempt(held.board, task, result)

    def lose_attempt(self, held: Batch) -> None:
        """End the attempt that probably ran, without an outcome."""
        task, attempt = next(iter(held.open.items()))
        self._out.append(AttemptLost(task, attempt, held.board))
        self.end_attempt(held, task, AttemptResult.LOST)

    def lose_batches(self, board: BoardRecord) -> None:
        """End a lost board's batches: the first open task was probably running, the others were not tried."""
        handled_running = self._backlog.stopped
        for number in list(board.batches):
            held = self.batches[number]
            if held.open and not handled_running:
                # if all of a batch is done, only its end is not reported yet: the next batch was running
                handled_running = True
                self.lose_attempt(held)
            self.give_back(number)

    def give_back_all(self, board: BoardRecord) -> None:
        """End all batches of a board."""
        for number in list(board.batches):
            self.give_back(number)

    def give_back(self, number: int) -> None:
        """End a batch; tasks of it that were not tried wait again."""
        held = self.batches.pop(number)
        del self._roster.boards[held.board].batches[number]
        self._pool.held[held.key] -= held.seconds
        self._backlog.return_untried(held.open)

    def _assign(self, board: BoardRecord) -> bool:
        """Give a board a batch; False if there is none for it."""
        pool, roster = self._pool, self._roster
        may_take = partial(roster.can_take, board)
        key = choose_key(board.id, pool, may_take, roster.able, partial(self.switching_seconds, board))
        if key is None:
            return False
        queue = pool.queues[key]
        able = roster.able(key)
        waiting = queue.cost  # computed once: for guesses, it is a sum over all groups
        seconds, most = self.batching.limits(waiting, queue.size, able)
        tail = TAIL_SHARE * waiting / max(1, able)
        tasks = pool.take(board.id, key, seconds, most, tail, shared=able > 1)
        attempts = {task.id: len(self._backlog.attempts.get(task.id, ())) + 1 for task in tasks}
        cost = sum(task.cost for task in tasks)
        pool.held[key] += cost
        number = next(self._numbers)
        batch = Batch(board.id, key, attempts, cost, pool.costs.factor(tasks[0].cost_class))
        self.batches[number] = board.batches[number] = batch
        self._out.append(Assign(board.id, number, key, tuple(attempts.items())))
        return True
