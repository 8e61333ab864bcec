"""Which kinds of boards a selection fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.documented import lists_fields
from farm.api.plans import combined
from farm.cluster.early_cluster import EarlyCluster
from farm.core.board import AUTO
from farm.core.errors import FarmError
from farm.core.progress import Progress, Silent
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.fitting.page import FIT_FILES
from farm.fitting.report import FitReport
from farm.fitting.running import Sweeps, kinds_named, plan_kinds, run_kinds
from farm.report import make_directory
from farm.running.store_patience import StorePatience
from farm.store import Store
from farm.store.opening import named_place

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.core.sweep_options import SweepOptions


@lists_fields
def fit(
    operations: Sequence[str] | SweepSpec = (),
    *,
    kinds: Sequence[str] = (),
    store: Place | None = None,
    out: str | Path | None = None,
    progress: Callable[[], Progress] = Silent,
    watch: Callable[[str], None] = lambda _text: None,
    command: str = "farm.fit()",
    **options: Unpack[SweepOptions],
) -> FitReport:
    """Run a master's configurations on a mock board of each kind, and say which kinds they fit.

    A mock board validates: ttnn's host stack accepts a call and lays it out, and no number is computed. The run on each
    kind is recorded like others.

    Args:
        operations: operations of a master, in any spelling; without any, all run. Or a `SweepSpec`. `models` selects
            by model.
        kinds: the kinds of boards, such as `n150`; without any, every kind.
        store: the results store, a file or database URL; None for the default store.
        out: the folder for the report's page and JSON; None writes none.
        progress: makes the display of the run on each kind.
        watch: gets a line before each of them.
        command: what reports call the runs.
        options: the fields of `SweepSpec`, listed below. Boards, sweep modules and a farm can't be named.

    Returns:
        how each configuration fares on each kind; `report.models` is the matrix of models and kinds.

    Raises:
        FarmError: an option is wrong, or there is no such kind.
        NothingSelected: the options select no configuration.
        NotRunnable: ttnn, or something else that mock boards need, is missing.
        TracerError: the master can't be read, or has no such operation.
        KeyboardInterrupt: Ctrl-C came; the runs are recorded as far as they got.
    """
    spec = combined(operations, options)
    if spec.boards != AUTO:
        raise FarmError(f"boards={spec.boards!r}: mock boards tell what fits; name their kinds with kinds=[...]")
    chosen, _ = kinds_named(kinds)
    if out is not None:
        make_directory(Path(out))
    plans = plan_kinds(spec, chosen, store)
    for line in plans[0].planned.notes:
        watch(line)
    patience = StorePatience(named_place(store), watch)
    with Store.open(store, ask=patience.ask) as opened, EarlyCluster(shared=True) as cluster:
        report = run_kinds(plans, Sweeps(progress, cluster), command, opened, watch)
    if out is not None:
        FIT_FILES.write(report, Path(out))
    return report
