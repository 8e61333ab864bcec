"""The report of a fit as one HTML page, which needs no network and no other file, and fits dark mode and phones."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from farm.core.verdicts import Category
from farm.fitting.cells import cell, missing_words
from farm.fitting.fits import Fit
from farm.fitting.report import ConfigurationFit, Counts, FitReport, Group
from farm.report.page.templates import static_text, style, templates
from farm.report.page_and_json import PageAndJson
from farm.report.text import first_line, printable, shortened

MAX_MESSAGE = 6000
"""Characters of a message."""
MAX_SUMMARY = 400
"""Characters of a detail."""
MAX_SHOWN = 50
"""Configurations of one group that are shown; the JSON has all."""
KIBIBYTE = 1024


def fit_html(report: FitReport) -> str:
    """Return the whole page."""
    script = static_text("farm.fitting/fit.js")
    fits = {kind: dict(counts) for kind, counts in report.counts.items()}
    variables = {
        "title": f"What fits {', '.join(report.names)}",
        "headline": report.headline(),
        "tone": _tone(report).value,
        "report": report,
        "fits": [fit for fit in Fit if any(counts[fit] for counts in fits.values())],
        "counts": fits,
        "models": _matrix(report.models),
        "operations": _matrix(report.operations),
        "peaks": [
            (first_line(name), [_kibibytes(sizes.get(kind)) for kind in report.names])
            for name, sizes in report.peaks.items()
        ],
        "groups": [_group(group) for group in report.groups()],
        "style": style("farm.fitting/fit.css"),
        "script": Markup(script),  # noqa: S704 - our own file
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }
    return templates("farm.fitting").get_template("fit.html.j2").render(variables)


def _tone(report: FitReport) -> Category:
    if report.fitting == report.names:
        return Category.GOOD
    return Category.NOT_RUN


def _matrix(rows: Mapping[str, Mapping[str, Counts]]) -> list[tuple[str, list[Any]]]:
    return [(first_line(name), [cell(counts) for counts in kinds.values()]) for name, kinds in rows.items()]


def _kibibytes(size: int | None) -> str:
    return "–" if size is None else f"{size / KIBIBYTE:,.1f}"


def _group(group: Group) -> dict[str, Any]:
    first = group.members[0]
    sources = list(dict.fromkeys(first_line(source) for each in group.members for source in each.sources))
    return {
        "fit": group.fit,
        "count": len(group.members),
        "operation": first_line(first.operation),
        "kinds": group.kinds,
        "missing": missing_words(group),
        "detail": shortened(first_line(group.on.detail), MAX_SUMMARY),
        "sources": sources,
        "members": [_member(each, group) for each in group.members[:MAX_SHOWN]],
        "more": len(group.members) - MAX_SHOWN,
    }


def _member(each: ConfigurationFit, group: Group) -> dict[str, Any]:
    on = each.kinds[group.kinds[0]]
    return {
        "id": first_line(each.vector_id),
        "detail": shortened(first_line(on.detail), MAX_SUMMARY) if on.detail != group.on.detail else "",
        "verdict": on.verdict,
        "message": shortened(printable(on.message[: MAX_MESSAGE * 2]), MAX_MESSAGE),
        "inexact": on.inexact,
        "configuration": each.configuration,
    }


FIT_FILES = PageAndJson("fit", fit_html)
"""The report's page and JSON."""
