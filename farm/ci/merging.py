"""Merge the shards of a sweep into one run, as if the sweep had never been split."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from farm.core.attempt import Conclusion
from farm.core.errors import FarmError
from farm.core.payload import Unreadable, encode
from farm.core.verdicts import Reason, Verdict
from farm.store import Ended, RunHead, RunInfo, Store
from farm.store.copying import Renaming, copy_run
from farm.store.run_details import PlanShard
from farm.store.sweep_specs import selected
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of merging the shards of one sweep.

    Attributes:
        run_id: the merged run.
        of: the number of shards of the sweep.
        missing: the indices of the shards that were not found.
    """

    run_id: str
    of: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MissingVector:
    """A vector of a missing shard: it was planned, but only that shard's run knows what it was."""

    id: str
    operation: str
    config_hash: str = ""
    content_hash: str = ""
    former_content_hash: str = ""
    device_config: DeviceConfig = field(default_factory=DeviceConfig)
    device_config_inferred: bool = False
    sources: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The payload: a stand-in, since only the missing shard has the vector's own."""
        return encode(Unreadable(self.id, self.operation, problem="its shard is missing"))


class ShardRun(NamedTuple):
    """The run of a shard, and the store that has it."""

    shard: PlanShard
    store: Store
    head: RunHead


Shards = dict[int, ShardRun]
"""The shards of one sweep by their indices."""


def merge(stores: Iterable[Store], target: Store) -> list[Merged]:
    """Merge every set of shards in some stores; merging them again gives the same runs.

    The vectors of a missing shard are in the merged run as `not_run`.

    Args:
        stores: stores with one or more shards each; of several runs of one shard, the newest counts.
        target: the store of the merged runs.

    Raises:
        FarmError: none of the stores has a shard.
    """
    sweeps: dict[str, Shards] = defaultdict(dict)
    for store in stores:
        for head in store.runs():
            shard = head.recorded.shard
            if shard is not None:
                shards = sweeps[_sweep_key(head, shard)]
                if shard.index not in shards or shards[shard.index].head.started < head.started:
                    shards[shard.index] = ShardRun(shard, store, head)
    if not sweeps:
        raise FarmError("these stores have no shard: run farm sweep --shard K/N --store FILE first")
    return [_merge_one(shards, target) for _, shards in sorted(sweeps.items())]


def _sweep_key(head: RunHead, shard: PlanShard) -> str:
    """Return what the shards of one sweep have in common and those of others have not."""
    spec = None if head.spec is None else (head.spec.boards, selected(head.spec))
    return json.dumps([shard.of, shard.plan, head.suite, head.recorded.group, spec], sort_keys=True)


def _merge_one(shards: Shards, target: Store) -> Merged:
    runs = [run for _, run in sorted(shards.items())]
    heads = [run.head for run in runs]
    of, planned = runs[0].shard.of, runs[0].shard.planned
    # with more shards than vectors, the last shares are empty: their jobs had nothing to run
    missing = tuple(index for index in range(1, min(of, planned) + 1) if index not in shards)
    # the merged run's id follows from its shards, so that merging them again replaces it
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
    for shard, store, head in runs:
        renaming = Renaming(
            run_id=info.id,
            board=partial(_board_of_shard, shard.index),
            position=partial(_place_in_plan, shard.index, of),
            with_run=False,
        )
        with store.reading() as source, target.writing() as destination:
            copy_run(source, destination, head.id, renaming)
    for index in missing:
        _add_missing_shard(target, info.id, index, of, planned)
    problems = [f"shard {index}/{of} is missing" for index in missing]
    problems += [f"shard {run.shard.index}/{of} was not finished" for run in runs if run.head.finished is None]
    problems += [f"shard {run.shard.index}/{of}: {run.head.message}" for run in runs if run.head.message]
    completed = not problems and all(head.ended is Ended.COMPLETED for head in heads)
    stopped = any(head.ended is Ended.STOPPED for head in heads) and not missing
    ended = Ended.COMPLETED if completed else Ended.STOPPED if stopped else Ended.FAILED
    finished = max((head.finished or head.started).timestamp() for head in heads)
    target.finish_run(info.id, ended, finished=finished, message="; ".join(problems))
    return Merged(info.id, of, missing)


def _board_of_shard(index: int, board: str) -> str:
    """Return a board's id in the merged run: the hosts of several shards may have boards of one id."""
    return f"{board} of shard {index}"


def _place_in_plan(index: int, of: int, position: int) -> int:
    """Return the position in the whole plan of a vector of a shard."""
    return position * of + index - 1


def _add_missing_shard(target: Store, run_id: str, index: int, of: int, planned: int) -> None:
    """Plan the vectors of a missing shard and conclude that they were not run."""
    vectors: Sequence[MissingVector] = [
        MissingVector(f"shard-{index}-of-{of}-vector-{at + 1}", f"shard {index}/{of}")
        for at in range(len(range(index - 1, planned, of)))
    ]
    target.plan(run_id, vectors)
    message = f"shard {index}/{of} is missing: its job gave no results"
    not_run = [Conclusion(vector.id, Verdict.NOT_RUN, Reason.SHARD_MISSING, message) for vector in vectors]
    target.conclude(run_id, not_run)
