"""`farm trace`: runs one model's test under the tracer and adds its configurations to a master."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.errors import ExitCode, FarmError, NotRunnable

if TYPE_CHECKING:
    from rich.console import Console

    from farm.boards.base import Board
    from farm.tracing import TraceRun
    from tracer.journal import Journal
    from tracer.master import Master, MergeSummary

DEFAULT_MASTER = Path("ttnn_operations_master.json")

# What farm doesn't know is the test's.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def trace(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="PATH::TEST", help="A pytest node id, file or folder.")],
    master: Annotated[
        Path, typer.Option("--master", help="The master to add to; made where there is none.")
    ] = DEFAULT_MASTER,
    board: Annotated[
        str, typer.Option("--board", help="The board to run on: auto, silicon, mock:n150, mock:n300, ...")
    ] = "auto",
) -> None:
    """Trace a model's test and add its configurations to a master. Further arguments are pytest's.

    Only tests that pass count. Moves, conversions and deallocation are left out; `--trace-also OP` and
    `--trace-without OP` change what is.
    """
    from rich.console import Console

    from farm.tracing import split_target
    from farm.tracing import trace as run_traced
    from tracer.master import Master, update

    split_target(target)
    if master.exists():
        Master.read(master)  # better told before the model runs than after
    chosen = _one_board(board)
    errors = Console(stderr=True)
    workdir = Path(tempfile.mkdtemp(prefix="farm-trace-"))
    keep = False
    try:
        with errors.status(f"{target} on {chosen.id}: starting") as status:
            run = run_traced(
                target,
                chosen,
                workdir,
                context.args,
                lambda journal: status.update(f"{chosen.id}: {_progress(journal)}"),
            )
        if run.problem:
            typer.echo(run.output, nl=False)
        if not run.passed:
            _nothing_to_keep(target, master, run)
        traced, keep = run.journal.master(), True
        summary = update(master, traced)
        keep = False
    finally:
        if keep:
            typer.echo(f"farm: the raw trace is kept in {workdir}", err=True)
        else:
            shutil.rmtree(workdir, ignore_errors=True)
    _show(Console(), run, traced, summary, master)
    if run.problem:
        typer.echo(f"farm: {run.problem}; its configurations were left out", err=True)
        raise typer.Exit(ExitCode.TEST_FAILED)


def _one_board(text: str) -> Board:
    from farm.boards.select import select_boards

    boards = select_boards(text)
    if len(boards) > 1 and text != "auto":
        raise FarmError(f"--board {text}: a trace runs on one board, this names {len(boards)}")
    return boards[0]


def _progress(journal: Journal) -> str:
    test = journal.tests[-1].source if journal.tests else "collecting"
    operations = {call.operation for call in journal.calls.values()}
    return f"{test}: {len(journal.calls)} configurations of {len(operations)} operations"


def _nothing_to_keep(target: str, master: Path, run: TraceRun) -> None:
    if run.problem:
        typer.echo(f"farm: {target}: {run.problem}; {master} is untouched", err=True)
        raise typer.Exit(ExitCode.TEST_FAILED)
    raise NotRunnable(f"{target}: every test was skipped; {master} is untouched")


def _show(console: Console, run: TraceRun, traced: Master, summary: MergeSummary, path: Path) -> None:
    from rich.table import Table

    from tracer.master import Master

    table = Table("operation", box=None, pad_edge=False)
    for heading in ("new", "known", "calls"):
        table.add_column(heading, justify="right")
    calls = {
        name: sum(seen.count or 0 for each in found for seen in each.executions)
        for name, found in traced.configurations.items()
    }
    for name, found in sorted(traced.configurations.items()):
        new = summary.operations[name]
        table.add_row(name, str(new), str(len(found) - new), str(calls[name]))
    table.add_row("total", str(summary.added), str(len(traced) - summary.added), str(sum(calls.values())))
    console.print(table)
    for test in run.journal.left_out:
        console.print(f"left out, since {test.outcome}: {test.source}", markup=False, highlight=False, soft_wrap=True)
    whole = Master.read(path)
    console.print(
        f"{path}: {len(whole)} configurations of {sum(map(bool, whole.configurations.values()))} operations",
        highlight=False,
        soft_wrap=True,
    )
