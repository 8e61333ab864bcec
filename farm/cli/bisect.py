"""`farm bisect`: the first version of ttnn that treats a configuration differently."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import JsonOption, exits_on_interrupt
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.errors import ExitCode
from farm.versions.by import By

if TYPE_CHECKING:
    from farm.versions.bisect import Tried

FIELDS = ("operations", "vectors", "master", "boards", "timeout", "seed", "inputs", "repeat", "tolerances")
"""The fields of `SweepSpec` that select one configuration, and say where it runs and how its numbers are judged."""


@takes_spec(FIELDS)
def bisect(
    options: SpecOptions,
    old: Annotated[
        str | None, typer.Option("--from", metavar="VERSION", help="The oldest released version to consider.")
    ] = None,
    new: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="The newest released version to consider.")
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(
            "--python", help="An interpreter with a ttnn, instead of released versions. Repeat, oldest first."
        ),
    ] = None,
    build: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Build each version with this command: {version} in it is replaced, and its last line of output is "
            "the path of an interpreter. A version whose build fails is skipped.",
        ),
    ] = None,
    among: Annotated[
        str | None,
        typer.Option(
            metavar="VERSIONS",
            help="With --build: what to build, such as commits, oldest first, separated by commas. Default: the "
            "released versions.",
        ),
    ] = None,
    by: Annotated[By, typer.Option(help="What must differ from the oldest version.")] = By.VERDICT,
    as_json: JsonOption = False,
) -> None:
    """Find the first version of ttnn that treats a configuration differently, by binary search.

    Exits with 0 if there is one, and with 1 if the newest version treats it as the oldest does.

    Example: farm bisect --op mean --vector 0b8a06f005f48185 --from 0.66.0 --to 0.81.1
    """
    from farm.api import bisect as search
    from farm.report import stdout_console
    from farm.report.json_text import json_text
    from farm.versions.steps import steps_on
    from farm.versions.terminal import print_bisection, tried_line

    def watch(tried: Tried) -> None:
        sys.stderr.write(f"farm: {tried_line(tried)}\n")

    with exits_on_interrupt():
        bisection = search(
            options.spec(),
            old=old,
            new=new,
            pythons=python or (),
            build=build,
            among=[word.strip() for word in among.split(",") if word.strip()] if among else (),
            by=by,
            watch=watch,
            step=steps_on(sys.stderr),
        )
    if as_json:
        typer.echo(json_text(bisection.model_dump(mode="json")), nl=False)
    else:
        print_bisection(stdout_console(), bisection)
    raise typer.Exit(ExitCode.GOOD if bisection.first else ExitCode.TEST_FAILED)
