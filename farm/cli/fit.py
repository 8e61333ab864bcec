"""`farm fit`: which kinds of boards the configurations of a model fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import JsonOption, StoreOption, exits_on_interrupt, note, split_names, typed_command
from farm.cli.spec_options import SpecOptions, takes_spec

FIELDS = ("operations", "models", "master", "tags", "vectors", "limit", "sample", "seed", "timeout")
"""The fields of `SweepSpec` that select a master's configurations, and say how long one may take."""


@takes_spec(FIELDS)
def fit(
    options: SpecOptions,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kinds",
            metavar="KIND",
            help="The kinds of boards, such as `n150,n300`. Repeatable, or separated by commas. Default: every kind.",
        ),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="KIND",
            help="Exit with 1 if something does not fit this kind. Repeatable, or separated by commas.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder for the report's page and JSON. Default: the folder of the last run."),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run configurations on a mock board of each kind, and show which boards a model fits.

    ttnn's host stack accepts a call or refuses it; no numbers are computed. Exits with 1 if something does not fit a
    kind of --require, and with 3 if nothing could be judged.

    Example: farm fit --model resnet50 --kinds n150,p150
    """
    from farm.api import fit as fit_kinds
    from farm.fitting.page import FIT_FILES
    from farm.fitting.running import kinds_named
    from farm.fitting.terminal import print_fit
    from farm.report import stdout_console, usual_directory
    from farm.running.display import progress_on

    chosen, required = kinds_named(split_names(kinds), split_names(require))
    with exits_on_interrupt(recorded="stopped; `farm show {run}{store}` shows how far this run got", store=store):
        report = fit_kinds(
            options.spec(),
            kinds=[kind.name for kind in chosen],
            store=store,
            out=out,
            progress=lambda: progress_on(sys.stderr),
            watch=note,
            command=typed_command(),
        )
    written = FIT_FILES.paths(out) if out else FIT_FILES.write(report, usual_directory(report.kinds[-1].run))
    if as_json:
        typer.echo(FIT_FILES.json(report), nl=False)
    else:
        print_fit(stdout_console(), report, written)
    raise typer.Exit(report.exit_code(required))
