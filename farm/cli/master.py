"""`farm master`: merging masters, and looking what their schemas lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.core.errors import ExitCode

app = typer.Typer(no_args_is_help=True, help="Merge masters, or look what one has lost.")


@app.command()
def merge(
    files: Annotated[list[Path], typer.Argument(help="Masters of any schema.")],
    out: Annotated[Path, typer.Option(help="The master to add them to; made where there is none.")],
) -> None:
    """Merge masters into one, as version 2: a union, in which executions are joined and counts kept."""
    from tracer.master.master import Master, update

    read = [Master.read(path) for path in files]  # all of them, before anything is written
    for path, master in zip(files, read, strict=True):
        summary = update(out, master)
        told = f"{summary.added} new, {summary.updated} with more said of them, {summary.known} known"
        typer.echo(f"{path}: {told}" + (f", {len(master.broken)} that can't be read" if master.broken else ""))
    typer.echo(f"{out}: {len(Master.read(out))} configurations")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A master; else the one that comes with farm.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Say what a master's schema lost of its configurations, and what can't be read. Exits with 1 for the latter."""
    from tracer.master.master import Master, shipped
    from tracer.master.queries import check as looked_through

    path = file or shipped()
    found = looked_through(Master.read(path))
    if as_json:
        document = {"master": str(path), "configurations": found.configurations, "lost": found.lost}
        typer.echo(json.dumps({**document, "unsaid": found.missing, "broken": found.broken}, indent=2))
    else:
        typer.echo(f"{path}: {found.configurations} configurations")
        for argument, count in found.lost.items():
            typer.echo(f"lost: {argument}: {count} times")
        for what, count in found.missing.items():
            if count:
                typer.echo(f"not recorded: {what}: {count} configurations")
        for line in found.broken:
            typer.echo(f"can't be read: {line}")
    if found.broken:
        raise typer.Exit(ExitCode.TEST_FAILED)
