"""The report of an upgrade as one HTML page, which needs no script, no network and no other file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from farm.core.verdicts import Category
from farm.report.page.templates import style, templates
from farm.report.page_and_json import PageAndJson
from farm.report.text import first_line, printable, shortened
from farm.versions.changes import Change
from farm.versions.report import ConfigurationChange, UpgradeReport

MAX_MESSAGE = 6000
"""Characters of a message."""
NO_DETAIL = "(no message)"
MAX_SUMMARY = 400
"""Characters of a detail."""
MAX_SHOWN = 50
"""Configurations of one group that are shown; the JSON has all."""
MAX_MODELS = 3
"""Models of a configuration that are named."""


def upgrade_html(report: UpgradeReport) -> str:
    """Return the whole page."""
    counts = report.counts
    variables = {
        "title": f"ttnn {report.old.ttnn} → {report.new.ttnn}",
        "tone": _tone(report).value,
        "headline": report.headline(),
        "report": report,
        "runs": [("old", report.old), ("new", report.new)],
        "counts": [(change, counts[change]) for change in Change],
        "changes": [(change, _groups(report, change)) for change in Change if change is not Change.ACCEPTED_BY_BOTH],
        "otherwise": [group for group in _groups(report, Change.ACCEPTED_BY_BOTH) if group["detail"] != NO_DETAIL],
        "operations": _rows(report.operations),
        "models": _rows(report.models),
        "touched": len(report.touched),
        "columns": [change for change in Change if counts[change]],
        "style": style(),
    }
    return templates("farm.versions").get_template("upgrade.html.j2").render(variables)


def _tone(report: UpgradeReport) -> Category:
    if report.breaks:
        return Category.FAILED
    return Category.NOT_RUN if report.differs or not report.judged else Category.GOOD


def _rows(counts: Mapping[str, Mapping[Change, int]]) -> list[tuple[str, Mapping[Change, int]]]:
    return [(first_line(name), numbers) for name, numbers in counts.items()]


def _groups(report: UpgradeReport, change: Change) -> list[dict[str, Any]]:
    """The groups of one change, as the page shows them."""
    return [
        {
            "count": len(group),
            "operation": first_line(group[0].operation),
            "detail": shortened(first_line(group[0].detail), MAX_SUMMARY) or NO_DETAIL,
            "models": _models(group),
            "members": [_member(each, group[0]) for each in group[:MAX_SHOWN]],
            "more": len(group) - MAX_SHOWN,
        }
        for group in report.groups(change)
    ]


def _models(group: list[ConfigurationChange]) -> str:
    names = list(dict.fromkeys(first_line(source) for each in group for source in each.sources))
    more = f" and {len(names) - MAX_MODELS} more" if len(names) > MAX_MODELS else ""
    return ", ".join(names[:MAX_MODELS]) + more


def _member(each: ConfigurationChange, first: ConfigurationChange) -> dict[str, Any]:
    """One configuration of a group; its detail stands there only if it isn't that of the group."""
    return {
        "id": first_line(each.vector_id),
        "detail": shortened(first_line(each.detail), MAX_SUMMARY) if each.detail != first.detail else "",
        "configuration": each.configuration,
        "sides": [
            (words, ended.verdict, shortened(printable(ended.message[: MAX_MESSAGE * 2]), MAX_MESSAGE), ended.inexact)
            for words, ended in (("before", each.before), ("after", each.after))
        ],
    }


UPGRADE_FILES = PageAndJson("upgrade", upgrade_html)
"""The report's page and JSON."""
