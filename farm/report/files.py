"""The files of a report, each written as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from farm.core.errors import FarmError
from farm.core.files import open_atomically
from farm.core.log import run_folder
from farm.report.context import RunContext
from farm.report.forms import FORMATS, USUAL, load_form
from farm.store.view import RunView


def usual_directory(run_id: str) -> Path:
    """Return the default directory of a run's report: `runs/RUN_ID` in the user's data directory."""
    return run_folder(run_id)


def make_directory(out: Path) -> None:
    """Create the report's directory before the run, so that a run never ends without a place for its report.

    Raises:
        FarmError: it can't be created or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FarmError(
            f"report directory {out} can't be created ({error.strerror}): choose another with --out"
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise FarmError(f"report directory {out} can't be written: choose another with --out")


def report_paths(view: RunView, out: Path, formats: Iterable[str] = USUAL) -> list[Path]:
    """Return the paths that `write_report` writes, in the order of `formats`."""
    return [out / load_form(name).file_name(view) for name in formats]


def write_report(
    view: RunView, out: Path, formats: Iterable[str] = USUAL, context: RunContext | None = None
) -> list[Path]:
    """Write a run's report files to a directory and return their paths.

    Args:
        view: the run.
        out: the directory; it is created if needed, and files of the same name are replaced.
        formats: keys of `FORMATS`.
        context: what else the store knows about the run.

    Raises:
        FarmError: an unknown format, or the directory can't be written.
    """
    formats = list(formats)
    for name in formats:
        if name not in FORMATS:
            raise FarmError(f"unknown report format {name!r}: choose from {', '.join(FORMATS)}")
    make_directory(out)
    context = context or RunContext()
    return [
        _write(path, load_form(name).parts(view, context))
        for name, path in zip(formats, report_paths(view, out, formats), strict=True)
    ]


def _write(path: Path, parts: Iterable[str]) -> Path:
    try:
        with open_atomically(path) as file:
            for part in parts:
                file.write(part.encode())
    except OSError as error:
        raise FarmError(
            f"report {path} can't be written ({error.strerror}): choose another directory with --out"
        ) from error
    return path
