"""A fit: one selection runs on mock boards of each kind, one kind after the other, and the runs are put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from farm.board.kinds import KINDS, kind_named
from farm.core.errors import FarmError
from farm.core.measures import MEMORY
from farm.core.payload import from_json
from farm.core.store_place import Place
from farm.core.verdicts import Reason
from farm.fitting.report import FitReport, KindResult, KindRun, make_report
from farm.planning.device_configs import find_device_config
from farm.planning.placed_again import placed_again
from farm.planning.sweep_plan import Planned, plan_sweep
from farm.running.early_start import EarlyStart
from farm.running.interrupt import RunInterrupted
from farm.store import Ended, RunView, Store
from tracer.device_config import DeviceConfig

if TYPE_CHECKING:
    from farm.cluster.early_cluster import EarlyCluster
    from farm.core.board import BoardKind
    from farm.core.progress import Progress
    from farm.core.sweep_spec import SweepSpec
    from farm.planning.shortfalls import Shortfall
    from farm.planning.vectors import Vector

MOST_BOARDS = 4
"""Mock boards of a kind that run at the same time, at most: each has a process with a ttnn of its own."""


class RunPlan(Protocol):
    """Runs a plan and returns the recorded run. A double for tests needs no board."""

    def __call__(self, planned: Planned, command: str, store: Store) -> RunView:
        """Run the plan's vectors on its boards."""


@dataclass(frozen=True, slots=True)
class Sweeps:
    """Runs plans as `farm sweep` does.

    Attributes:
        progress: makes the display of a run.
        cluster: a shared one, for all of the runs.
    """

    progress: Callable[[], Progress]
    cluster: EarlyCluster

    def __call__(self, planned: Planned, command: str, store: Store) -> RunView:
        """See `RunPlan`."""
        from farm.running.sweep import Sweep, run_sweep  # it imports Ray, which takes seconds

        sweep = Sweep(command, planned.spec, planned.boards, planned.vectors, details=planned.details)
        return store.view(run_sweep(sweep, store, self.progress(), EarlyStart(planned.spec, self.cluster)))


@dataclass(frozen=True, slots=True)
class KindPlan:
    """The selection, planned for one kind.

    Attributes:
        kind: the kind.
        planned: the plan.
        shortfalls: what the kind lacks for vectors, by their ids.
    """

    kind: BoardKind
    planned: Planned
    shortfalls: dict[str, Shortfall]


def plan_kinds(spec: SweepSpec, kinds: Sequence[BoardKind], store: Place | None = None) -> list[KindPlan]:
    """Plan a selection for mock boards of each kind; nothing runs yet.

    Args:
        spec: the selection.
        kinds: the kinds.
        store: the results store, which knows former ids of vectors; None for the default store.

    Raises:
        FarmError: the selection is wrong, or is not one of a master's configurations.
        TracerError: the master can't be read, or has no such operation.
    """
    if spec.of_modules:
        raise FarmError("sweep modules open their boards themselves: name a master's configurations")
    if spec.address is not None:
        raise FarmError("mock boards of this host tell what fits: leave the farm's address out")
    selectors = {kind: f"mock:{kind.name}*{min(os.cpu_count() or 1, MOST_BOARDS)}" for kind in kinds}
    measured = spec.updated(boards=",".join(selectors.values()), measure=sorted({*spec.measure, MEMORY}))
    # the master is read, and its configurations are encoded, once for all kinds
    planned = plan_sweep(measured, store=store)
    return [_on_kind(planned, kind, selector) for kind, selector in selectors.items()]


def run_kinds(
    plans: Sequence[KindPlan],
    run: RunPlan,
    command: str,
    store: Store,
    watch: Callable[[str], None] = lambda _text: None,
) -> FitReport:
    """Run a selection on each kind, and put the runs together.

    Args:
        plans: the selection, planned for each kind.
        run: runs a plan.
        command: what the runs are called.
        store: where they are recorded.
        watch: gets a line before each run.

    Raises:
        NotRunnable: something that the boards need is missing.
        RunInterrupted: Ctrl-C stopped one of the runs.
    """
    results = []
    for number, plan in enumerate(plans, 1):
        watch(f"{plan.kind.name}, kind {number} of {len(plans)}")
        view = run(plan.planned, f"{command} (on {plan.kind.name})", store)
        if view.run.ended is Ended.STOPPED:
            raise RunInterrupted(view.run.id)
        described = KindRun(
            kind=plan.kind.name,
            architecture=plan.kind.board_type,
            chips=plan.kind.chips,
            run=view.run.id,
            ttnn=view.run.ttnn_version,
        )
        results.append(KindResult(described, view, plan.shortfalls))
    first = results[0].view.run
    payloads = {vector_id: from_json(raw) for vector_id, raw in store.payloads(first.id)}
    return make_report(results, payloads, first.recorded.master, plans[0].planned.spec.models)


def kinds_named(names: Sequence[str], required: Sequence[str] = ()) -> tuple[list[BoardKind], list[str]]:
    """The kinds by these names, and the names of those that everything must fit.

    Args:
        names: names, card names or aliases; empty for every kind.
        required: likewise; they must be among the kinds.

    Raises:
        FarmError: a name is none of a kind, or a required kind is not among the kinds.
    """
    kinds = list(dict.fromkeys(map(kind_named, names))) if names else list(KINDS.values())
    needed = list(dict.fromkeys(kind_named(name).name for name in required))
    for name in needed:
        if name not in {kind.name for kind in kinds}:
            raise FarmError(f"--require {name}: --kinds leaves {name} out: add it there")
    return kinds, needed


def _on_kind(planned: Planned, kind: BoardKind, selector: str) -> KindPlan:
    """The part of a plan for several kinds that is one kind's, as if it had been planned for that kind alone."""
    vectors = placed_again(planned.vectors, [kind])
    boards = [board for board in planned.boards if board.kind == kind]
    own = replace(planned, spec=planned.spec.updated(boards=selector), vectors=vectors, boards=boards)
    return KindPlan(kind, own, _shortfalls(kind, vectors))


def _shortfalls(kind: BoardKind, vectors: Sequence[Vector]) -> dict[str, Shortfall]:
    shortfalls: dict[str, Shortfall] = {}
    for vector in vectors:
        if vector.unrunnable is not None and vector.unrunnable.reason is Reason.UNSATISFIABLE:
            opened = find_device_config(kind, vector.needs, vector.openings)
            if not isinstance(opened, DeviceConfig):
                shortfalls[vector.id] = opened
    return shortfalls
