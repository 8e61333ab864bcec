"""`farm sweep`: run vectors on boards and report how each ended."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from farm.cli.common import STOPPED_BEFORE, STOPPED_DURING, exits_on_interrupt, note, typed_command
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.errors import FarmError
from farm.core.stop_signals import stop_is_requested
from farm.core.store_place import StorePlace

if TYPE_CHECKING:
    from farm.api import Planned
    from farm.core.sweep_options import SweepOptions
    from farm.core.sweep_spec import SweepSpec
    from farm.running.continuation import RunCutOff
    from farm.store import RunView

_REPEAT = "Resume and repeat"
_OUTPUT = "Results"
_NO_RUN = "Instead of a recorded run"


@takes_spec()
def sweep(
    options: SpecOptions,
    from_run: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            rich_help_panel=_REPEAT,
            help="Run again what this run ran, in a new run. Further options replace the run's own.",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            rich_help_panel=_REPEAT,
            help="Continue this run: its id, the beginning of an id, or last. Vectors with a verdict keep it.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", rich_help_panel=_REPEAT, help="With --resume: run failed vectors again.")
    ] = False,
    retry_infra: Annotated[
        bool,
        typer.Option(
            "--retry-infra",
            rich_help_panel=_REPEAT,
            help="With --resume: run again the vectors that got no verdict because a board, a host or the farm failed.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(rich_help_panel=_OUTPUT, help="The folder for the report's files. Default: a folder of the run."),
    ] = None,
    store: Annotated[
        StorePlace | None,
        typer.Option(
            parser=StorePlace.of,
            metavar="STORE",
            rich_help_panel=_OUTPUT,
            help="The results store: a file or database URL. Default: FARM_STORE, or a file in your data directory.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", rich_help_panel=_OUTPUT, help="Print the report as JSON.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", rich_help_panel=_NO_RUN, help="Show what would run, and about how long."),
    ] = False,
    foreground: Annotated[
        bool,
        typer.Option(
            "--foreground",
            rich_help_panel=_NO_RUN,
            help="Run in the terminal, where a debugger works; record nothing.",
        ),
    ] = False,
    pdb: Annotated[
        bool,
        typer.Option("--pdb", rich_help_panel=_NO_RUN, help="With --foreground: debug the call that raises."),
    ] = False,
) -> None:
    """Run the configurations of a master, or sweep modules, on boards, and report how each ended.

    Example: farm sweep --suite model_traced --op add --boards 'mock:n300*2'
    """
    spec = _spec(options, from_run, resume, store, foreground=foreground)
    if dry_run or foreground:
        from farm.planning.sweep_plan import plan_sweep

        planned = plan_sweep(spec, store=store, for_forecast=dry_run)
        _without_a_run(planned, store, dry_run=dry_run, debugger=pdb, as_json=as_json)
    with exits_on_interrupt(STOPPED_BEFORE, recorded=STOPPED_DURING, store=store):
        from farm.running.early_start import EarlyStart

        with EarlyStart(spec) as early:
            if resume is None and not retry_failed and not retry_infra:
                early.begin(store, out)
            # these take as long to import as all before them: the worker starts meanwhile
            from farm.api.sweeps import sweep_from
            from farm.running.continuation import RunCutOff
            from farm.running.display import progress_on

            try:
                view = sweep_from(
                    early,
                    typed_command(),
                    progress_on(sys.stderr),
                    resume=resume,
                    retry_failed=retry_failed,
                    retry_infra=retry_infra,
                    store=store,
                    out=out,
                )
            except RunCutOff as cut:
                _continue(cut, store, out, as_json=as_json)
                raise
    _print(view, store, out, as_json=as_json)
    checked = None if view.run.spec is None else view.run.spec.check_module
    if checked is not None:
        from farm.planning.module_check import compare
        from farm.sweeps.finding import module_folder, python_files

        names = set(python_files(module_folder(sweeps=checked)))
        typer.echo("\n".join(compare(view, names).lines()), err=as_json)
    from farm.report import exit_code_of

    raise typer.Exit(exit_code_of(view))


def _spec(
    options: SpecOptions, from_run: str | None, resume: str | None, store: StorePlace | None, *, foreground: bool
) -> SweepSpec:
    """What the command line asks to run.

    Raises:
        FarmError: it asks for nothing.
    """
    if from_run is not None:
        from farm.api import spec_of

        earlier = spec_of(from_run, store)
        return options.override(earlier.in_foreground() if foreground else earlier)
    # the settings may name a farm, which takes no part in the foreground
    without_farm: SweepOptions = {"address": None} if foreground else {}
    spec = options.spec(**without_farm)
    if boards := options.left_out_boards(**without_farm):
        from farm.core.settings import origins

        note(f"ignoring {boards} of {origins()['boards']}: those are this host's boards; --boards chooses the farm's")
    if resume is None and not spec.of_modules and "suite" not in options.typed:
        raise FarmError(
            "no --suite: give --suite model_traced for the configurations of a master, or name sweep modules, which "
            "have suites of their own, with --module"
        )
    return spec


def _without_a_run(
    planned: Planned, store: StorePlace | None, *, dry_run: bool, debugger: bool, as_json: bool
) -> NoReturn:
    """Do what `--dry-run` and `--foreground` ask for; neither records anything."""
    from farm.core.verdicts import Reason, Verdict
    from farm.report import exit_code

    for line in planned.notes:
        note(line)
    if dry_run:
        forecast = planned.expected(store)
        for line in [json.dumps(forecast.as_json(), indent=2)] if as_json else forecast.lines():
            typer.echo(line)
        if forecast.runnable:
            raise typer.Exit
        # as the sweep that would run nothing
        not_run = sum(forecast.not_run.values())
        nothing = sum(count for reason, count in forecast.not_run.items() if Reason(reason).nothing_to_run)
        raise typer.Exit(exit_code({Verdict.NOT_RUN.value: not_run}, nothing))
    from farm.board.confinement import confinement_of
    from farm.planning.board_choice import require_ttnn
    from farm.running.foreground import run_foreground

    require_ttnn(planned.boards)
    raise typer.Exit(run_foreground(planned.vectors, planned.boards, confinement_of(planned.spec), debugger=debugger))


def _continue(cut: RunCutOff, store: StorePlace | None, out: Path | None, *, as_json: bool) -> None:
    """Go on with a run that lost its farm's head, in place of this process; return if it ran in no farm."""
    from farm.running.continuation import continuation_of, continue_run
    from farm.running.interrupt import RunInterrupted

    if stop_is_requested():  # since the run ended: the process that would follow doesn't know of it
        raise RunInterrupted(cut.run_id)
    further = ["--json"] if as_json else []
    further += ["--out", str(out)] if out is not None else []
    continuation = continuation_of(cut, further, store)
    if continuation is not None:
        typer.echo(f"farm: {cut}", err=True)
        continue_run(continuation, store)


def _print(view: RunView, store: StorePlace | None, out: Path | None, *, as_json: bool) -> None:
    """Print how the run ended; write its report to the run's own folder unless the sweep wrote it to `out`."""
    from farm.api import write_report
    from farm.report import print_summary, report_paths, stdout_console
    from farm.report.forms.json_view import report_json

    written = write_report(view, store=store) if out is None else report_paths(view, out)
    if as_json:
        typer.echo(report_json(view), nl=False)
    else:
        print_summary(stdout_console(), view, written, store=store)
