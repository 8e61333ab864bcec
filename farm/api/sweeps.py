"""Sweeps: vectors run on boards, from the plan to every verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.documented import lists_fields
from farm.api.plans import combined
from farm.api.start_note import note_start
from farm.core.board import AUTO
from farm.core.errors import FarmError
from farm.core.option_rules import Rule, misfits
from farm.core.plain_words import counted
from farm.core.progress import Progress, Silent
from farm.core.spec_option import Group
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.core.sweep_spec import options as spec_options
from farm.planning.board_choice import boards_of, require_ttnn
from farm.planning.sweep_plan import plan_sweep
from farm.report import make_directory, read_context, write_report
from farm.report.evidence import unfounded_vectors
from farm.running.early_start import EarlyStart
from farm.running.interrupt import RunInterrupted
from farm.running.places import require_places
from farm.running.run_lease import RunLease, leased
from farm.running.store_patience import StorePatience
from farm.store import RunView, Store
from farm.store.opening import named_place

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.core.sweep_options import SweepOptions
    from farm.running.sweep import Sweep

_FIXED = (Group.WHAT, Group.MEASURES, Group.NUMBERS)
_NOT_RESUMED = Rule(
    tuple(name for each in spec_options().values() if each.group in _FIXED for name in each.names()),
    excludes=("--resume",),
    advice="a resumed run keeps its own vectors, measurements and numbers",
)
"""What a run that is resumed has decided before."""


@lists_fields
def sweep(
    operations: Sequence[str] | SweepSpec = (),
    *,
    resume: str | None = None,
    retry_failed: bool = False,
    retry_infra: bool = False,
    store: Place | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    **options: Unpack[SweepOptions],
) -> RunView:
    """Run a master's configurations, or sweep modules, on boards, until every planned vector has its verdict.

    Ctrl-C once, in the main thread, ends it early: vectors that did not run are reported as not_run.

    Args:
        operations: operations of a master, in any spelling; without any, all run. Or a `SweepSpec`, whose fields
            `options` replace.
        resume: continue this run: its id, the beginning of an id, or `last`. It runs the vectors without a verdict and
            nothing twice. The vectors, the measurements and how numbers are made and judged are the run's own:
            `options` may be those of boards, limits and sharing a farm.
        retry_failed: with `resume`, run failed vectors again; one that passes then is flaky.
        retry_infra: with `resume`, run vectors again that a fault kept from a verdict of their own.
        store: the results store, a file or database URL; None for the default store.
        out: the folder for the report's files; None writes none.
        progress: gets what happens; None for silence.
        command: what reports call the run; None for this call.
        options: the fields of `SweepSpec`, listed below.

    Returns:
        the run as its report has it.

    Raises:
        FarmError: an option is wrong, or names something that doesn't exist; see `farm.core.errors` for its kinds.
        TracerError: the master can't be read, or has no such operation.
        KeyboardInterrupt: Ctrl-C came twice; the run is recorded as far as it got.
    """
    spec = combined(operations, options)
    if command is None:
        command = _call(operations, resume, options)
    return sweep_from(
        EarlyStart(spec),
        command,
        progress or Silent(),
        resume=resume,
        retry_failed=retry_failed,
        retry_infra=retry_infra,
        store=store,
        out=out,
    )


def sweep_from(
    early: EarlyStart,
    command: str,
    progress: Progress,
    *,
    resume: str | None = None,
    retry_failed: bool = False,
    retry_infra: bool = False,
    store: Place | None = None,
    out: str | Path | None = None,
) -> RunView:
    """Run a sweep, parts of which may have been started before; see `sweep`.

    Args:
        early: what has been started, and the spec; it is ended with the run.
        command: see `sweep`.
        progress: see `sweep`.
        resume: see `sweep`.
        retry_failed: see `sweep`.
        retry_infra: see `sweep`.
        store: see `sweep`.
        out: see `sweep`.
    """
    with early:
        if resume is None and (retry_failed or retry_infra):
            raise FarmError("--retry-failed and --retry-infra are for a run that is resumed: name it with --resume")
        require_places(store, out)
        patience = StorePatience(named_place(store), progress.note)
        if resume is not None:
            for misfit in misfits([_NOT_RESUMED], {"--resume", *early.spec.present_options(_FIXED)}):
                raise FarmError(misfit.message)
            with Store.open(store, create=False, ask=patience.ask) as opened:
                run_id = patience.ask(partial(opened.find, resume))
                # leased before its records are read: what another driver still records would be run twice
                with leased(opened, run_id, progress.note) as lease:
                    read = partial(_resumed, retry_failed=retry_failed, retry_infra=retry_infra)
                    request = patience.ask(partial(read, opened, run_id, early.spec, command))
                    return _run(request, opened, progress, early, out=out, lease=lease)
        request = _begun(early.spec, command, progress, store, early)
        with Store.open(store, ask=patience.ask) as opened:
            return _run(request, opened, progress, early, out=out)


def _run(
    request: Sweep,
    store: Store,
    progress: Progress,
    early: EarlyStart,
    *,
    out: str | Path | None,
    lease: RunLease | None = None,
) -> RunView:
    """Run a sweep, and write its report."""
    if out is not None:
        make_directory(Path(out))
    note_start(request.spec, request.boards, request.vectors, progress)
    # imported only here, since it takes seconds: errors of the options were raised before
    from farm.running.sweep import run_sweep

    run_id = run_sweep(request, store, progress, early, lease=lease)
    try:
        view = StorePatience(store.place, progress.note).ask(partial(store.view, run_id))
        if unfounded := unfounded_vectors(view):
            names = ", ".join(each.vector_id for each in unfounded[:3])
            progress.note(
                f"the verdicts of {counted(len(unfounded), 'vector')} don't follow from recorded attempts "
                f"({names}, for example): this is a fault of farm, please report it"
            )
        if out is not None:
            write_report(view, Path(out), context=read_context(store, view))
    except KeyboardInterrupt:
        raise RunInterrupted(run_id) from None
    return view


def _begun(spec: SweepSpec, command: str, progress: Progress, store: Place | None, early: EarlyStart) -> Sweep:
    """A sweep that starts a run."""
    if spec.modules or spec.sweeps:
        progress.note("importing the sweep modules, to list their vectors")
    planned = plan_sweep(spec, store=store, listing=early.listing)
    require_ttnn(planned.boards)
    for note in planned.notes:
        progress.note(note)
    from farm.running.sweep import Sweep

    return Sweep(command, planned.spec, planned.boards, planned.vectors, details=planned.details)


def _resumed(
    store: Store, run_id: str, spec: SweepSpec, command: str, *, retry_failed: bool, retry_infra: bool
) -> Sweep:
    """A sweep that continues a run: what it runs is the run's; boards, limits and sharing are those of `spec`.

    The versions of ttnn are the run's, too, unless `spec` names others.
    """
    from farm.planning.resume import board_selector_of, resume_run

    view = store.view(run_id)
    if spec.ttnn is None and view.run.spec is not None:
        spec = spec.updated(ttnn=view.run.spec.ttnn)
    selector = spec.boards
    if selector == AUTO and spec.address is None:
        recorded = AUTO if view.run.spec is None else view.run.spec.boards
        selector = board_selector_of(view) or recorded
    boards = boards_of(selector, spec.address, ttnn=spec.ttnn)
    kinds = [board.kind for board in boards]
    resumed = resume_run(store, run_id, kinds, retry_failed=retry_failed, retry_infra=retry_infra)
    from farm.running.sweep import Sweep

    return Sweep(command, spec, boards, resumed.vectors, resumed=resumed)


def _call(operations: Sequence[str] | SweepSpec, resume: str | None, options: Mapping[str, object]) -> str:
    """The call, for the heading of its report."""
    words = []
    if isinstance(operations, SweepSpec):
        words = [f"{name}={value!r}" for name, value in operations.as_json().items()]
    elif operations:
        words = [repr(list(operations))]
    words += [f"resume={resume!r}"] if resume is not None else []
    words += [f"{name}={value!r}" for name, value in options.items()]
    return f"farm.sweep({', '.join(words)})"
