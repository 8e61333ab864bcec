"""`farm trace --zoo`: trace every model of a manifest, on all boards at once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.cli.common import exits_on_interrupt
from farm.core.errors import ExitCode
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from farm.store.view import RunView


def trace_zoo(
    path: Path,
    master: Path,
    boards: str,
    arguments: Sequence[str],
    *,
    traces: Path | None,
    values: bool,
    results: str | None,
    address: str | None,
    ttnn: str | None,
    resume: bool,
) -> None:
    """Trace a zoo and add its configurations to a master; see `farm trace`."""
    from rich.console import Console

    from farm.api import trace_zoo as run_zoo
    from farm.cli.trace import show
    from farm.report import exit_code
    from farm.running.display import progress_on

    with exits_on_interrupt(f"stopped at once; continue with farm trace --zoo {path} --resume"):
        zoo = run_zoo(
            path,
            master=master,
            boards=boards,
            address=address,
            ttnn=ttnn,
            arguments=arguments,
            resume=resume,
            traces=traces,
            values=values,
            store=results,
            progress=progress_on(sys.stderr),
            command=shlex.join(["farm", *sys.argv[1:]]),
        )
    console = Console()
    if resume:
        run = 0 if zoo.run is None else len(zoo.run.vectors)
        console.print(f"{zoo.models - run} of {counted(zoo.models, 'model')} traced before")
    code = ExitCode.GOOD
    if zoo.run is not None:
        _print(console, zoo.run)
        code = exit_code(zoo.run.counts)
    if len(zoo.configurations):
        show(console, zoo.configurations, zoo.summary, master, zoo.left_out, zoo.reading)
    console.print(f"raw traces: {zoo.folder}", soft_wrap=True, highlight=False)
    if zoo.missing:
        typer.echo(f"farm: {', '.join(zoo.missing)}: not traced to the end; continue with --resume", err=True)
        code = code or ExitCode.NOT_RUN
    raise typer.Exit(code)


def _print(console: Console, view: RunView) -> None:
    """Print how each model ended."""
    from rich.table import Table

    from farm.report.text import first_line

    table = Table("model", "verdict", "board", "seconds", "", box=None, pad_edge=False)
    for vector in view.vectors:
        words = (vector.vector_id, vector.verdict.value, vector.board or "", f"{vector.seconds:.1f}")
        table.add_row(*words, first_line(vector.message))
    console.print(table)
