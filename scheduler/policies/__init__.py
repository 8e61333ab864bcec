"""Policies of the scheduler: retries, costs, sharing. Each is a protocol, with one file per policy.

A policy has no IO: it gets tasks, outcomes or claims, and returns a decision. `Scheduler` takes its retry and cost
policies as arguments; a farm's registry takes its sharing policy. A new policy is one file here, and its line below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scheduler.policies.fair_sharing import FairSharing
from scheduler.policies.learned_costs import LearnedCosts
from scheduler.policies.protocols import CostPolicy, RetryPolicy, SharingPolicy
from scheduler.policies.retries_by_count import RetriesByCount

RETRY_POLICIES: Mapping[str, Callable[[int | None], RetryPolicy]] = {"by_count": RetriesByCount.with_retries}
"""Retry policies by name. Each is made from the retries that a run asks for, None for the policy's own number."""
DEFAULT_RETRY_POLICY = "by_count"


def retry_policy(retries: int | None = None, name: str = DEFAULT_RETRY_POLICY) -> RetryPolicy:
    """Return a retry policy.

    Args:
        retries: how often a vector that fails is tried again; None for the policy's own number.
        name: one of `RETRY_POLICIES`.
    """
    return RETRY_POLICIES[name](retries)


__all__ = [
    "RETRY_POLICIES",
    "CostPolicy",
    "FairSharing",
    "LearnedCosts",
    "RetriesByCount",
    "RetryPolicy",
    "SharingPolicy",
    "retry_policy",
]
