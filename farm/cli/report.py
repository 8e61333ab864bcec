"""`farm runs`, `farm show` and `farm report`: what the results store holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.report.forms import FORMATS, USUAL

StorePlace = Annotated[
    str | None, typer.Option("--store", help="Results store: a file or database URL. Default: FARM_STORE, else yours.")
]
RunName = Annotated[str, typer.Argument(help="A run's id, the beginning of one, or `last`.")]


def runs(
    store: StorePlace = None,
    limit: Annotated[int, typer.Option(min=1, help="So many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """List the runs in the results store, newest first."""
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
    run: RunName,
    store: StorePlace = None,
    vector: Annotated[str | None, typer.Option(help="Show one vector as JSON, with all its arguments.")] = None,
) -> None:
    """Show how a run ended."""
    from farm.report import print_summary, stdout_console
    from farm.store import Store

    with Store.open(store, create=False) as opened:
        run_id = opened.find(run)
        view = opened.view(run_id)
        payload = opened.payload(run_id, vector) if vector is not None else None
    if payload is None:
        print_summary(stdout_console(), view)
        return
    (found,) = (each for each in view.vectors if each.vector_id == vector)
    typer.echo(json.dumps({**found.model_dump(mode="json"), "payload": payload}, indent=1))


def report(
    run: RunName,
    out: Annotated[Path, typer.Option(help="Directory for the files.")] = Path("farm-out"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"{', '.join(FORMATS)}; may be repeated. Default: {', '.join(USUAL)}."),
    ] = None,
    store: StorePlace = None,
) -> None:
    """Write a run's report files again."""
    from farm.api import write_report

    for path in write_report(run, out, formats or USUAL, store):
        typer.echo(path)
