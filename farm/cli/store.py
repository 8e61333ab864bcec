"""`farm store`: manage results stores."""

from __future__ import annotations

from typing import Annotated

import typer

from farm.core.store_place import StorePlace

app = typer.Typer(name="store", help="Manage results stores.", no_args_is_help=True)


@app.callback()
def store() -> None:
    """Manage results stores."""


@app.command()
def copy(
    source: Annotated[
        StorePlace,
        typer.Argument(parser=StorePlace.of, metavar="FROM", help="A results store: a file or database URL."),
    ],
    target: Annotated[
        StorePlace,
        typer.Argument(parser=StorePlace.of, metavar="TO", help="Another one; it is created if it doesn't exist."),
    ],
    run: Annotated[list[str] | None, typer.Option(help="Copy only this run. Repeatable. Default: all runs.")] = None,
) -> None:
    """Copy runs from one results store to another. A run that is already there is replaced.

    Example: farm store copy shard.db postgresql+psycopg://farm@db/farm
    """
    from farm.store import Store

    with Store.open(source, create=False) as old, Store.open(target) as new:
        ids = [old.find(text) for text in run] if run else [head.id for head in old.runs()[::-1]]
        for run_id in ids:
            old.copy_to(new, run_id)
            typer.echo(run_id)
