"""The protocols of the scheduler's policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from scheduler.sharing import Claim
from scheduler.task import CostClass, Decision, PastAttempt


class RetryPolicy(Protocol):
    """Decides whether a task is tried again, and which of its attempts decides it."""

    def decide(self, attempts: Sequence[PastAttempt], forgiven: int = 0) -> Decision | None:
        """Decide on a task after an attempt.

        Args:
            attempts: all its attempts, at least one.
            forgiven: how many of the first do not count against it.

        Returns:
            None to try it again.
        """

    def give_up(self, attempts: Sequence[PastAttempt]) -> Decision | None:
        """Resolve a task that should be tried again, but can't be.

        Returns:
            None if its attempts (at least one) say nothing about the task.
        """


class CostPolicy(Protocol):
    """Corrects estimates while tasks run."""

    @property
    def overall(self) -> float:
        """The factor to multiply an estimate by, over all classes."""

    @property
    def has_observations(self) -> bool:
        """Whether `overall` was learned from any task."""

    def observe(self, cost_class: CostClass, estimated: float, actual: float) -> None:
        """Record the seconds that a task of a class was estimated to take, and took."""

    def knows(self, cost_class: CostClass) -> bool:
        """Whether any task of a class ended."""

    def factor(self, cost_class: CostClass) -> float:
        """The factor to multiply an estimate of this class by."""

    def worst_factor(self, cost_class: CostClass) -> float:
        """The largest ratio of actual to estimated seconds of this class, or of the next wider one that has any."""


class SharingPolicy(Protocol):
    """Decides which run has which board of a farm."""

    def share(self, claims: Iterable[Claim], now: float) -> dict[str, str]:
        """Return the run that each requested board should belong to now; boards without a run are left out.

        Args:
            claims: the runs.
            now: seconds, by the clock of the claims.
        """
