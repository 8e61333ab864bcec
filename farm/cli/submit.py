"""`farm submit`: run a farm command on a farm of other hosts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import exits_on_interrupt, note
from farm.cli.door import door_client
from farm.core.errors import FarmError

if TYPE_CHECKING:
    from farm.cluster.door.job_client import Follower
    from farm.cluster.jobs.job_files import JobOutput

EXTRA_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": False}
"""Everything after `--` is the command to run."""


def submit(
    context: typer.Context,
    jobs: Annotated[
        str | None,
        typer.Option(help="Where the head takes jobs: http://HOST:8265. Default: FARM_JOBS, or FARM_ADDRESS's host."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="The farm: https://HOST:PORT of its door, for a role token. Default: FARM_ADDRESS.", metavar="URL"
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="The file with the farm's token, or with your role token for its door.")
    ] = None,
    ship: Annotated[
        Path | None,
        typer.Option(help="A folder to send along, with masters or sweep modules. The command runs in it."),
    ] = None,
    ship_secrets: Annotated[
        bool, typer.Option("--ship-secrets", help="Send files that look like secrets, too, such as .env and keys.")
    ] = False,
    out: Annotated[Path, typer.Option(help="The folder for the report's files.")] = Path("farm-out"),
) -> None:
    """Run a farm command on a farm, print its output here, and fetch its report.

    Through a door, the command is a sweep, with few of its options left out; `farm jobs` shows its job.

    Example: farm submit -- sweep --suite model_traced --op add
    """
    from farm.board.shipping import select_files
    from farm.cluster.jobs.submission import Submission
    from farm.core.secret_texts import without_secrets
    from farm.core.settings import load_settings
    from farm.report.text import printable
    from tracer.master.files import why_unwritable

    words = [word for word in context.args if word != "--"]
    if not words:
        raise FarmError("give the command after --, such as: farm submit -- sweep --suite model_traced --op add")
    if jobs and address:
        raise FarmError("--jobs and --address can't be combined: name the head's jobs, or the farm's door")
    settings = load_settings()
    if token_file is not None:
        settings = settings.model_copy(update={"token_file": token_file})
    client = None if jobs or (settings.jobs and not address) else door_client(address, settings)
    url = jobs or settings.jobs_url
    if client is None and address:
        raise FarmError(f"--address {address}: name the farm's door, such as https://10.0.0.1:8266, or use --jobs")
    if client is None and not url:
        raise FarmError("no farm is named: give --jobs http://HOST:8265 of its head, or set FARM_ADDRESS")
    if reason := why_unwritable(out / "report"):
        raise FarmError(f"--out {out}: {reason}")
    if ship is not None and not ship.is_dir():
        raise FarmError(f"--ship {ship}: there is no such folder")
    shipment = None if ship is None else select_files(ship)
    if shipment is not None:
        if not ship_secrets:
            shipment.refuse_secrets("move them away, list them in its .gitignore, or add --ship-secrets to send them")
        note(printable(shipment.summary()))
    submission: Submission | Follower
    if client is not None:
        from farm.cluster.door.job_client import DoorJobs, Follower

        door_jobs = DoorJobs(client)
        submission = Follower(door_jobs, door_jobs.submit(words, shipment))
        place = str(client.address)
    else:
        assert url is not None  # noqa: S101 - as checked above
        submission = Submission(url, settings.token_file, words, shipment)
        place = without_secrets(url)
    note(f"job {submission.id} at {place}")
    with exits_on_interrupt(f"no longer waiting for job {submission.id}, which was asked to stop"):
        code = submission.follow(print_output)
    fetch(submission.output, out)
    raise typer.Exit(code)


def fetch(output: JobOutput, folder: Path) -> None:
    """Write the files of a job that came with its output into a folder.

    Raises:
        NotRunnable: they came damaged, or can't be written.
    """
    from farm.report.text import printable

    for path in output.write_files(folder):
        note(f"fetched {printable(str(path))}")


def print_output(text: str) -> None:
    """Print a job's output, which is a stranger's: no escape sequence of it reaches the terminal."""
    from farm.report.text import printable

    sys.stdout.write(printable(text))
    sys.stdout.flush()
