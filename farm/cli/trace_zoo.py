"""`farm trace --zoo`: trace every model of a manifest, on all boards at once."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.cli.common import exits_on_interrupt, typed_command
from farm.core.errors import ExitCode
from farm.core.plain_words import counted
from farm.core.store_place import StorePlace
from farm.core.verdicts import Reason
from tracer.values.zoo_model import DRAFT

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
    results: StorePlace | None,
    address: str | None,
    ttnn: str | None,
    resume: bool,
    as_json: bool,
    tags: Sequence[str],
) -> None:
    """Trace a zoo and add its configurations to a master; see `farm trace`."""
    from rich.console import Console

    from farm.api import trace_zoo as run_zoo
    from farm.cli.trace import show
    from farm.cli.trace_json import zoo_json
    from farm.running.display import progress_on

    command = typed_command()
    with exits_on_interrupt(f"stopped at once; continue with {command}{'' if resume else ' --resume'}"):
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
            tags=tags,
            store=results,
            progress=progress_on(sys.stderr),
            command=command,
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
        _print(console, zoo.run, {entry.name: entry.state for entry in zoo.entries})
    if len(zoo.configurations):
        show(console, zoo.configurations, zoo.summary, master, zoo.left_out, zoo.reading)
    console.print(f"raw traces: {zoo.folder}", soft_wrap=True, highlight=False)
    for line in [*map(str, zoo.changes), *map(str, zoo.unsafe)]:
        typer.echo(f"farm: {line}", err=True)
    if zoo.missing:
        typer.echo(f"farm: {', '.join(zoo.missing)}: not traced to the end; continue with --resume", err=True)
    raise typer.Exit(code)


def zoo_exit_code(zoo: Zoo) -> ExitCode:
    """The exit code of a traced zoo, by its pinned models.

    It is NOTHING_SELECTED where all that is wrong is that some have no test.
    """
    from farm.report import exit_code

    drafts = {entry.name for entry in zoo.entries if entry.state == DRAFT}
    vectors = [] if zoo.run is None else [each for each in zoo.run.vectors if each.vector_id not in drafts]
    without_tests = {vector.vector_id for vector in vectors if vector.reason is Reason.NO_TESTS}
    counts = Counter(vector.verdict.value for vector in vectors)
    code = exit_code(counts, len(without_tests)) if counts else ExitCode.GOOD
    if code in {ExitCode.TEST_FAILED, ExitCode.NOT_RUN}:
        return code
    if set(zoo.missing) - without_tests - drafts:
        return ExitCode.NOT_RUN
    return ExitCode.NOTHING_SELECTED if without_tests else ExitCode.GOOD


def _print(console: Console, view: RunView, states: Mapping[str, str]) -> None:
    """Print how each model ended, and how many ended in each way."""
    from rich.table import Table

    from farm.report.text import first_line

    table = Table(box=None, pad_edge=False)
    for heading in ("model", "state", "verdict", "reason", "board", "seconds"):
        table.add_column(heading, no_wrap=True)
    for vector in view.vectors:
        verdict, reason = vector.verdict.value, vector.reason.value
        words = (vector.vector_id, states[vector.vector_id], verdict, reason)
        table.add_row(*words, vector.board or "", f"{vector.seconds:.1f}")
    console.print(table)
    for vector in view.vectors:
        # a line of its own, since a column would be too narrow for it
        line = f"{vector.vector_id}: {first_line(vector.message)}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    kinds = Counter((vector.verdict.value, vector.reason.value) for vector in view.vectors)
    parts = [f"{count} {verdict}" + (f" ({reason})" if reason else "") for (verdict, reason), count in kinds.items()]
    console.print(f"{counted(len(view.vectors), 'model')}: {', '.join(parts)}", highlight=False, soft_wrap=True)
