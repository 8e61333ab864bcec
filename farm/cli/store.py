"""`farm store`: work on results stores themselves."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(name="store", help="Work on results stores themselves.", no_args_is_help=True)


@app.callback()
def store() -> None:
    """Work on results stores themselves."""


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A results store: a file or database URL.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Another; made if it isn't there.")],
    run: Annotated[
        list[str] | None, typer.Option(help="Only this run; may be given several times. Default: all.")
    ] = None,
) -> None:
    """Copy runs from one results store to another; what is there already is replaced by the same."""
    from farm.store import Store

    with Store.open(source, create=False) as old, Store.open(target) as new:
        ids = [old.find(text) for text in run] if run else [head.id for head in old.runs()[::-1]]
        for run_id in ids:
            old.copy_to(new, run_id)
            typer.echo(run_id)
