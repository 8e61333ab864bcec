"""`farm runs`, `farm show` and `farm report`: what the results store holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import JsonOption, RunArgument, StoreOption
from farm.report.forms import FORMATS, USUAL


def runs(
    store: StoreOption = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most N runs: the newest.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the runs in the results store, newest first.

    Example: farm runs --limit 5
    """
    from rich.table import Table
    from rich.text import Text

    from farm.api import runs as every_run
    from farm.report import stdout_console
    from farm.report.text import first_line

    heads = every_run(store)[:limit]
    if as_json:
        typer.echo(json.dumps([head.model_dump(mode="json") for head in heads], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("run", "started (UTC)", "ended", "planned"):
        table.add_column(title, no_wrap=True)
    table.add_column("command")
    for head in heads:
        cells = (
            head.id,
            f"{head.started:%Y-%m-%d %H:%M}",
            head.ended.value if head.ended else "not finished",
            str(head.planned),
            head.command,
        )
        table.add_row(*(Text(first_line(cell)) for cell in cells))
    stdout_console().print(table)


def show(
    run: RunArgument,
    store: StoreOption = None,
    vector: Annotated[
        str | None, typer.Option(help="Show a vector as JSON, with all its arguments: its id, or the beginning of it.")
    ] = None,
) -> None:
    """Show how a run ended.

    Example: farm show last
    """
    from farm.report import print_summary, stdout_console
    from farm.store import Store

    with Store.open(store, create=False) as opened:
        run_id = opened.find(run)
        view = opened.view(run_id)
        shown = None if vector is None else view.vector(opened.other_ids([vector]).get(vector, (vector,))[0])
        payload = None if shown is None else opened.payload(run_id, shown.vector_id)
    if shown is None:
        print_summary(stdout_console(), view, store=store)
        return
    typer.echo(json.dumps({**shown.model_dump(mode="json"), "payload": payload}, indent=1))


def report(
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the files. Default: the run's own, as for `farm sweep`.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help=f"{', '.join(FORMATS)}. Repeatable, or separated by commas. Default: {', '.join(USUAL)}."
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Write a run's report files again, or in other formats.

    Example: farm report last --format junit --format ctrf --out reports
    """
    from farm.api import write_report

    names = [part.strip() for name in formats or USUAL for part in name.split(",") if part.strip()]
    for path in write_report(run, out, names, store):
        typer.echo(path)
