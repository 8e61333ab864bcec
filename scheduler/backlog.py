"""The works that are not resolved: those that wait, those that were tried, and how each is resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from scheduler.board_queue import BoardQueue
from scheduler.instructions import Conclude, Instruction
from scheduler.policies.protocols import RetryPolicy
from scheduler.pool import Pool
from scheduler.roster import Roster
from scheduler.work import AttemptResult, Decision, PastAttempt, Resolution, Work


class Backlog:
    """All works that are not resolved; a resolved work is forgotten.

    Attributes:
        works: by id.
        attempts: past attempts of those that were tried, by work.
        stopped: whether the run was stopped, so that no more work is started.
        counts: works planned, works concluded.
    """

    def __init__(
        self, pool: Pool, roster: Roster, queue: BoardQueue, retries: RetryPolicy, out: list[Instruction]
    ) -> None:
        """Start with no work.

        Args:
            pool: where works wait.
            roster: the boards.
            queue: boards that look again once more work waits.
            retries: whether a work is tried again.
            out: where instructions go.
        """
        self.works: dict[str, Work] = {}
        self.attempts: dict[str, tuple[PastAttempt, ...]] = {}
        self.stopped = False
        self.counts: Counter[str] = Counter()
        self.retries = retries
        self._pool = pool
        self._roster = roster
        self._queue = queue
        self._out = out

    def plan(self, work: Work) -> bool:
        """Add a new work; return False if its past attempts resolve it at once."""
        self.works[work.id] = work
        self.counts["planned"] += 1
        if work.past:
            # an earlier driver may have died before it drew the conclusion
            self.attempts[work.id] = work.past
            decision = self.retries.decide(work.past, work.forgiven) if len(work.past) > work.forgiven else None
            if decision:
                self._conclude(work.id, *decision)
                return False
        self._pool.push(work, self._board_to_avoid(work.key, work.past) if work.past else None)
        return True

    def end_attempt(self, board: str, work: str, result: AttemptResult) -> None:
        """Decide what happens to a work after an attempt on a board."""
        if result is AttemptResult.PASSED and work not in self.attempts:
            self._conclude(work, Resolution.ENDED, 1)
            return
        attempts = self.attempts[work] = (*self.attempts.get(work, ()), PastAttempt(board, result))
        decision = self.retries.decide(attempts, self.works[work].forgiven)
        if decision:
            self._conclude(work, *decision)
        else:
            self.return_untried([work])

    def return_untried(self, works: Iterable[str]) -> None:
        """Let works wait again; once the run is stopped, resolve them instead."""
        for work in works:
            if self.stopped:
                self._conclude_untried(work, Resolution.STOPPED)
            else:
                self._wait(work)

    def conclude_waiting(self, key: Hashable, resolution: Resolution) -> None:
        """Resolve all waiting work of a key; works that were tried end as their attempts say."""
        for work in self._pool.drain(key):
            self._conclude_untried(work.id, resolution)

    def conclude_impossible(self, keys: Iterable[Hashable]) -> None:
        """Resolve the waiting work of keys that no board can take."""
        for key in keys:
            if not self._roster.able(key):
                self.conclude_waiting(key, self._roster.why_none(key))

    def stop(self) -> None:
        """Resolve all waiting work, and start no more."""
        self.stopped = True
        for key in list(self._pool.lanes):
            self.conclude_waiting(key, Resolution.STOPPED)

    def _wait(self, work: str) -> None:
        """Let a work wait, for another board than its last one if there is one."""
        planned = self.works[work]
        attempts = self.attempts.get(work)
        self._pool.push(planned, self._board_to_avoid(planned.key, attempts) if attempts else None)
        self.conclude_impossible([planned.key])
        self._queue.wake()

    def _board_to_avoid(self, key: Hashable, attempts: Sequence[PastAttempt]) -> str | None:
        """The board of the last attempt, if there is another on which the work was not tried."""
        tried = {past.board for past in attempts}
        boards = self._roster.boards.items()
        fresh = any(name not in tried and self._roster.can_take(board, key) for name, board in boards)
        return attempts[-1].board if fresh else None

    def _conclude_untried(self, work: str, resolution: Resolution) -> None:
        """Resolve a work that will not be tried (again)."""
        attempts = self.attempts.get(work)
        decision: Decision | None = self.retries.give_up(attempts) if attempts else None
        if decision:
            self._conclude(work, *decision)
        else:
            self._conclude(work, resolution)

    def _conclude(self, work: str, resolution: Resolution, attempt: int | None = None) -> None:
        del self.works[work]
        self.attempts.pop(work, None)
        self.counts["concluded"] += 1
        self._out.append(Conclude(work, resolution, attempt))
