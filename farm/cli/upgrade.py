"""`farm upgrade`: what another version of ttnn changes for the configurations of a master."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import JsonOption, StoreOption, exits_on_interrupt, typed_command
from farm.cli.spec_options import SpecOptions, takes_spec

FIELDS = (
    *(
        "operations",
        "models",
        "master",
        "vectors",
        "limit",
        "sample",
        "seed",
        "boards",
        "timeout",
        "retries",
        "max_time",
    ),
    *("inputs", "repeat", "tolerances"),
)
"""The fields of `SweepSpec` that select a master's configurations, and say where, how long and with which numbers."""


@takes_spec(FIELDS)
def upgrade(
    options: SpecOptions,
    old: Annotated[
        str,
        typer.Option("--from", metavar="TTNN", help="The ttnn in use: a version, an interpreter or a wheel file."),
    ],
    new: Annotated[
        str, typer.Option("--to", metavar="TTNN", help="The ttnn to go to: a version, an interpreter or a wheel file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The folder for the report's page and JSON. Default: the folder of the second run."),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run configurations under two versions of ttnn, and show what the newer one changes.

    Exits with 1 if the newer one refuses a call that the older one accepts, and with 3 if nothing could be judged.

    Example: farm upgrade --from 0.66.0 --to 0.81.1 --op add --boards mock:n300
    """
    from farm.api import upgrade as rehearse
    from farm.report import stdout_console, usual_directory
    from farm.running.display import progress_on
    from farm.versions.page import UPGRADE_FILES
    from farm.versions.steps import steps_on
    from farm.versions.terminal import print_upgrade

    with exits_on_interrupt(recorded="stopped; `farm show {run}{store}` shows how far this run got", store=store):
        report = rehearse(
            old,
            new,
            options.spec(),
            store=store,
            out=out,
            progress=lambda: progress_on(sys.stderr),
            step=steps_on(sys.stderr),
            command=typed_command(),
        )
    written = UPGRADE_FILES.paths(out) if out else UPGRADE_FILES.write(report, usual_directory(report.new.run))
    if as_json:
        typer.echo(UPGRADE_FILES.json(report), nl=False)
    else:
        print_upgrade(stdout_console(), report, written)
    raise typer.Exit(report.exit_code)
