"""Traces: models run under the tracer, and the configurations of their calls added to a master."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from farm.board.selectors import parse_boards
from farm.core.board import AUTO
from farm.core.errors import FarmError, NothingSelected, NotRunnable
from farm.core.plain_words import counted
from farm.core.verdicts import Reason, Verdict
from farm.planning.board_choice import boards_of, require_ttnn
from tracer.errors import MasterError, TracerError
from tracer.master.files import why_unwritable
from tracer.master.master import Master, MergeSummary, require_writable, update

if TYPE_CHECKING:
    from farm.board.model_verdict import FailedTest
    from farm.board.trace_run import TraceRun
    from farm.board.trace_target import TraceTarget
    from farm.core.board import Board
    from tracer.capture.raw_traces import Loaded
    from tracer.formats.journal import Journal, TracedTest, UnsafeAllocation
    from tracer.formats.values_read import ValuesRead


@dataclass(frozen=True, slots=True)
class Traced:
    """What a trace added to a master.

    Attributes:
        configurations: everything that was traced, new or known.
        summary: how many configurations are new, and of which operations.
        verdict, reason: how the target ended, by its worst test; see `farm.core.verdicts`.
        problem: why it did not end well, in a line; None if it did.
        failures: the tests that did not pass, each with its own verdict.
        output: what the test printed.
        left_out: the tests that did not pass, whose configurations are not added.
        raw: the raw traces, if they were kept.
        reading: what was read to keep statistics of values, and how long that took; None if none were kept.
        lacking: what the board lacks although the test called it, so that these calls did nothing: each in a line.
        unsafe: what was allocated on a device while a device trace was live there, which may overwrite it.
    """

    configurations: Master
    summary: MergeSummary
    verdict: Verdict
    reason: Reason = Reason.NONE
    problem: str | None = None
    failures: Sequence[FailedTest] = ()
    output: str = ""
    left_out: list[TracedTest] = field(default_factory=list)
    raw: list[Path] = field(default_factory=list)
    reading: ValuesRead | None = None
    lacking: list[str] = field(default_factory=list)
    unsafe: list[UnsafeAllocation] = field(default_factory=list)


def trace(
    target: str,
    *,
    master: str | Path,
    board: str = "auto",
    arguments: Sequence[str] = (),
    include_failed: bool = False,
    timeout: float | None = None,
    keep: str | Path | None = None,
    values: bool = False,
    echo: bool = False,
    watch: Callable[[Board, Journal], None] = lambda _board, _journal: None,
) -> Traced:
    """Trace a pytest target or a script, and add its configurations to a master.

    Args:
        target: a pytest node id, file or folder, or a script.
        master: the file to add to; it is created if it doesn't exist.
        board: the board that the test gets, such as `mock:n300`; the first of those that `auto` selects.
        arguments: more arguments for pytest or the script.
        include_failed: add the configurations of tests that did not pass, too.
        timeout: end the target after this many seconds; the tests that passed before count.
        keep: a folder to keep the raw traces in.
        values: keep statistics of the numbers in each call's tensors, too, so that sweeps draw inputs like them. On a
            board that computes nothing, such as a mock, only tensors on the host have any.
        echo: pass what the target prints on to stdout, as it comes.
        watch: called now and then with what was traced so far.

    Returns:
        what was added. A failed test is a `problem`, not an error; the master may then be unchanged.

    Raises:
        FarmError: there is no such target or board.
        NotRunnable: there is no ttnn, or every test was skipped.
        NothingSelected: pytest finds no test, or none of them called an operation that is traced.
        TracerError: the master or the raw trace can't be read or written.
    """
    from farm.board.trace_target import TraceTarget, split_target

    path = Path(master)
    split_target(target)
    require_writable(path)
    if keep is not None and (reason := why_unwritable(Path(keep) / "trace")):
        raise FarmError(f"--store {keep}: the raw trace can't be kept: {reason}")
    if path.exists():
        Master.read(path)  # a master that can't be read is reported before the model runs
    chosen = _one_board(board)
    require_ttnn([chosen])
    request = TraceTarget(target, tuple(arguments), timeout, echo=echo, values=values)
    workdir = Path(tempfile.mkdtemp(prefix="farm-trace-"))
    try:
        trace_run = _run(request, chosen, workdir, watch)
    except BaseException:
        shutil.rmtree(workdir, ignore_errors=True)
        raise
    # from here on, the working directory may have the only copy of the trace
    try:
        raw = [] if keep is None else _keep_raw(trace_run, Path(keep), target)
        traced = _add(trace_run, chosen, path, raw, target, include_failed=include_failed)
        traced = replace(traced, lacking=_lacking(chosen, trace_run.journal), unsafe=trace_run.journal.unsafe)
    except TracerError as error:
        raise MasterError(f"{error}; the raw trace is kept: farm trace --load {workdir}") from error
    except BaseException:
        shutil.rmtree(workdir, ignore_errors=True)
        raise
    shutil.rmtree(workdir, ignore_errors=True)
    return traced


def _run(target: TraceTarget, board: Board, workdir: Path, watch: Callable[[Board, Journal], None]) -> TraceRun:
    """Run a target under the tracer, and remember what this did to the board."""
    from farm.board.limits import Limits
    from farm.board.supervisor import Supervisor
    from farm.cluster.hosts.board_memory import remember

    supervisor = Supervisor(board, workdir / "board", Limits())
    try:
        return supervisor.trace(target, workdir, lambda journal: watch(board, journal))
    finally:
        supervisor.close()
        for transition in supervisor.trust.transitions():
            remember(board, transition)


def _lacking(board: Board, journal: Journal) -> list[str]:
    """What the board lacks of what was called, with the functions that did nothing."""
    from farm.board.backends import backend_of
    from farm.core.lacks import lacking_functions

    called: dict[str, list[str]] = {}
    for function, what in lacking_functions(backend_of(board).lacks):
        if function in journal.lacking:
            called.setdefault(what, []).append(f"ttnn.{function}")
    return [f"{what}: {', '.join(functions)} did nothing" for what, functions in called.items()]


def _keep_raw(trace_run: TraceRun, folder: Path, target: str) -> list[Path]:
    from tracer.capture.raw_traces import files_of, keep

    return [keep(file, folder, target) for file in files_of(trace_run.path)]


def _add(
    trace_run: TraceRun, board: Board, master: Path, raw: list[Path], target: str, *, include_failed: bool
) -> Traced:
    """Add what was traced to a master.

    Raises:
        NotRunnable: every test was skipped.
        NothingSelected: it ran well, and called no operation that is traced.
        TracerError: the master can't be read or written.
    """
    from farm.board.backends import backend_of
    from farm.board.download_retries import with_tries
    from farm.board.model_verdict import judge

    judged = judge(trace_run, computes=board.computes, lacks=backend_of(board).lacks)
    configurations = Master.of(trace_run.journal.configurations(all_tests=include_failed))
    left_out = [] if include_failed else trace_run.journal.left_out
    if len(configurations):
        summary = update(master, configurations)
    elif judged.reason is Reason.SKIPPED:
        raise NotRunnable(f"{target}: {judged.message}; {untouched(master)}")
    elif trace_run.passed:
        advice = "moves, conversions and deallocation count only with --trace-also OP"
        raise NothingSelected(f"{target}: it called no ttnn operation that is traced ({advice}); {untouched(master)}")
    else:
        summary = MergeSummary()
    return Traced(
        configurations,
        summary,
        judged.verdict,
        judged.reason,
        None if judged.verdict.good else with_tries(judged.message, trace_run),
        judged.failures,
        trace_run.output,
        left_out,
        raw,
        trace_run.journal.reading,
    )


def load_traces(path: str | Path, *, master: str | Path, include_failed: bool = False) -> tuple[Loaded, MergeSummary]:
    """Add the configurations of raw traces and captures that were made elsewhere to a master.

    Args:
        path: a raw trace, a capture of any format that is read, or a folder of them. What is returned names the files
            that can't be read.
        master: the file to add to; it is created if it doesn't exist.
        include_failed: add the configurations of tests that did not pass, too.

    Raises:
        NotRunnable: none of the tests in them counts.
        TracerError: the path or the master can't be read, or the master can't be written.
    """
    from tracer.capture.raw_traces import load_traces as load

    target = Path(master)
    require_writable(target)
    if target.exists():
        Master.read(target)
    loaded = load(Path(path), all_tests=include_failed)
    if not len(loaded.master):
        broken = f" ({loaded.broken[0]})" if loaded.broken else ""
        files = counted(loaded.files, "file")
        raise NotRunnable(f"{path}: no call in its {files} counts{broken}; {untouched(target)}")
    return loaded, update(target, loaded.master)


def untouched(master: Path) -> str:
    """Return the end of an error after which a master is as it was before."""
    return f"{master} is unchanged" if master.exists() else f"{master} was not written"


def _one_board(selector: str) -> Board:
    parse_boards(selector, "--board")  # an error must name the option of this command
    boards = boards_of(selector, None)
    if len(boards) > 1 and selector != AUTO:
        raise FarmError(f"--board {selector}: a trace runs on one board, but this names {len(boards)}")
    return boards[0]
