"""`farm submit`: run a farm command on a farm of other hosts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import exits_on_interrupt, note
from farm.core.errors import FarmError

EXTRA_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": False}
"""Everything after `--` is the command to run."""


def submit(
    context: typer.Context,
    jobs: Annotated[
        str | None,
        typer.Option(help="Where the head takes jobs: http://HOST:8265. Default: FARM_JOBS, or FARM_ADDRESS's host."),
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="The file with the farm's token.")] = None,
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

    Example: farm submit -- sweep --suite model_traced --op add
    """
    from farm.board.shipping import select_files
    from farm.cluster.jobs.submission import Submission
    from farm.core.door_address import names_door
    from farm.core.secret_texts import without_secrets
    from farm.core.settings import load_settings
    from farm.report.text import printable
    from tracer.master.files import why_unwritable

    words = [word for word in context.args if word != "--"]
    if not words:
        raise FarmError("give the command after --, such as: farm submit -- sweep --suite model_traced --op add")
    settings = load_settings()
    url = jobs or settings.jobs_url
    if not url and settings.address and names_door(settings.address):
        raise FarmError(
            f"{settings.address} is the door of a farm, which takes no jobs: give --jobs http://HOST:8265 of its head, "
            "and the farm's own token"
        )
    if not url:
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
    submission = Submission(url, token_file or settings.token_file, words, shipment)
    note(f"job {submission.id} at {without_secrets(url)}")
    with exits_on_interrupt(f"no longer waiting for job {submission.id}, which was asked to stop"):
        code = submission.follow(_print)
    for path in submission.output.write_files(out):
        note(f"fetched {printable(str(path))}")
    raise typer.Exit(code)


def _print(text: str) -> None:
    """Print a job's output, which is a stranger's: no escape sequence of it reaches the terminal."""
    from farm.report.text import printable

    sys.stdout.write(printable(text))
    sys.stdout.flush()
