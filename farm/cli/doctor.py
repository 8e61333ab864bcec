"""`farm doctor`: what may keep farm from running here, and what to do about it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from farm.core.errors import ExitCode


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Look at all that farm needs on this host, and say what to do where it lacks."""
    from dataclasses import asdict

    from farm.cluster.hosts.doctor import State, examine
    from farm.core.settings import load_settings

    findings = list(examine(load_settings()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.state.value:4}  {finding.what}: {finding.found}")
            if finding.advice:
                typer.echo(f"      {finding.advice}")
    if any(finding.state is State.BAD for finding in findings):
        raise typer.Exit(ExitCode.NOT_RUN)
