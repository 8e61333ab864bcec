"""`farm master`: merge masters, and check what one of them lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.common import JsonOption, read_master
from farm.core.errors import ExitCode
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from tracer.master.master import Master
    from tracer.master.queries import Check

app = typer.Typer(name="master", no_args_is_help=True, help="Merge masters and captures, or check what one lost.")


@app.command()
def merge(
    files: Annotated[list[Path], typer.Argument(help="Masters of any schema, or captures of any format.")],
    out: Annotated[Path, typer.Option(help="The master to add them to; it is created if it doesn't exist.")],
) -> None:
    """Merge masters and captures into one master of version 2: the union of their configurations, with their counts.

    Example: farm master merge a.json b.json --out all.json
    """
    from tracer.master.master import Master, require_writable, update

    require_writable(out)
    read = [read_master(path) for path in files]  # all of them, before anything is written
    for path, master in zip(files, read, strict=True):
        summary = update(out, master)
        counts = f"{summary.added} new, {summary.updated} with more recorded, {summary.known} known"
        typer.echo(f"{path}: {counts}" + (f", {len(master.broken)} that can't be read" if master.broken else ""))
    typer.echo(f"{out}: {counted(len(Master.read(out)), 'configuration')}")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A master or a capture. Default: farm's own master.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a file of traces is, what it lost of its configurations, which can't be read, and which can't run.

    Exits with 1 if any can't be read, or the whole file, or if none can run.

    Example: farm master check master.json
    """
    from tracer.errors import MasterError
    from tracer.formats.reader import is_missing
    from tracer.master.master import Master, shipped
    from tracer.master.queries import check as check_master

    path = file or shipped()
    try:
        master = Master.read(path)
    except MasterError as error:
        if is_missing(path):
            raise
        typer.echo(json.dumps({"master": str(path), "unreadable": str(error)}, indent=2) if as_json else str(error))
        raise typer.Exit(ExitCode.TEST_FAILED) from None
    result = check_master(master)
    if as_json:
        typer.echo(json.dumps(_document(master, result), indent=2))
    else:
        for line in _lines(master, result):
            typer.echo(line)
    if result.broken or not result.runnable:
        raise typer.Exit(ExitCode.TEST_FAILED)


def _document(master: Master, result: Check) -> dict[str, Any]:
    trace = master.trace
    losses = () if trace is None else trace.losses.most_common()
    return {
        "master": str(master.path),
        "format": "master" if trace is None else trace.format,
        "calls": None if trace is None else trace.calls,
        "configurations": result.configurations,
        "lost": result.lost,
        "losses": [{**asdict(loss), "calls": calls} for loss, calls in losses],
        "omits": [] if trace is None else list(trace.omits),
        "unsaid": result.missing,
        "broken": result.broken,
        "runnable": result.runnable,
        "unrunnable": result.unrunnable,
    }


def _lines(master: Master, result: Check) -> Iterator[str]:
    from tracer.master.origin import kind_text, loss_texts

    configurations = counted(result.configurations, "configuration")
    if master.trace is None:
        yield f"{master.path}: {configurations}"
        yield from (f"lost: {argument}: {counted(count, 'time')}" for argument, count in result.lost.items())
        for what, count in result.missing.items():
            if count:
                yield f"not recorded: {what}: {counted(count, 'configuration')}"
    else:
        yield f"{master.path}: {kind_text(master.trace)}: {configurations}"
        if master.trace.omits:
            yield f"files of this format don't have: {'; '.join(master.trace.omits)}"
        yield from (f"left out, since {test.outcome}: {test.source}" for test in master.trace.left_out)
        yield from (f"lost: {text}" for text in loss_texts(master.trace))
    yield from (f"can't be read: {line}" for line in result.broken)
    for reason, count in result.unrunnable.items():
        yield f"can't run: {reason}: {counted(count, 'configuration')}"
    if not result.runnable:
        yield "nothing in it can run"
    elif result.unrunnable or master.trace is not None:
        yield f"can run: {counted(result.runnable, 'configuration')}"
    elif not (result.lost or any(result.missing.values()) or result.broken):
        yield "nothing lost, all readable"
