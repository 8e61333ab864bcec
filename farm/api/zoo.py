"""Many models traced at once, and a master's configurations run again under the tracer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.start_note import note_start
from farm.core.board import AUTO
from farm.core.errors import FarmError
from farm.core.progress import Progress, Silent
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.planning.board_choice import boards_of, require_ttnn
from farm.running.store_patience import StorePatience
from farm.store import RunView, Store
from farm.store.opening import named_place, require_folder
from tracer.master.files import why_unwritable
from tracer.master.master import Master, MergeSummary, require_writable, update

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.zoo.changes import ModelChange
    from farm.zoo.manifest import Entry
    from tracer.formats.journal import TracedTest, UnsafeAllocation
    from tracer.formats.values_read import ValuesRead


@dataclass(frozen=True, slots=True)
class Zoo:
    """The result of tracing a zoo.

    Attributes:
        run: how each model ended; None if all of them had been traced before.
        configurations: what all traces hold together.
        summary: how many configurations are new, and of which operations.
        models: the number of models in the manifest.
        missing: the models without a complete trace.
        left_out: the tests that did not pass, whose configurations are not added.
        folder: where the raw traces are.
        reading: what was read to keep statistics of values; None if no trace keeps any.
        unsafe: what was allocated on a device while a device trace was live there.
        entries: the models of the manifest, with their tags, state and owner.
        changes: how pinned models changed from what the master said of them.
    """

    run: RunView | None
    configurations: Master
    summary: MergeSummary
    models: int
    missing: list[str]
    left_out: list[TracedTest]
    folder: Path
    reading: ValuesRead | None = None
    unsafe: Sequence[UnsafeAllocation] = ()
    entries: Sequence[Entry] = ()
    changes: Sequence[ModelChange] = ()


def trace_zoo(
    manifest: str | Path,
    *,
    master: str | Path,
    boards: str = "auto",
    address: str | None = None,
    ttnn: str | None = None,
    arguments: Sequence[str] = (),
    resume: bool = False,
    traces: str | Path | None = None,
    values: bool = False,
    tags: Sequence[str] = (),
    store: Place | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Zoo:
    """Trace every model of a manifest, on all boards at once, and add their configurations to a master.

    Args:
        manifest: a YAML file, such as `tracer/zoo/zoo.yaml`.
        master: the file to add to; it is created if it doesn't exist.
        boards: the boards to trace on; `auto` adds the mock boards that some model needs.
        address: the farm whose boards to use, HOST:PORT of its head; None for this host's.
        ttnn: a specifier of the versions of ttnn that may open the boards, such as `>=0.80`; None for any.
        arguments: more arguments for every model.
        resume: trace only the models that have no complete trace yet.
        traces: the folder of the raw traces; None for the manifest's own, in the user's data directory.
        values: keep statistics of the numbers in each call's tensors, too; see `farm.trace`.
        tags: trace only models with one of these tags; all for none.
        store: the results store, a file or database URL; None for the default store.
        progress: gets what happens; None for silence.
        command: what reports call the run; None for this call.

    Raises:
        NothingSelected: the manifest has no model, or none with such a tag.
        FarmError: the manifest can't be read, a board doesn't exist, or `ttnn` is no version specifier.
        NotRunnable: no board has such a ttnn.
        TracerError: the master can't be read or written.
        KeyboardInterrupt: Ctrl-C came twice; the traces made so far are kept.
    """
    from farm.zoo.changes import changes_of
    from farm.zoo.manifest import Manifest
    from farm.zoo.run import SUITE, merge_traces, plan_models, run_zoo
    from farm.zoo.traces import Traces

    spec = SweepSpec.of(boards=boards, address=address, ttnn=ttnn)
    path = Path(master)
    models = Manifest.read(Path(manifest)).with_tags(tags)
    require_writable(path)
    require_folder(store)
    # a master that can't be read is reported before any model runs
    before = Master.read(path) if path.exists() else Master()
    kept = Traces.of(models, None if traces is None else Path(traces), values=values)
    if reason := why_unwritable(kept.folder / "trace"):
        raise FarmError(f"--store {kept.folder}: the raw traces can't be kept: {reason}")
    if not resume:
        kept.clear()
    entries = [entry for entry in models.entries if not kept.is_complete(entry)]
    view = None
    if entries:
        from farm.running.sweep import Sweep

        chosen = _boards_for(entries, spec)
        request = Sweep(
            command=f"farm.trace_zoo({str(manifest)!r})" if command is None else command,
            spec=spec,
            boards=chosen,
            vectors=plan_models(models, entries, chosen, arguments, values=values),
            suite=SUITE,
            details={"manifest": str(models.path), "boards": boards, "traces": str(kept.folder)},
        )
        shown = progress or Silent()
        note_start(request.spec, request.boards, request.vectors, shown)
        view = run_zoo(request, kept, store, shown)
    gathered = merge_traces(models, kept)
    changes = changes_of(models.entries, before, gathered.models)
    summary = update(path, gathered.master, gathered.models) if len(gathered.master) else MergeSummary()
    return Zoo(
        view,
        gathered.master,
        summary,
        len(models.entries),
        gathered.missing,
        gathered.left_out,
        kept.folder,
        gathered.reading,
        gathered.unsafe,
        models.entries,
        changes,
    )


def _boards_for(entries: Sequence[Entry], spec: SweepSpec) -> list[Board]:
    """The boards that a spec names; mock boards that the user didn't name are joined by those that models need."""
    from farm.board.backends import backend_of
    from farm.zoo.run import with_needed_mocks

    boards = boards_of(spec.boards, spec.address, ttnn=spec.ttnn)
    if spec.boards == AUTO and spec.address is None and all(backend_of(board).extendable for board in boards):
        boards = with_needed_mocks(boards, entries)
    require_ttnn(boards)
    return boards


def verify(
    master: str | Path,
    *,
    boards: str = "auto",
    address: str | None = None,
    ttnn: str | None = None,
    tags: Sequence[str] = (),
    store: Place | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> RunView:
    """Run a master's configurations again under the tracer, and compare what ran with what was traced, by hash.

    Args:
        master: the master's file.
        boards: see `farm.sweep`, as for the others.
        address: see `farm.sweep`.
        ttnn: see `farm.sweep`.
        tags: run only what models with one of these tags use; all for none.
        store: see `farm.sweep`.
        progress: see `farm.sweep`.
        command: see `farm.sweep`.

    Returns:
        the run; a vector that ran otherwise than traced is a failure.

    Raises:
        FarmError: a board doesn't exist.
        NothingSelected: no model in the master has one of the tags.
        TracerError: the master can't be read.
    """
    from farm.planning.sweep_plan import plan_sweep

    planned = plan_sweep(SweepSpec.of(master=master, boards=boards, address=address, ttnn=ttnn, tags=tags), verify=True)
    require_ttnn(planned.boards)
    shown = progress or Silent()
    for note in planned.notes:
        shown.note(note)
    note_start(planned.spec, planned.boards, planned.vectors, shown)
    from farm.running.sweep import Sweep, run_sweep

    request = Sweep(
        command=f"farm.verify({str(master)!r})" if command is None else command,
        spec=planned.spec,
        boards=planned.boards,
        vectors=planned.vectors,
        details={**planned.details, "verify": True},
    )
    patience = StorePatience(named_place(store), shown.note)
    with Store.open(store, ask=patience.ask) as opened:
        run_id = run_sweep(request, opened, shown)
        return patience.ask(partial(opened.view, run_id))
