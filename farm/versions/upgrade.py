"""An upgrade, rehearsed: one selection runs under the old ttnn and under the new one, and the two runs are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from farm.core.errors import FarmError
from farm.core.payload import from_json
from farm.core.store_place import Place
from farm.planning.sweep_plan import plan_sweep
from farm.running.interrupt import RunInterrupted
from farm.store import Ended, Store
from farm.versions.inspection import inspect
from farm.versions.pinning import pinned
from farm.versions.report import RunUnder, UpgradeReport, compare
from farm.versions.running import RunPlan, opened_by
from farm.versions.sources import parse_source
from farm.versions.steps import Step, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from farm.core.board import Board
    from farm.core.sweep_spec import SweepSpec
    from farm.planning.sweep_plan import Planned
    from farm.store import RunView
    from farm.versions.environments import Environment, Environments
    from farm.versions.signatures import Signatures

    Inspect = Callable[[Environment, Board, Iterable[str]], Signatures]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A selection that is ready to run under two versions of ttnn.

    Attributes:
        planned: its plan.
        environments: the environments of the old and the new ttnn.
        signatures: the signatures of the two.
    """

    planned: Planned
    environments: tuple[Environment, Environment]
    signatures: tuple[Signatures, Signatures]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade to rehearse.

    Attributes:
        environments: make what the versions need.
        run: runs the selection under each.
        inspect: asks an environment for its signatures.
        step: shows what takes seconds.
    """

    environments: Environments
    run: RunPlan
    inspect: Inspect = inspect
    step: Step = silent

    def prepare(self, old: str, new: str, spec: SweepSpec, store: Place | None = None) -> Prepared:
        """Plan the selection and make both environments; nothing runs yet.

        Args:
            old: the ttnn that is in use: a version, an interpreter or a wheel.
            new: the ttnn to go to.
            spec: the selection.
            store: the results store, which knows former ids of vectors; None for the default store.

        Raises:
            FarmError: the selection or a name is wrong; the boards belong to a farm; see also `farm.versions.errors`.
            TracerError: the master can't be read, or has no such operation.
        """
        check_spec(spec)
        sources = parse_source(old, "--from"), parse_source(new, "--to")
        if sources[0] == sources[1]:
            raise FarmError(f"--from and --to are both {old}: name two different ttnn")
        planned = pinned(plan_sweep(spec, store=store))
        environments = self.environments.of(sources[0]), self.environments.of(sources[1])
        before, after = (self._signatures(environment, planned) for environment in environments)
        return Prepared(planned, environments, (before, after))

    def rehearse(self, prepared: Prepared, command: str, store: Store) -> UpgradeReport:
        """Run a prepared selection under both, and compare.

        Args:
            prepared: what `prepare` returned.
            command: what the two runs are called.
            store: where they are recorded.

        Raises:
            NotRunnable: something that the boards need is missing.
            RunInterrupted: Ctrl-C stopped one of the runs.
        """
        views = []
        for environment, signatures in zip(prepared.environments, prepared.signatures, strict=True):
            view = self.run(prepared.planned, environment, f"{command} (under ttnn {signatures.version})", store)
            if view.run.ended is Ended.STOPPED:
                raise RunInterrupted(view.run.id)
            views.append(view)
        before, after = views
        old, new = map(run_under, prepared.environments, prepared.signatures, views)
        payloads = {vector_id: from_json(raw) for vector_id, raw in store.payloads(before.run.id)}
        return compare(old, new, (before, after), payloads, prepared.signatures, before.run.recorded.master)

    def _signatures(self, environment: Environment, planned: Planned) -> Signatures:
        operations = list(dict.fromkeys(vector.operation for vector in planned.vectors))
        board = opened_by(environment, planned.boards)[0]
        with self.step(f"reading the signatures of ttnn {environment.name}"):
            return self.inspect(environment, board, operations)


def check_spec(spec: SweepSpec) -> None:
    """Report a spec that can't run under another ttnn.

    Raises:
        FarmError: it runs sweep modules, or the boards of a farm.
    """
    if spec.of_modules:
        raise FarmError("sweep modules belong to the ttnn of their checkout: name a master's configurations")
    if spec.address is not None:
        raise FarmError("the hosts of a farm have a ttnn of their own: this runs on the boards of this host alone")


def run_under(environment: Environment, signatures: Signatures, view: RunView) -> RunUnder:
    """The description of a run under one ttnn."""
    return RunUnder(
        name=environment.name,
        ttnn=signatures.version,
        python=environment.python,
        run=view.run.id,
        boards=[board.id for board in view.run.boards],
        computes=view.computes,
    )
