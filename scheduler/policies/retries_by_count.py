"""Retry a task until enough of its attempts agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.task import AttemptResult, Decision, PastAttempt, Resolution


@dataclass(frozen=True, slots=True)
class RetriesByCount:
    """A `RetryPolicy`: the number of attempts that end in each way before a task is resolved.

    Attributes:
        crashes: attempts that crashed or hung a worker: 2, so that a crash must repeat before it counts.
        kills: the same if some workers were killed from outside: 3, since the task may not be the cause of two kills.
        failures: attempts that failed with their worker alive: 1, since they would fail again.
        faults: attempts that failed because of a board or host.
    """

    crashes: int = 2
    kills: int = 3
    failures: int = 1
    faults: int = 3

    @classmethod
    def with_retries(cls, retries: int | None) -> RetriesByCount:
        """Return the policy that tries a task this many times again; None for the default policy."""
        if retries is None:
            return cls()
        return cls(crashes=retries + 1, kills=retries + 1, failures=retries + 1)

    def decide(self, attempts: Sequence[PastAttempt], forgiven: int = 0) -> Decision | None:
        """See `RetryPolicy`."""
        last = attempts[-1].result
        if last is AttemptResult.PASSED:
            failed_before = any(past.result.failed for past in attempts)
            return Decision(Resolution.FLAKY if failed_before else Resolution.ENDED, len(attempts))
        if last is AttemptResult.NOT_RUNNABLE or self._is_spent(attempts[forgiven:]):
            return self.give_up(attempts) or Decision(Resolution.ENDED, len(attempts))
        return None

    def give_up(self, attempts: Sequence[PastAttempt]) -> Decision | None:
        """See `RetryPolicy`. A failure of the task itself outweighs the faults around it.

        Returns:
            None if there were too few crashes to count: the task may not be their cause.
        """
        own = [number for number, past in enumerate(attempts, start=1) if past.result.blames_task]
        failed = any(past.result is AttemptResult.FAILED for past in attempts)
        if own and not failed and not self._crashed_enough(attempts):
            return None
        return Decision(Resolution.ENDED, own[-1] if own else len(attempts))

    def _is_spent(self, attempts: Sequence[PastAttempt]) -> bool:
        """Whether attempts that count ended often enough in the way that the last one did."""
        last = attempts[-1].result
        if last.blames_board:
            return sum(past.result.blames_board for past in attempts) >= self.faults
        if last is AttemptResult.FAILED:
            return sum(past.result is last for past in attempts) >= self.failures
        return self._crashed_enough(attempts)

    def _crashed_enough(self, attempts: Sequence[PastAttempt]) -> bool:
        """Whether crashes and hangs are frequent enough to blame the task."""
        crashes = sum(past.result is AttemptResult.CRASHED for past in attempts)
        kills = sum(past.result is AttemptResult.KILLED for past in attempts)
        return crashes >= self.crashes or crashes + kills >= self.kills
