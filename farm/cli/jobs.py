"""`farm jobs`: the jobs of a farm, through its door."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import exits_on_interrupt
from farm.cli.door import door_client
from farm.cli.submit import fetch, print_output
from farm.core.errors import FarmError

if TYPE_CHECKING:
    from farm.cluster.door.job_client import DoorJobs

app = typer.Typer(
    name="jobs",
    help="See and stop the jobs that `farm submit` started through a farm's door: your own, or with the role operate "
    "those of all.\n\nExample: farm jobs list",
    no_args_is_help=True,
)

_ADDRESS = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="URL",
        help="The farm: https://HOST:PORT of its door. Default: FARM_ADDRESS.",
        show_default=False,
    ),
]
_JOB = Annotated[str, typer.Argument(help="The job's id, as `farm jobs list` shows it.")]


@app.command("list")
def list_jobs(
    address: _ADDRESS = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List jobs: who submitted each, what it does, its exit code and its command.

    Example: farm jobs list
    """
    from farm.report import stdout_console

    jobs = _jobs(address).all()
    if as_json:
        typer.echo(json.dumps([job.model_dump(mode="json") for job in jobs], indent=1))
        return
    from rich.table import Table
    from rich.text import Text

    from farm.report.text import first_line

    table = Table(box=None, pad_edge=False)
    for title in ("job", "who", "", "state", "exit code", "began", "command"):
        table.add_column(title)
    for job in jobs:
        code = "" if job.exit_code is None else str(job.exit_code)
        began = "" if job.began is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(job.began))
        known = "verified" if job.verified else "claimed"
        cells = (job.id, job.who, known, job.state.value, code, began, job.command)
        table.add_row(*(Text(first_line(cell)) for cell in cells))
    stdout_console().print(table)


@app.command()
def log(
    job: _JOB,
    address: _ADDRESS = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Stay until the job ends, and end with its exit code. Ctrl-C doesn't stop it."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the report's files, if the job has ended or with --follow.")
    ] = None,
) -> None:
    """Print what a job printed.

    Example: farm jobs log farm-0123456789abcdef --follow --out farm-out
    """
    from farm.cluster.door.job_client import Follower

    follower = Follower(_jobs(address), job)
    code = None
    with exits_on_interrupt(f"no longer waiting for job {job}, which goes on"):
        if follow:
            code = follower.follow(print_output, stop_at_signal=False)
        else:
            follower.show_so_far(print_output)
    if out is not None:
        fetch(follower.output, out)
    raise typer.Exit(code or 0)


@app.command()
def stop(job: _JOB, address: _ADDRESS = None) -> None:
    """Ask a job to end; a sweep writes its report first.

    Example: farm jobs stop farm-0123456789abcdef
    """
    from farm.report.text import first_line

    typer.echo(first_line(_jobs(address).stop(job)))


def _jobs(address: str | None) -> DoorJobs:
    """The jobs behind the farm's door.

    Raises:
        FarmError: no door is named.
    """
    from farm.cluster.door.job_client import DoorJobs
    from farm.core.settings import load_settings

    client = door_client(address, load_settings())
    if client is None:
        raise FarmError(
            "farm jobs asks the door of a farm: give --address https://HOST:PORT, or set FARM_ADDRESS to that"
        )
    return DoorJobs(client)
