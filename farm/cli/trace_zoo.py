"""`farm trace --zoo`: trace every model of a manifest, on all boards at once."""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.cli.common import exits_on_interrupt
from farm.core.errors import ExitCode
from farm.core.plain_words import counted
from farm.core.verdicts import Reason

if TYPE_CHECKING:
    from rich.console import Console

    from farm.api.zoo import Zoo
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
    as_json: bool,
) -> None:
    """Trace a zoo and add its configurations to a master; see `farm trace`."""
    from rich.console import Console

    from farm.api import trace_zoo as run_zoo
    from farm.cli.trace import show
    from farm.cli.trace_json import zoo_json
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
    code = zoo_exit_code(zoo)
    if as_json:
        typer.echo(json.dumps(zoo_json(zoo, master, code), indent=1))
        raise typer.Exit(code)
    console = Console()
    if resume:
        run = 0 if zoo.run is None else len(zoo.run.vectors)
        console.print(f"{zoo.models - run} of {counted(zoo.models, 'model')} traced before")
    if zoo.run is not None:
        _print(console, zoo.run)
    if len(zoo.configurations):
        show(console, zoo.configurations, zoo.summary, master, zoo.left_out, zoo.reading)
    console.print(f"raw traces: {zoo.folder}", soft_wrap=True, highlight=False)
    for line in map(str, zoo.unsafe):
        typer.echo(f"farm: {line}", err=True)
    if zoo.missing:
        typer.echo(f"farm: {', '.join(zoo.missing)}: not traced to the end; continue with --resume", err=True)
    raise typer.Exit(code)


def zoo_exit_code(zoo: Zoo) -> ExitCode:
    """The exit code of a traced zoo: NOTHING_SELECTED if all that is wrong is that models have no test."""
    from farm.report import exit_code

    vectors = () if zoo.run is None else zoo.run.vectors
    without_tests = [vector.vector_id for vector in vectors if vector.reason is Reason.NO_TESTS]
    code = ExitCode.GOOD if zoo.run is None else exit_code(zoo.run.counts, len(without_tests))
    if code is ExitCode.GOOD and set(zoo.missing) - set(without_tests):
        return ExitCode.NOT_RUN
    return ExitCode.NOTHING_SELECTED if code is ExitCode.GOOD and without_tests else code


def _print(console: Console, view: RunView) -> None:
    """Print how each model ended, and how many ended in each way."""
    from rich.table import Table

    from farm.report.text import first_line

    table = Table("model", "verdict", "reason", "board", "seconds", "", box=None, pad_edge=False)
    for vector in view.vectors:
        words = (
            vector.vector_id,
            vector.verdict.value,
            vector.reason.value,
            vector.board or "",
            f"{vector.seconds:.1f}",
        )
        table.add_row(*words, first_line(vector.message))
    console.print(table)
    kinds = Counter((vector.verdict.value, vector.reason.value) for vector in view.vectors)
    parts = [f"{count} {verdict}" + (f" ({reason})" if reason else "") for (verdict, reason), count in kinds.items()]
    console.print(f"{counted(len(view.vectors), 'model')}: {', '.join(parts)}", highlight=False, soft_wrap=True)
