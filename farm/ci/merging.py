"""Joining the shards of a sweep into one run, as if it had never been split."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from farm.core.attempt import Conclusion
from farm.core.errors import FarmError
from farm.core.payload import Unreadable, encode
from farm.core.verdicts import Reason, Verdict
from farm.store import Ended, RunHead, RunInfo, Store
from farm.store.copying import Renaming, copy_run
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Merged:
    """Shards that were joined.

    Attributes:
        run_id: of the run they became.
        of: how many shards there should be.
        missing: those that aren't there, by index.
    """

    run_id: str
    of: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MissingVector:
    """Stands for a vector of a shard that is missing: what it was nobody here knows, but it was planned."""

    id: str
    operation: str
    config_hash: str = ""
    content_hash: str = ""
    device_config: DeviceConfig = field(default_factory=DeviceConfig)
    device_config_inferred: bool = False
    sources: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its payload, which only the missing shard has."""
        return encode(Unreadable(self.id, self.operation, problem="its shard is missing"))


Shards = dict[int, tuple[Store, RunHead]]


def merge(stores: Iterable[Store], target: Store) -> list[Merged]:
    """Joins every set of shards found in some stores; doing it again gives the same.

    The vectors of a shard that is missing are in the run all the same, as `not_run`.

    Args:
        stores: with one or more shards each; the newest run of a shard counts.
        target: where the joined runs go.

    Raises:
        FarmError: there is no shard in any of them.
    """
    sets: dict[str, Shards] = defaultdict(dict)
    for store in stores:
        for head in store.runs():
            found = shard_of(head)
            if found is not None:
                shards = sets[_of_one_run(head)]
                index = found["index"]
                if index not in shards or shards[index][1].started < head.started:
                    shards[index] = (store, head)
    if not sets:
        raise FarmError("no shard is in these stores: run farm sweep --shard K/N --store FILE first")
    return [_merge_one(shards, target) for _, shards in sorted(sets.items())]


def shard_of(head: RunHead) -> dict[str, Any] | None:
    """What a run says of its shard; None for one that is none, or is joined already."""
    found = head.details.get("shard")
    return found if isinstance(found, dict) and {"index", "of", "planned", "plan"} <= set(found) else None


def _of_one_run(head: RunHead) -> str:
    """What the shards of one run have in common, and no others."""
    shard = head.details["shard"]
    kept = {key: head.details.get(key) for key in ("group", "boards", "selection")}
    return json.dumps([shard["of"], shard["plan"], head.suite, kept], sort_keys=True, default=str)


def _merge_one(shards: Shards, target: Store) -> Merged:
    heads = [head for _, (_, head) in sorted(shards.items())]
    shard = heads[0].details["shard"]
    of, planned = int(shard["of"]), int(shard["planned"])
    missing = tuple(index for index in range(1, of + 1) if index not in shards)
    unfinished = [str(head.details["shard"]["index"]) for head in heads if head.finished is None]
    # the id of the run that comes out follows from its shards, so that joining them again replaces it
    first = min(heads, key=lambda head: (head.started, head.id))
    info = RunInfo(
        command=first.command,
        suite=first.suite,
        id=f"{first.id}-merged",
        started=first.started.timestamp(),
        farm_version=first.farm_version,
        host=", ".join(dict.fromkeys(head.host for head in heads)),
        spec=None if first.spec is None else first.spec.updated(shard=None),
        details={**{key: value for key, value in first.details.items() if key != "shard"}, "merged": of},
    )
    target.remove(info.id)
    target.start_run(info)
    for index, (store, head) in sorted(shards.items()):
        renaming = Renaming(
            run_id=info.id,
            board=partial(_board_of_shard, index),
            position=partial(_place_in_plan, index, of),
            with_run=False,
        )
        with store.reading() as source, target.writing() as written:
            copy_run(source, written, head.id, renaming)
    for index in missing:
        _stand_in(target, info.id, index, of, planned)
    problems = [f"shard {index}/{of} is missing" for index in missing]
    problems += [f"shard {index}/{of} was not finished" for index in unfinished]
    problems += [f"shard {head.details['shard']['index']}/{of}: {head.message}" for head in heads if head.message]
    completed = not problems and all(head.ended is Ended.COMPLETED for head in heads)
    stopped = any(head.ended is Ended.STOPPED for head in heads) and not missing
    ended = Ended.COMPLETED if completed else Ended.STOPPED if stopped else Ended.FAILED
    finished = max((head.finished or head.started).timestamp() for head in heads)
    target.finish_run(info.id, ended, finished=finished, message="; ".join(problems))
    return Merged(info.id, of, missing)


def _board_of_shard(index: int, board: str) -> str:
    """Every shard's host may call its boards the same."""
    return f"{board} of shard {index}"


def _place_in_plan(index: int, of: int, place: int) -> int:
    return place * of + index - 1


def _stand_in(target: Store, run_id: str, index: int, of: int, planned: int) -> None:
    """Plans and concludes what a missing shard should have run."""
    lacking: Sequence[MissingVector] = [
        MissingVector(f"shard-{index}-of-{of}-vector-{at + 1}", f"shard {index}/{of}")
        for at in range(len(range(index - 1, planned, of)))
    ]
    target.plan(run_id, lacking)
    why = f"shard {index}/{of} is missing: its job gave no results"
    target.conclude(run_id, [Conclusion(vector.id, Verdict.NOT_RUN, Reason.SHARD_MISSING, why) for vector in lacking])
