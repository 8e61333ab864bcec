"""The tasks that are not resolved: those that wait, those that were tried, and how each is resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from scheduler.board_queue import BoardQueue
from scheduler.instructions import Conclude, Instruction
from scheduler.policies.protocols import RetryPolicy
from scheduler.pool import Pool
from scheduler.roster import Roster
from scheduler.task import AttemptResult, Decision, PastAttempt, Resolution, Task


class Backlog:
    """All tasks that are not resolved; a resolved task is forgotten.

    Attributes:
        tasks: by id.
        attempts: past attempts of those that were tried, by task.
        stopped: whether the run was stopped, so that no more work is started.
        counts: tasks planned, tasks concluded.
    """

    def __init__(
        self, pool: Pool, roster: Roster, queue: BoardQueue, retries: RetryPolicy, out: list[Instruction]
    ) -> None:
        """Start with no work.

        Args:
            pool: where tasks wait.
            roster: the boards.
            queue: boards that look again once more work waits.
            retries: whether a task is tried again.
            out: where instructions go.
        """
        self.tasks: dict[str, Task] = {}
        self.attempts: dict[str, tuple[PastAttempt, ...]] = {}
        self.stopped = False
        self.counts: Counter[str] = Counter()
        self.retries = retries
        self._pool = pool
        self._roster = roster
        self._queue = queue
        self._out = out

    def plan(self, task: Task) -> bool:
        """Add a new task; return False if its past attempts resolve it at once."""
        self.tasks[task.id] = task
        self.counts["planned"] += 1
        if task.past:
            # an earlier driver may have died before it drew the conclusion
            self.attempts[task.id] = task.past
            decision = self.retries.decide(task.past, task.forgiven) if len(task.past) > task.forgiven else None
            if decision:
                self._conclude(task.id, *decision)
                return False
        self._pool.push(task, self._board_to_avoid(task.key, task.past) if task.past else None)
        return True

    def end_attempt(self, board: str, task: str, result: AttemptResult) -> None:
        """Decide what happens to a task after an attempt on a board."""
        if result is AttemptResult.PASSED and task not in self.attempts:
            self._conclude(task, Resolution.ENDED, 1)
            return
        attempts = self.attempts[task] = (*self.attempts.get(task, ()), PastAttempt(board, result))
        decision = self.retries.decide(attempts, self.tasks[task].forgiven)
        if decision:
            self._conclude(task, *decision)
        else:
            self.return_untried([task])

    def return_untried(self, tasks: Iterable[str]) -> None:
        """Let tasks wait again; once the run is stopped, resolve them instead."""
        for task in tasks:
            if self.stopped:
                self._conclude_untried(task, Resolution.STOPPED)
            else:
                self._wait(task)

    def conclude_waiting(self, key: Hashable, resolution: Resolution) -> None:
        """Resolve all waiting work of a key; tasks that were tried end as their attempts say."""
        for task in self._pool.drain(key):
            self._conclude_untried(task.id, resolution)

    def conclude_impossible(self, keys: Iterable[Hashable]) -> None:
        """Resolve the waiting work of keys that no board can take."""
        for key in keys:
            if not self._roster.able(key):
                self.conclude_waiting(key, self._roster.why_none(key))

    def stop(self) -> None:
        """Resolve all waiting work, and start no more."""
        self.stopped = True
        for key in list(self._pool.queues):
            self.conclude_waiting(key, Resolution.STOPPED)

    def _wait(self, task: str) -> None:
        """Let a task wait, for another board than its last one if there is one."""
        planned = self.tasks[task]
        attempts = self.attempts.get(task)
        self._pool.push(planned, self._board_to_avoid(planned.key, attempts) if attempts else None)
        self.conclude_impossible([planned.key])
        self._queue.wake()

    def _board_to_avoid(self, key: Hashable, attempts: Sequence[PastAttempt]) -> str | None:
        """The board of the last attempt, if there is another on which the task was not tried."""
        tried = {past.board for past in attempts}
        boards = self._roster.boards.items()
        fresh = any(name not in tried and self._roster.can_take(board, key) for name, board in boards)
        return attempts[-1].board if fresh else None

    def _conclude_untried(self, task: str, resolution: Resolution) -> None:
        """Resolve a task that will not be tried (again)."""
        attempts = self.attempts.get(task)
        decision: Decision | None = self.retries.give_up(attempts) if attempts else None
        if decision:
            self._conclude(task, *decision)
        else:
            self._conclude(task, resolution)

    def _conclude(self, task: str, resolution: Resolution, attempt: int | None = None) -> None:
        del self.tasks[task]
        self.attempts.pop(task, None)
        self.counts["concluded"] += 1
        self._out.append(Conclude(task, resolution, attempt))
