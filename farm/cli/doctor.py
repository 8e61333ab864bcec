"""`farm doctor`: find what keeps farm from running on this host."""

from __future__ import annotations

import json

import typer

from farm.cli.common import JsonOption
from farm.core.errors import ExitCode


def doctor(
    as_json: JsonOption = False,
) -> None:
    """Check everything that farm needs on this host, and say how to fix it.

    Example: farm doctor
    """
    from farm.cluster.hosts.doctor import Severity, examine
    from farm.core.settings import load_settings

    findings = list(examine(load_settings()))
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.severity.value:4}  {finding.subject}: {finding.result}")
            if finding.advice:
                typer.echo(f"      {finding.advice}")
    if any(finding.severity is Severity.BAD for finding in findings):
        raise typer.Exit(ExitCode.NOT_RUN)
