"""`farm submit`: a farm command, run on a farm of other hosts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.core.errors import ExitCode, FarmError

# What follows `--` is the command's.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": False}


def submit(
    context: typer.Context,
    jobs: Annotated[
        str | None, typer.Option(help="Where the head takes jobs: http://HOST:8265. Default: FARM_JOBS, FARM_ADDRESS.")
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="The file with the farm's token.")] = None,
    ship: Annotated[
        Path | None, typer.Option(help="A folder to bring along: masters, sweep modules. The command runs in it.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report's files.")] = Path("farm-out"),
) -> None:
    """Run a farm command on a farm: farm submit -- sweep --suite model_traced --op add."""
    from farm.cluster.jobs.submission import Submission
    from farm.core.settings import load_settings

    words = [word for word in context.args if word != "--"]
    if not words:
        raise FarmError("give the command after --: farm submit -- sweep --suite model_traced --op add")
    settings = load_settings()
    url = jobs or settings.jobs_url
    if not url:
        raise FarmError("which farm? give --jobs http://HOST:8265 of its head, or set FARM_ADDRESS")
    submission = Submission(url, token_file or settings.token_file, words, ship)
    sys.stderr.write(f"farm: job {submission.id} at {url}\n")
    try:
        code = submission.follow(_show)
    except KeyboardInterrupt:
        sys.stderr.write(f"farm: gave up waiting for job {submission.id}, which was asked to stop\n")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    for path in submission.output.write_files(out):
        sys.stderr.write(f"farm: brought back {path}\n")
    raise typer.Exit(code)


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
