"""`farm master`: merge masters, and check what one of them lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import JsonOption
from farm.core.errors import ExitCode
from farm.core.plain_words import counted

app = typer.Typer(name="master", no_args_is_help=True, help="Merge masters, or check what one of them lost.")


@app.command()
def merge(
    files: Annotated[list[Path], typer.Argument(help="Masters of any schema.")],
    out: Annotated[Path, typer.Option(help="The master to add them to; it is created if it doesn't exist.")],
) -> None:
    """Merge masters into one of version 2: the union of their configurations, executions and counts.

    Example: farm master merge a.json b.json --out all.json
    """
    from tracer.master.master import Master, require_writable, update

    require_writable(out)
    read = [Master.read(path) for path in files]  # all of them, before anything is written
    for path, master in zip(files, read, strict=True):
        summary = update(out, master)
        counts = f"{summary.added} new, {summary.updated} with more recorded, {summary.known} known"
        typer.echo(f"{path}: {counts}" + (f", {len(master.broken)} that can't be read" if master.broken else ""))
    typer.echo(f"{out}: {counted(len(Master.read(out)), 'configuration')}")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A master. Default: the one that farm ships.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a master's schema lost of its configurations, which can't be read, and which can't run.

    Exits with 1 if any can't be read, or if none can run.

    Example: farm master check master.json
    """
    from tracer.master.master import Master, shipped
    from tracer.master.queries import check as check_master

    path = file or shipped()
    result = check_master(Master.read(path))
    if as_json:
        document = {"master": str(path), "configurations": result.configurations, "lost": result.lost}
        runnable = {"runnable": result.runnable, "unrunnable": result.unrunnable}
        typer.echo(json.dumps({**document, "unsaid": result.missing, "broken": result.broken, **runnable}, indent=2))
    else:
        typer.echo(f"{path}: {counted(result.configurations, 'configuration')}")
        for argument, count in result.lost.items():
            typer.echo(f"lost: {argument}: {counted(count, 'time')}")
        for what, count in result.missing.items():
            if count:
                typer.echo(f"not recorded: {what}: {counted(count, 'configuration')}")
        for line in result.broken:
            typer.echo(f"can't be read: {line}")
        for reason, count in result.unrunnable.items():
            typer.echo(f"can't run: {reason}: {counted(count, 'configuration')}")
        if not result.runnable:
            typer.echo("nothing in it can run")
        if result.runnable and not (result.lost or any(result.missing.values()) or result.broken or result.unrunnable):
            typer.echo("nothing lost, all readable")
    if result.broken or not result.runnable:
        raise typer.Exit(ExitCode.TEST_FAILED)
