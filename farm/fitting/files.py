"""The files of a fit's report: a page and JSON."""

from __future__ import annotations

from pathlib import Path

from farm.fitting.page import fit_html
from farm.fitting.report import FitReport
from farm.report.files import write_texts
from farm.report.json_text import json_text


def fit_json(report: FitReport) -> str:
    """Return the report as JSON."""
    return json_text(report.model_dump(mode="json"))


def fit_paths(out: Path) -> list[Path]:
    """Return the paths that `write_fit` writes."""
    return [out / "fit.html", out / "fit.json"]


def write_fit(report: FitReport, out: Path) -> list[Path]:
    """Write the report's page and JSON, and return their paths.

    Args:
        report: the report.
        out: the folder; it is created if needed, and files of the same name are replaced.

    Raises:
        FarmError: the folder can't be written.
    """
    paths = fit_paths(out)
    write_texts(out, zip(paths, (fit_html(report), fit_json(report)), strict=True))
    return paths
