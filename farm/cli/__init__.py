"""The command line: one file for each command, a thin layer over the package."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from farm.cli import (
    bisect,
    boards,
    certificates,
    ci,
    config,
    doctor,
    fit,
    history,
    jobs,
    master,
    modules,
    ops,
    report,
    simulate,
    store,
    submit,
    sweep,
    tokens,
    trace,
    up,
    upgrade,
    vectors,
    watch,
)
from farm.cli.common import exits_on_interrupt, note
from farm.cli.option_rules import RuledCommand
from farm.cli.spec_options import EXTRA_WORDS
from farm.core.errors import ExitCode, FarmError
from farm.core.plain_words import in_plain_words
from tracer.errors import TracerError


class _PlainGroup(TyperGroup):
    """Commands that end with one line on Ctrl-C, and name a wrong value in farm's words rather than pydantic's."""

    def invoke(self, ctx: Any) -> Any:
        """Parse the command's words, and run it."""
        try:
            with exits_on_interrupt():
                return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                problem = error.__cause__.errors()[0]
                error.message = in_plain_words(problem["type"], problem["msg"], problem.get("ctx"))
            raise


_RUN = "Run"
_RESULTS = "Results"
_MASTERS = "Models and masters"
_HOSTS = "Boards and hosts"
_CI = "CI"

app = typer.Typer(
    name="farm",
    cls=_PlainGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command(cls=RuledCommand, rich_help_panel=_RUN, context_settings=EXTRA_WORDS)(sweep.sweep)
app.command(cls=RuledCommand, rich_help_panel=_RUN)(modules.modules)
app.command(cls=RuledCommand, rich_help_panel=_RUN, context_settings=EXTRA_WORDS)(vectors.vectors)
app.command(rich_help_panel=_RUN, context_settings=EXTRA_WORDS)(fit.fit)
app.command(rich_help_panel=_RUN, context_settings=EXTRA_WORDS)(upgrade.upgrade)
app.command(cls=RuledCommand, rich_help_panel=_RUN, context_settings=EXTRA_WORDS)(bisect.bisect)
app.command(rich_help_panel=_RUN)(watch.watch)
app.command(rich_help_panel=_RUN, context_settings=submit.EXTRA_ARGUMENTS)(submit.submit)
app.add_typer(jobs.app, rich_help_panel=_RUN)
app.command(cls=RuledCommand, rich_help_panel=_RUN)(simulate.simulate)
app.command(cls=RuledCommand, rich_help_panel=_MASTERS, context_settings=trace.EXTRA_ARGUMENTS)(trace.trace)
app.command(cls=RuledCommand, rich_help_panel=_MASTERS)(ops.ops)
app.add_typer(master.app, rich_help_panel=_MASTERS)
app.command(rich_help_panel=_RESULTS)(report.runs)
app.command(rich_help_panel=_RESULTS)(report.show)
app.command(rich_help_panel=_RESULTS)(report.report)
app.command(rich_help_panel=_RESULTS)(history.compare)
app.command(rich_help_panel=_RESULTS)(history.history)
app.add_typer(store.app, rich_help_panel=_RESULTS)
app.command(cls=boards.BoardsCommand, rich_help_panel=_HOSTS)(boards.boards)
app.command(cls=RuledCommand, rich_help_panel=_HOSTS)(up.up)
app.command(cls=RuledCommand, rich_help_panel=_HOSTS)(up.down)
app.command(rich_help_panel=_HOSTS)(certificates.certificates)
app.add_typer(tokens.app, rich_help_panel=_HOSTS)
app.add_typer(config.app, rich_help_panel=_HOSTS)
app.command(rich_help_panel=_HOSTS)(doctor.doctor)
app.command(rich_help_panel=_CI)(ci.merge)
app.add_typer(ci.app, rich_help_panel=_CI)


def _set_verbosity(context: typer.Context, verbosity: int) -> int:
    if verbosity:
        from farm.core.log import log_to_terminal
        from farm.report.text import printable

        log_to_terminal(verbosity, printable)
        context.call_on_close(partial(log_to_terminal, 0))
    return verbosity


def _print_version(requested: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if requested:
        from farm.store.records import own_version

        typer.echo(f"farm {own_version()}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback uses it
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print farm's version.")
    ] = False,
    verbose: Annotated[  # noqa: ARG001 - its callback uses it
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
    """Run the operation configurations that models really use, on every board, and read one report.

    Example: farm sweep --suite model_traced --op add
    """
    from farm.core.settings import trust_note

    if context.invoked_subcommand != config.app.info.name and (line := trust_note()):
        from farm.report.text import first_line

        note(first_line(line))


def main() -> None:
    """Run the `farm` command: an error of the user's is one line, not a traceback."""
    try:
        from farm.core.own_arguments import hide_own_secrets
        from farm.core.settings import command_defaults, load_settings

        hide_own_secrets()
        app(default_map=command_defaults(load_settings()))
    except FarmError as error:
        _fail(error, error.exit_code)
    except TracerError as error:
        _fail(error, ExitCode.USAGE)
    except KeyboardInterrupt:  # before or after the command itself
        sys.stderr.write("farm: stopped\n")
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # the reader of our output, such as `farm ops | head`, has read enough
        sys.stderr.close()
        sys.exit(ExitCode.GOOD)


def _fail(error: Exception, exit_code: ExitCode) -> None:
    from farm.core.secret_texts import without_secrets
    from farm.report.text import printable

    sys.stderr.write(f"farm: {without_secrets(printable(str(error)))}\n")
    sys.exit(exit_code)
