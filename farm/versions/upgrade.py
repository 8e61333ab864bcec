"""An upgrade, rehearsed: one selection runs under the old ttnn and under the new one, and the two runs are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from farm.core.errors import FarmError
from farm.core.payload import from_json
from farm.planning.sweep_plan import plan_sweep
from farm.store import Ended, Store
from farm.versions.inspection import inspect
from farm.versions.report import RunUnder, UpgradeReport, compare
from farm.versions.running import RunPlan, opened_by
from farm.versions.sources import parse_source
from farm.versions.steps import Step, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from farm.core.board import Board
    from farm.core.sweep_spec import SweepSpec
    from farm.store import RunView
    from farm.versions.environments import Environment, Environments
    from farm.versions.signatures import Signatures

    Inspect = Callable[[Environment, Board, Iterable[str]], Signatures]


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

    def rehearse(self, old: str, new: str, spec: SweepSpec, command: str, store: Store) -> UpgradeReport:
        """Run a selection under both, and compare.

        Args:
            old: the ttnn that is in use: a version, an interpreter or a wheel.
            new: the ttnn to go to.
            spec: the selection.
            command: what the two runs are called.
            store: where they are recorded.

        Raises:
            FarmError: the selection or a name is wrong; the boards belong to a farm; see also `farm.versions.errors`.
            TracerError: the master can't be read, or has no such operation.
            KeyboardInterrupt: Ctrl-C stopped one of the runs.
        """
        check_spec(spec)
        sources = parse_source(old, "--from"), parse_source(new, "--to")
        if sources[0] == sources[1]:
            raise FarmError(f"--from and --to are both {old}: name two different ttnn")
        planned = plan_sweep(spec)
        before, after = (self.environments.of(source) for source in sources)
        operations = list(dict.fromkeys(vector.operation for vector in planned.vectors))
        signatures = []
        for environment in (before, after):
            board = opened_by(environment, planned.boards)[0]
            with self.step(f"reading the signatures of ttnn {environment.name}"):
                signatures.append(self.inspect(environment, board, operations))
        views = []
        for environment, signature in zip((before, after), signatures, strict=True):
            view = self.run(planned, environment, f"{command} (under ttnn {signature.version})", store)
            if view.run.ended is Ended.STOPPED:
                raise KeyboardInterrupt
            views.append(view)
        runs = [
            run_under(environment, signature, view)
            for environment, signature, view in zip((before, after), signatures, views, strict=True)
        ]
        payloads = {vector_id: from_json(raw) for vector_id, raw in store.payloads(views[0].run.id)}
        master = views[0].run.recorded.master
        return compare(runs[0], runs[1], (views[0], views[1]), payloads, (signatures[0], signatures[1]), master)


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
