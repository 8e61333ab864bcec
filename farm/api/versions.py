"""Upgrades of ttnn: what another version changes, and the version that changed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.documented import lists_fields
from farm.api.plans import combined
from farm.core.progress import Progress, Silent
from farm.core.sweep_spec import SweepSpec
from farm.report import make_directory
from farm.store import Store
from farm.versions.environments import Environments
from farm.versions.files import write_upgrade
from farm.versions.report import UpgradeReport
from farm.versions.running import Sweeps
from farm.versions.steps import Step, silent
from farm.versions.upgrade import Upgrade

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.core.sweep_spec import SweepOptions


@lists_fields
def upgrade(
    old: str | Path,
    new: str | Path,
    operations: Sequence[str] | SweepSpec = (),
    *,
    store: str | Path | None = None,
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
    rehearsal = Upgrade(Environments(step=step), Sweeps(progress), step=step)
    with Store.open(store) as opened:
        report = rehearsal.rehearse(str(old), str(new), spec, command, opened)
    if out is not None:
        write_upgrade(report, Path(out))
    return report
