"""The command line: one file per command, each a thin layer over the package."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from farm.cli import (
    boards,
    ci,
    config,
    doctor,
    history,
    master,
    ops,
    report,
    simulate,
    store,
    submit,
    sweep,
    trace,
    up,
    vectors,
    watch,
)
from farm.core.errors import ExitCode, FarmError
from tracer.errors import TracerError

app = typer.Typer(
    name="farm",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command(context_settings=trace.PASS_ON)(trace.trace)
app.command()(ops.ops)
app.add_typer(master.app, name="master")
app.command()(sweep.sweep)
app.command()(vectors.vectors)
app.command()(report.runs)
app.command()(report.show)
app.command()(report.report)
app.command()(watch.watch)
app.command()(simulate.simulate)
app.command()(history.compare)
app.command()(history.history)
app.add_typer(store.app)
app.command()(ci.merge)
app.add_typer(ci.app)
app.command()(up.up)
app.command()(up.down)
app.command()(boards.boards)
app.command(context_settings=submit.PASS_ON)(submit.submit)
app.command()(config.config)
app.command()(doctor.doctor)


def _set_verbosity(context: typer.Context, verbosity: int) -> int:
    if verbosity:
        from farm.core.log import log_to_terminal
        from farm.report.text import printable

        log_to_terminal(verbosity, printable)
        context.call_on_close(partial(log_to_terminal, 0))
    return verbosity


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if asked:
        from farm.store.records import own_version

        typer.echo(f"farm {own_version()}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print farm's version, and end.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            callback=_set_verbosity,
            help="Log what happens to boards, processes and hosts to stderr; -vv for more.",
        ),
    ] = 0,
) -> None:
    """Run the operation configurations that models really use, on every board, and read one report."""


def main() -> None:
    """Entry point of the `farm` command: no traceback reaches a user who made no bug."""
    try:
        from farm.core.settings import command_defaults, load_settings

        app(default_map=command_defaults(load_settings()))
    except (FarmError, TracerError) as error:
        from farm.report.text import printable

        sys.stderr.write(f"farm: {printable(str(error))}\n")
        sys.exit(getattr(error, "exit_code", ExitCode.USAGE))
    except BrokenPipeError:
        # the reader of our output (`farm ops | head`) has enough
        sys.stderr.close()
        sys.exit(ExitCode.GOOD)
