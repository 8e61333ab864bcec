"""Whether a work is tried again, and which of its attempts stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.work import AttemptResult, PastAttempt, Resolution


@dataclass(frozen=True, slots=True)
class RetriesByCount:
    """How many attempts may end in each way before a work is concluded.

    Attributes:
        crashes: attempts that took a process down or hung it: 2, so that a crash is seen twice before it counts.
        kills: the same where some were struck from outside: 3, since two such blows may both be meant for others.
        failures: attempts that failed with their process alive: 1, a failed check fails again.
        faults: attempts that a board or host spoiled.
    """

    crashes: int = 2
    kills: int = 3
    failures: int = 1
    faults: int = 3

    def decide(self, tries: Sequence[PastAttempt], forgiven: int = 0) -> tuple[Resolution, int] | None:
        """Looks at a work after an attempt.

        Args:
            tries: all its attempts.
            forgiven: how many of the first don't count against it.

        Returns:
            The conclusion and the number of the attempt that stands for the work, or None to try it again.
        """
        last = tries[-1].result
        if last is AttemptResult.PASSED:
            failed_before = any(past.result.failed for past in tries)
            return (Resolution.FLAKY if failed_before else Resolution.ENDED), len(tries)
        if last is AttemptResult.NOT_RUNNABLE:
            return self.give_up(tries) or (Resolution.ENDED, len(tries))
        if last.blames_board:
            spent = sum(past.result.blames_board for past in tries[forgiven:]) >= self.faults
        elif last is AttemptResult.FAILED:
            spent = sum(past.result is last for past in tries[forgiven:]) >= self.failures
        else:
            spent = self._killed_enough(tries[forgiven:])
        return (self.give_up(tries) or (Resolution.ENDED, len(tries))) if spent else None

    def give_up(self, tries: Sequence[PastAttempt]) -> tuple[Resolution, int] | None:
        """Concludes a work that is to be tried again, and can't be.

        Returns:
            What `decide` does: a failure of the work's own outweighs the faults around it. None where a crash was not
            seen as often as it takes to count: nobody knows then whether it was the work's own.
        """
        own = [number for number, past in enumerate(tries, start=1) if past.result.blames_work]
        failed = any(past.result is AttemptResult.FAILED for past in tries)
        if own and not failed and not self._killed_enough(tries):
            return None
        return Resolution.ENDED, own[-1] if own else len(tries)

    def _killed_enough(self, tries: Sequence[PastAttempt]) -> bool:
        """Whether a crash or hang was seen as often as it takes to be the work's own."""
        killed = sum(past.result is AttemptResult.CRASHED for past in tries)
        struck = sum(past.result is AttemptResult.KILLED for past in tries)
        return killed >= self.crashes or killed + struck >= self.kills
