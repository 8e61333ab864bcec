"""Which of the planned vectors a run takes: some by id, the first ones, or one shard's share."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from farm.core.errors import FarmError, NothingSelected
from farm.planning.spool import spooled
from farm.planning.vectors import Vector


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares of a plan: `3/8`.

    Attributes:
        index: from 1 to `of`.
        of: how many there are.
    """

    index: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Reads `3/8`.

        Raises:
            FarmError: it is no share.
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise FarmError(f"--shard {text!r} is no share: write K/N with K from 1 to N, such as 3/8")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"


def choose(vectors: Iterable[Vector], ids: Sequence[str] = (), limit: int | None = None) -> Sequence[Vector]:
    """The vectors of these ids (all, where none are given), at most `limit`, in the plan's order.

    Takes no more of the plan than it needs, and holds only what it gives.

    Raises:
        FarmError: an id is not planned.
    """
    if not ids:
        return spooled(islice(vectors, limit))
    missing = set(ids)
    found = []
    for vector in vectors:
        if vector.id in missing:
            missing.remove(vector.id)
            found.append(vector)
            if not missing:
                break
    if missing:
        raise FarmError(f"no vector {min(missing)!r} is planned here: reports name the ids, with the command to use")
    return found[:limit]


def share_of(vectors: Sequence[Vector], shard: Shard | None) -> Sequence[Vector]:
    """A shard's share: every `of`th vector.

    Neighbours in a plan are alike, so shares take about equally long, and every host that makes the same plan takes
    the same share, with nothing to agree on.

    Raises:
        NothingSelected: the share is empty.
    """
    if shard is None:
        return vectors
    chosen = vectors[shard.index - 1 :: shard.of]
    if not chosen:
        raise NothingSelected(f"shard {shard} of {len(vectors)} vectors is empty: use at most {len(vectors)} shards")
    return chosen


def shard_details(shard: Shard | None, whole: Sequence[Vector]) -> dict[str, Any]:
    """What a run records of its shard, so that shards can be joined again.

    Args:
        shard: which share; None is no shard.
        whole: what all shards together take.
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
    """What the jobs of one CI run have in common: GitHub's or GitLab's id of it; empty elsewhere."""
    parts = [os.environ.get("GITHUB_RUN_ID", ""), os.environ.get("GITHUB_RUN_ATTEMPT", "")]
    return "-".join(part for part in parts if part) or os.environ.get("CI_PIPELINE_ID", "")
