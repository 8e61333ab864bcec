"""Parameters that many commands have, and how a command ends on Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.core.errors import ExitCode
from farm.core.secret_texts import shown_command
from farm.core.store_place import StorePlace

if TYPE_CHECKING:
    from tracer.master.master import Master

StoreOption = Annotated[
    StorePlace | None,
    typer.Option(
        "--store",
        parser=StorePlace.of,
        metavar="STORE",
        help="The results store: a file or database URL. Default: FARM_STORE, or a file in your data directory.",
    ),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning of an id, last, or last~1 for the one before.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


STOPPED_BEFORE = "stopped before the run started: nothing was recorded"
STOPPED_DURING = (
    "stopped at once: `farm report {run}{store}` writes its report, `farm sweep --resume {run}{store}` continues it"
)


def read_master(path: Path) -> Master:
    """Read a master or a capture; of a capture, a line on stderr says what it is and what it doesn't tell."""
    from tracer.master.master import Master
    from tracer.master.origin import origin_line

    master = Master.read(path)
    if line := origin_line(master):
        note(line)
    return master


def note(text: str) -> None:
    """Print a line for the user on stderr, where it mixes with no output that another program reads."""
    typer.echo(f"farm: {text}", err=True)


def split_names(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names that an option gave: repeated, separated by commas, or both."""
    return tuple(part.strip() for text in texts or () for part in text.split(",") if part.strip())


@contextmanager
def exits_on_interrupt(
    message: str = "stopped", *, recorded: str = "", store: StorePlace | None = None
) -> Iterator[None]:
    """End the command with `ExitCode.INTERRUPTED` on Ctrl-C, after one line on stderr.

    Args:
        message: the line.
        recorded: the line if a run was recorded; `{run}` stands for its id, and `{store}` for the option that names
            its store, after a space. Empty for `message`.
        store: that store; None for the default one.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        from farm.running.interrupt import RunInterrupted

        if recorded and isinstance(error, RunInterrupted):
            from farm.store.opening import store_option

            message = recorded.format(run=error.run_id, store=store_option(store))
        note(message)
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def typed_command() -> str:
    """Return the command as it was typed, with its secrets hidden."""
    return shown_command(["farm", *sys.argv[1:]])
