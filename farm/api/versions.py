"""Upgrades of ttnn: what another version changes, and the version that changed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.documented import lists_fields
from farm.api.plans import combined
from farm.cluster.early_cluster import EarlyCluster
from farm.core.errors import FarmError
from farm.core.progress import Progress, Silent
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.report import make_directory
from farm.store import Store
from farm.versions.bisect import Bisection, Tried
from farm.versions.bisect import bisect as bisect_versions
from farm.versions.by import By
from farm.versions.candidates import Candidate, built_candidates, interpreter_candidates, released_candidates
from farm.versions.environments import Environments
from farm.versions.page import UPGRADE_FILES
from farm.versions.report import UpgradeReport
from farm.versions.running import Sweeps
from farm.versions.steps import Step, silent
from farm.versions.upgrade import Upgrade

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.core.sweep_options import SweepOptions


@lists_fields
def upgrade(
    old: str | Path,
    new: str | Path,
    operations: Sequence[str] | SweepSpec = (),
    *,
    store: Place | None = None,
    out: str | Path | None = None,
    progress: Callable[[], Progress] = Silent,
    step: Step = silent,
    command: str | None = None,
    **options: Unpack[SweepOptions],
) -> UpgradeReport:
    """Run a master's configurations under two versions of ttnn, and compare.

    Each ttnn has an environment of its own: versions and wheels are installed into one, which is kept. Both runs are
    recorded like others.

    Args:
        old: the ttnn that is in use: a released version (`0.66.0`), an interpreter that has it, or a wheel file.
        new: the ttnn to go to, named likewise.
        operations: operations of a master, in any spelling; without any, all run. Or a `SweepSpec`.
        store: the results store, a file or database URL; None for the default store.
        out: the folder for the report's page and JSON; None writes none.
        progress: makes the display of each of the two runs.
        step: shows what takes seconds, such as an installation.
        command: what reports call the runs; None for this call.
        options: the fields of `SweepSpec`, listed below. Sweep modules and the boards of a farm can't be named.

    Returns:
        what becomes of each configuration; `report.breaks` says whether the new ttnn refuses something.

    Raises:
        FarmError: an option is wrong, or an environment can't be made; see `farm.versions.errors` for its kinds.
        TracerError: the master can't be read, or has no such operation.
        KeyboardInterrupt: Ctrl-C came twice; the runs are recorded as far as they got.
    """
    spec = combined(operations, options)
    if out is not None:
        make_directory(Path(out))
    if command is None:
        command = f"farm.upgrade({str(old)!r}, {str(new)!r})"
    with EarlyCluster(shared=True) as cluster:
        rehearsal = Upgrade(Environments(step=step), Sweeps(progress, cluster), step=step)
        prepared = rehearsal.prepare(str(old), str(new), spec, store)
        with Store.open(store) as opened:
            report = rehearsal.rehearse(prepared, command, opened)
    if out is not None:
        UPGRADE_FILES.write(report, Path(out))
    return report


@lists_fields
def bisect(
    operations: Sequence[str] | SweepSpec = (),
    *,
    old: str | None = None,
    new: str | None = None,
    pythons: Sequence[str | Path] = (),
    build: str | None = None,
    among: Sequence[str] = (),
    by: By | str = By.VERDICT,
    watch: Callable[[Tried], None] = lambda _tried: None,
    step: Step = silent,
    **options: Unpack[SweepOptions],
) -> Bisection:
    """Find the first version of ttnn that treats one configuration differently than the oldest does.

    The versions are the released ones from `old` to `new`, or `pythons`, or what `build` builds of `among` or of the
    released ones. A version that can't be judged is gone round. Nothing is recorded.

    Args:
        operations: the operation of the configuration, or a `SweepSpec`; name the configuration with `vectors=[ID]`.
        old: the oldest released version.
        new: the newest released version.
        pythons: interpreters, wheels or versions, oldest first.
        build: a command with `{version}` in it that prints an interpreter's path as its last line.
        among: what `build` builds, oldest first.
        by: what must differ: `verdict`, `output` or `message`.
        watch: gets each version that was tried.
        step: shows what takes seconds, such as an installation.
        options: the fields of `SweepSpec`, listed below.

    Raises:
        FarmError: an option is wrong, or several configurations are selected.
        NotRunnable: the configuration can't run, or the oldest or newest version can't be judged.
        TracerError: the master can't be read, or has no such operation.
    """
    spec = combined(operations, options)
    if by not in list(By):
        raise FarmError(f"by={by!r}: choose from {', '.join(each.value for each in By)}")
    candidates = _candidates(Environments(step=step), old, new, list(map(str, pythons)), build, among, step)
    return bisect_versions(spec, candidates, By(by), watch=watch)


def _candidates(  # noqa: PLR0917 - the arguments of `bisect`
    environments: Environments,
    old: str | None,
    new: str | None,
    pythons: Sequence[str],
    build: str | None,
    among: Sequence[str],
    step: Step,
) -> list[Candidate]:
    """The versions that the arguments of `bisect` name.

    Raises:
        FarmError: they name none, or in two ways.
    """
    released = old is not None or new is not None
    if bool(pythons) + (released or bool(among)) != 1 or (pythons and build is not None):
        raise FarmError(
            "name the versions in one way: --from and --to, or --python for each interpreter, or --build with --among"
        )
    if pythons:
        return interpreter_candidates(environments, pythons)
    if among:
        if released or build is None:
            raise FarmError("--among names what --build builds: give --build, and neither --from nor --to")
        return built_candidates(build, among, step)
    if old is None or new is None:
        raise FarmError("give both --from and --to")
    candidates = released_candidates(environments, old, new)
    return candidates if build is None else built_candidates(build, [each.name for each in candidates], step)
