"""One shard's share of a plan, and what its run records so that the shards can be merged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any

from farm.core.errors import NothingSelected
from farm.core.plain_words import counted
from farm.core.shard import Shard
from farm.planning.vectors import Vector


def share_of(vectors: Sequence[Vector], shard: Shard | None) -> Sequence[Vector]:
    """A shard's share: every Nth vector of the plan. None is no shard: the whole plan.

    Neighbours in a plan are alike, so the shares take about equally long. Every host that makes the same plan cuts the
    same shares without talking to the others.

    Raises:
        NothingSelected: the share is empty.
    """
    if shard is None:
        return vectors
    share = vectors[shard.index - 1 :: shard.of]
    if not share:
        most = len(vectors)
        raise NothingSelected(
            f"shard {shard} of {counted(most, 'vector')} is empty: use at most {counted(most, 'shard')}"
        )
    return share


def shard_details(shard: Shard | None, whole: Sequence[Vector]) -> dict[str, Any]:
    """What a run records of its shard, for `farm merge`; nothing without a shard.

    Args:
        shard: which share the run takes.
        whole: the plan that all shards together run.
    """
    if shard is None:
        return {}
    digest = hashlib.sha256()
    for number, vector in enumerate(whole):
        digest.update(f"\n{vector.id}".encode() if number else vector.id.encode())
    plan = digest.hexdigest()[:16]
    return {
        "shard": {"index": shard.index, "of": shard.of, "planned": len(whole), "plan": plan},
        "group": ci_run() or plan,
    }


def ci_run() -> str:
    """The id that the jobs of one CI run share, from GitHub's or GitLab's variables; empty outside CI.

    A job that is run again has the same: its shard takes the place of the one before.
    """
    return os.environ.get("GITHUB_RUN_ID") or os.environ.get("CI_PIPELINE_ID", "")
