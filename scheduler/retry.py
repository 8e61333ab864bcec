"""Whether a work is tried again, and which of its attempts stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.work import Conclusion, Ending, Try


@dataclass(frozen=True, slots=True)
class Retries:
    """How many attempts may end in each way before a work is concluded.

    Attributes:
        killed: attempts that took a process down or hung it: 2, so that a crash is seen twice before it counts.
        struck: the same where some were struck from outside: 3, since two such blows may both be meant for others.
        failed: attempts that failed with their process alive: 1, a failed check fails again.
        faults: attempts that a board or host spoiled.
    """

    killed: int = 2
    struck: int = 3
    failed: int = 1
    faults: int = 3

    def decide(self, tries: Sequence[Try], forgiven: int = 0) -> tuple[Conclusion, int] | None:
        """Looks at a work after an attempt.

        Args:
            tries: all its attempts.
            forgiven: how many of the first don't count against it.

        Returns:
            The conclusion and the number of the attempt that stands for the work, or None to try it again.
        """
        last = tries[-1].ending
        if last is Ending.GOOD:
            failed_before = any(past.ending.failed for past in tries)
            return (Conclusion.FLAKY if failed_before else Conclusion.ENDED), len(tries)
        if last is Ending.FINAL:
            return self.give_up(tries) or (Conclusion.ENDED, len(tries))
        if last.blames_board:
            spent = sum(past.ending.blames_board for past in tries[forgiven:]) >= self.faults
        elif last is Ending.FAILED:
            spent = sum(past.ending is last for past in tries[forgiven:]) >= self.failed
        else:
            spent = self._killed_enough(tries[forgiven:])
        return (self.give_up(tries) or (Conclusion.ENDED, len(tries))) if spent else None

    def give_up(self, tries: Sequence[Try]) -> tuple[Conclusion, int] | None:
        """Concludes a work that is to be tried again, and can't be.

        Returns:
            What `decide` does: a failure of the work's own outweighs the faults around it. None where a crash was not
            seen as often as it takes to count: nobody knows then whether it was the work's own.
        """
        own = [number for number, past in enumerate(tries, start=1) if past.ending.blames_work]
        failed = any(past.ending is Ending.FAILED for past in tries)
        if own and not failed and not self._killed_enough(tries):
            return None
        return Conclusion.ENDED, own[-1] if own else len(tries)

    def _killed_enough(self, tries: Sequence[Try]) -> bool:
        """Whether a crash or hang was seen as often as it takes to be the work's own."""
        killed = sum(past.ending is Ending.KILLED for past in tries)
        struck = sum(past.ending is Ending.STRUCK for past in tries)
        return killed >= self.killed or killed + struck >= self.struck
