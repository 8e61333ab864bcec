"""Traces: models run under the tracer, and what they call kept in a master."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from farm.core.errors import FarmError, NotRunnable
from farm.core.progress import Progress, Silent
from farm.core.sweep_spec import AUTO, SweepSpec
from farm.planning.board_choice import boards_of, require_ttnn
from farm.store import RunView, Store
from tracer.errors import MasterError, TracerError
from tracer.master.master import Master, MergeSummary, update

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.planning.vectors import Vector
    from tracer.capture.journal import Journal, TracedTest
    from tracer.capture.raw_traces import Loaded


@dataclass(frozen=True, slots=True)
class Traced:
    """What tracing added to a master.

    Attributes:
        configurations: all that was traced, new or not.
        summary: how many of them are new, and which operations these are of.
        problem: why the test is no good, in a line; None where all is well.
        output: what the test printed.
        left_out: tests that didn't pass, and so don't count.
        raw: the raw traces, where they were to be kept.
    """

    configurations: Master
    summary: MergeSummary
    problem: str | None = None
    output: str = ""
    left_out: list[TracedTest] = field(default_factory=list)
    raw: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Zoo:
    """What tracing a zoo came to.

    Attributes:
        run: how each model ended; None where all were traced before.
        configurations: what all traces hold together.
        summary: how many of them are new, and which operations these are of.
        models: how many the manifest has.
        missing: the models of which there is no whole trace.
        left_out: tests that didn't pass, and so don't count.
        folder: where the raw traces are.
    """

    run: RunView | None
    configurations: Master
    summary: MergeSummary
    models: int
    missing: list[str]
    left_out: list[TracedTest]
    folder: Path


def trace(
    target: str,
    *,
    master: str | Path,
    board: str = "auto",
    arguments: Sequence[str] = (),
    include_failed: bool = False,
    timeout: float | None = None,
    keep: str | Path | None = None,
    watch: Callable[[Board, Journal], None] = lambda _board, _journal: None,
) -> Traced:
    """Traces a pytest target, or a script, and adds its configurations to a master.

    Args:
        target: a node id, a file or a folder; or a script.
        master: the file to add to; made if it isn't there.
        board: what the test sees, such as `mock:n300`; of several that `auto` finds, the first.
        arguments: further ones for pytest or the script.
        include_failed: count tests that did not pass, too.
        timeout: seconds after which it is ended; what passed until then counts.
        keep: a folder for the raw traces.
        watch: called now and then with what was traced so far.

    Returns:
        what came of it. A test that failed is a `problem`, not an error; then the master may be as it was.

    Raises:
        FarmError: there is no such target or board.
        NotRunnable: there is no ttnn, or every test was skipped.
        TracerError: the master, or the raw trace, can't be read or written.
    """
    from farm.board.limits import Limits
    from farm.board.supervisor import Supervisor
    from farm.board.trace_target import TraceTarget, split_target
    from farm.cluster.hosts.board_memory import remember
    from tracer.capture.raw_traces import files_of
    from tracer.capture.raw_traces import keep as keep_raw

    path = Path(master)
    split_target(target)
    if path.exists():
        Master.read(path)  # better told before the model runs than after
    chosen = _one_board(board)
    require_ttnn([chosen])
    workdir = Path(tempfile.mkdtemp(prefix="farm-trace-"))
    only_here = False  # whether the raw trace is nowhere else
    try:
        supervisor = Supervisor(chosen, workdir / "board", Limits())
        try:
            ran = supervisor.trace(
                TraceTarget(target, tuple(arguments), timeout), workdir, lambda so_far: watch(chosen, so_far)
            )
        finally:
            supervisor.close()
            for transition in supervisor.trust.transitions():
                remember(chosen, transition)
        only_here = True
        raw = [] if keep is None else [keep_raw(file, Path(keep), target) for file in files_of(ran.path)]
        found = ran.journal.master(all_tests=include_failed)
        left_out = [] if include_failed else ran.journal.left_out
        if not ran.passed and not len(found):
            only_here = False
            if ran.problem is None:
                raise NotRunnable(f"{target}: every test was skipped; {path} is unchanged")
            return Traced(found, MergeSummary(), ran.problem, ran.output, left_out, raw)
        summary = update(path, found)
        only_here = False
    except TracerError as error:
        if only_here:
            raise MasterError(f"{error}; the raw trace is kept: farm trace --load {workdir}") from error
        raise
    finally:
        if not only_here:
            shutil.rmtree(workdir, ignore_errors=True)
    return Traced(found, summary, ran.problem, ran.output, left_out, raw)


def load_traces(folder: str | Path, *, master: str | Path, include_failed: bool = False) -> tuple[Loaded, MergeSummary]:
    """Adds the configurations of raw traces that were made elsewhere to a master.

    Args:
        folder: where they are; files that can't be read are in what is returned.
        master: the file to add to; made if it isn't there.
        include_failed: count tests that did not pass, too.

    Raises:
        NotRunnable: no test of theirs counts.
        TracerError: the folder or the master can't be read, or the master not written.
    """
    from tracer.capture.raw_traces import load_traces as load

    path = Path(master)
    if path.exists():
        Master.read(path)
    loaded = load(Path(folder), all_tests=include_failed)
    if not len(loaded.master):
        broken = f" ({loaded.broken[0]})" if loaded.broken else ""
        raise NotRunnable(f"{folder}: no test of its {loaded.files} raw traces counts{broken}; {path} is unchanged")
    return loaded, update(path, loaded.master)


def trace_zoo(
    manifest: str | Path,
    *,
    master: str | Path,
    boards: str = "auto",
    address: str | None = None,
    arguments: Sequence[str] = (),
    resume: bool = False,
    traces: str | Path | None = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Zoo:
    """Traces every model of a manifest, on all boards at once, and adds what they yield to a master.

    Args:
        manifest: a YAML file, such as `tracer/zoo/zoo.yaml`.
        master: the file to add to; made if it isn't there.
        boards: where to trace; with `auto`, mock boards are added that some model can't do without.
        address: of a farm whose boards to use; None for this host's.
        arguments: further ones for all models.
        resume: only the models of which there is no whole trace yet.
        traces: the folder of the raw traces; None for the manifest's own, in the user's data directory.
        store: results store, a file or database URL; None for the usual one.
        progress: told what happens; None for silence.
        command: what reports call the run; None for this call.

    Raises:
        FarmError: the manifest, or what was asked for, makes no sense.
        TracerError: the master can't be read or written.
        KeyboardInterrupt: Ctrl-C came twice; traces that were made are kept.
    """
    from farm.zoo.manifest import Manifest
    from farm.zoo.run import merge_traces
    from farm.zoo.traces import Traces

    path = Path(master)
    read = Manifest.read(Path(manifest))
    if path.exists():
        Master.read(path)
    kept = Traces.of(read, None if traces is None else Path(traces))
    if not resume:
        kept.clear()
    entries = [entry for entry in read.entries if not kept.is_complete(entry)]
    view = None
    if entries:
        from farm.board.backends import backend_of
        from farm.running.sweep import Sweep
        from farm.zoo.run import SUITE, plan_models, run_zoo, with_needed_mocks

        chosen = boards_of(boards, address)
        if boards == AUTO and address is None and all(backend_of(board).extendable for board in chosen):
            chosen = with_needed_mocks(chosen, entries)
        require_ttnn(chosen)
        request = Sweep(
            command=f"farm.trace_zoo({str(manifest)!r})" if command is None else command,
            spec=SweepSpec.of(boards=boards, address=address),
            boards=chosen,
            vectors=plan_models(read, entries, chosen, arguments),
            suite=SUITE,
            details={"manifest": str(read.path), "boards": boards, "traces": str(kept.folder)},
        )
        view = run_zoo(request, kept, store, progress or Silent())
    gathered = merge_traces(read, kept)
    summary = update(path, gathered.master) if len(gathered.master) else MergeSummary()
    models = len(read.entries)
    return Zoo(view, gathered.master, summary, models, gathered.missing, gathered.left_out, kept.folder)


def verify(
    master: str | Path,
    *,
    boards: str = "auto",
    address: str | None = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> RunView:
    """Runs a master's configurations again under the tracer, and compares what ran with what was traced, hash by hash.

    Args:
        master: the file.
        boards: as for `farm.sweep`, like the rest.
        address: see `farm.sweep`.
        store: see `farm.sweep`.
        progress: see `farm.sweep`.
        command: see `farm.sweep`.

    Returns:
        the run; a vector that ran otherwise than it was traced failed.

    Raises:
        FarmError: what was asked for makes no sense.
        TracerError: the master can't be read.
    """
    from farm.core.payload import TracedCall, encode
    from farm.planning.sweep_plan import plan_sweep
    from farm.running.sweep import Sweep, run_sweep

    def under_tracing(vector: Vector) -> Vector:
        payload = vector.payload
        if not isinstance(payload, TracedCall):
            return vector
        return replace(vector, text=encode(replace(payload, verify=True)))

    planned = plan_sweep(SweepSpec.of(master=master, boards=boards, address=address))
    require_ttnn(planned.boards)
    request = Sweep(
        command=f"farm.verify({str(master)!r})" if command is None else command,
        spec=planned.spec,
        boards=planned.boards,
        vectors=list(map(under_tracing, planned.vectors)),
        details={"master": str(master), "boards": boards, "verify": True},
    )
    with Store.open(store) as opened:
        return opened.view(run_sweep(request, opened, progress or Silent()))


def _one_board(text: str) -> Board:
    from farm.board.selectors import AUTO

    boards = boards_of(text, None)
    if len(boards) > 1 and text != AUTO:
        raise FarmError(f"--board {text}: a trace runs on one board, this names {len(boards)}")
    return boards[0]
