"""Some of a plan's vectors: those with an id, the first ones, or a random sample."""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from types import MappingProxyType

from farm.core.errors import FarmError
from farm.planning.spool import spooled
from farm.planning.vectors import ID_LENGTH, Vector


def choose(
    vectors: Iterable[Vector],
    ids: Sequence[str] = (),
    limit: int | None = None,
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Sequence[Vector]:
    """The vectors with these ids, or all without ids: at most `limit`, in the plan's order.

    tt-metal's hash of a vector stands for the first vector that has it.

    `others` has all ids of vectors that have several: each stands for the vector. So does the former id of a vector of
    a module; its equal ones, which had numbers behind the `-`, are one now. Reads no more of the plan than it
    needs, and holds only what it returns.

    Raises:
        FarmError: the plan has no vector with one of the ids.
    """
    if not ids:
        return spooled(islice(vectors, limit))
    missing = set(ids)
    names = defaultdict(set)
    for each in ids:
        for name in (each, *others.get(each, ())):
            names[name].add(each)
    former_names = defaultdict(set)
    for each in ids:
        former_names[each.partition("-")[0][:ID_LENGTH]].add(each)
    chosen = []
    for vector in vectors:
        matches = (names.get(vector.id, set()) | names.get(vector.config_hash, set())) & missing
        if vector.former_hash:
            matches |= former_names.get(vector.former_hash[:ID_LENGTH], set()) & missing
        if matches:
            missing -= matches
            chosen.append(vector)
            if not missing:
                break
    if missing:
        raise FarmError(
            f"no vector {min(missing)!r} in this selection; reports list the ids. An id of an earlier farm is known to "
            "the results store of its run: name it with --store"
        )
    return chosen[:limit]


def sampled(vectors: Iterable[Vector], count: int, seed: int = 0) -> list[Vector]:
    """At most `count` random vectors, in the plan's order.

    The choice follows from the seed and the vectors' ids, so every host makes the same one.
    """

    def rank(numbered: tuple[int, Vector]) -> bytes:
        return hashlib.sha256(f"{seed}:{numbered[1].id}".encode()).digest()

    return [vector for _, vector in sorted(heapq.nsmallest(count, enumerate(vectors), key=rank), key=itemgetter(0))]
