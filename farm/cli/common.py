"""Parameters that many commands have, and how a command ends on Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from farm.core.errors import ExitCode

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="The results store: a file or database URL. Default: FARM_STORE, or a file in your data directory.",
    ),
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of an id, or last.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def exits_on_interrupt(message: str = "") -> Iterator[None]:
    """End the command with `ExitCode.INTERRUPTED` on Ctrl-C, after a message on stderr."""
    try:
        yield
    except KeyboardInterrupt:
        if message:
            sys.stderr.write(f"farm: {message}\n")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
