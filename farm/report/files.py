"""A report's files, each written as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from farm.core.errors import FarmError
from farm.core.files import write_atomically
from farm.core.log import run_folder
from farm.report.background import Background
from farm.report.csv_table import csv_table
from farm.report.ctrf import ctrf
from farm.report.json_text import json_text
from farm.report.junit import junit
from farm.report.oprun import oprun, oprun_name
from farm.report.page_html import page_html
from farm.report.rerun import again
from farm.report.summary_md import summary_md
from farm.store.view import RunView, VectorView

# Of report.json: raised when a field changes its meaning or goes, not when one comes.
REPORT_VERSION = 1


def report_json(view: RunView) -> str:
    """The whole view as JSON: `run`, `counts`, `vectors`. NaN and infinities are strings."""
    # vector by vector: all of them as one tree of dicts would take ten times the memory of their text
    vectors = ",".join("\n" + _indented(json_text(_vector_part(view, vector))) for vector in view.vectors)
    report = {"version": REPORT_VERSION, "run": view.run.model_dump(mode="json"), "counts": view.counts}
    head = json_text(report).removesuffix("\n}\n")
    return f'{head},\n "vectors": [{vectors}\n ]\n}}\n'


def _indented(text: str) -> str:
    # not `textwrap.indent`: there are more ends of lines in Unicode, and they may stand inside a string
    return "  " + text.rstrip("\n").replace("\n", "\n  ")


def _vector_part(view: RunView, vector: VectorView) -> dict[str, Any]:
    part = vector.model_dump(mode="json")
    if vector.verdict.failed:
        part["again"] = again(view.run, [vector.vector_id], foreground=True)
    return part


FORMATS: dict[str, tuple[str, Callable[[RunView, Background], str]]] = {
    "html": ("report.html", page_html),
    "json": ("report.json", lambda view, _: report_json(view)),
    "junit": ("junit.xml", lambda view, _: junit(view)),
    "md": ("summary.md", summary_md),
    "ctrf": ("ctrf.json", lambda view, _: ctrf(view)),
    "csv": ("vectors.csv", lambda view, _: csv_table(view)),
    "oprun": ("", oprun),
}
"""Each form of a report: the file's name (`oprun` has one for each run), and what makes its text."""

USUAL = ("html", "json", "junit", "md")
"""The forms that a sweep writes."""


def usual_directory(run_id: str) -> Path:
    """Where a run's report goes unless told: `runs/RUN_ID` in the user's data directory."""
    return run_folder(run_id)


def make_directory(out: Path) -> None:
    """Makes the report's directory, to learn before a run whether it can be written after it.

    Raises:
        FarmError: it can't be made or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FarmError(
            f"report directory {out} can't be made ({error.strerror}): choose another with --out"
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise FarmError(f"report directory {out} can't be written: choose another with --out")


def write_report(
    view: RunView, out: Path, formats: Iterable[str] = USUAL, known: Background | None = None
) -> list[Path]:
    """Writes a run's report files to a directory and returns their paths.

    Args:
        view: the run.
        out: made if needed; files of the same name are replaced.
        formats: keys of `FORMATS`.
        known: what else the store knows of the run.

    Raises:
        FarmError: no such format, or the directory can't be written.
    """
    chosen = []
    for name in formats:
        if name not in FORMATS:
            raise FarmError(f"no report format {name!r}: choose of {', '.join(FORMATS)}")
        chosen.append(FORMATS[name])
    make_directory(out)
    return [_write(out / (file or oprun_name(view)), render(view, known or Background())) for file, render in chosen]


def _write(path: Path, text: str) -> Path:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise FarmError(
            f"report {path} can't be written ({error.strerror}): choose another place with --out"
        ) from error
    return path
