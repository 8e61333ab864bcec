"""Policies of the scheduler: retries, costs, sharing. Each is a protocol, with one file per policy.

A policy has no IO: it gets works, outcomes or claims, and returns a decision. `Scheduler` takes its retry and cost
policies as arguments; a farm's registry takes its sharing policy. A new policy is one file here, and one line below.
"""

from collections.abc import Callable, Mapping

from scheduler.policies.fair_sharing import FairSharing
from scheduler.policies.learned_costs import LearnedCosts
from scheduler.policies.protocols import CostPolicy, RetryPolicy, SharingPolicy
from scheduler.policies.retries_by_count import RetriesByCount

RETRY_POLICIES: Mapping[str, Callable[[], RetryPolicy]] = {"by_count": RetriesByCount}
COST_POLICIES: Mapping[str, Callable[[], CostPolicy]] = {"learned": LearnedCosts}
SHARING_POLICIES: Mapping[str, Callable[[], SharingPolicy]] = {"fair": FairSharing}

__all__ = [
    "COST_POLICIES",
    "RETRY_POLICIES",
    "SHARING_POLICIES",
    "CostPolicy",
    "FairSharing",
    "LearnedCosts",
    "RetriesByCount",
    "RetryPolicy",
    "SharingPolicy",
]
