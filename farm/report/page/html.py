"""A run as one HTML page, which needs no network and no other file, and fits dark mode, phones and paper."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from farm.core.errors import ExitCode
from farm.core.verdicts import Category, Verdict
from farm.report.compare import MEANINGS, pcc
from farm.report.context import RunContext
from farm.report.digest import Digest, Group, count_categories, digest_run, unusual_event
from farm.report.page.details import script_json, vector_details
from farm.report.page.plots import pcc_plot, runs_plot, seconds_plot, timeline_plot
from farm.report.page.tables import Table, page_tables
from farm.report.rerun import rerun_command
from farm.report.text import first_line, printable, shortened
from farm.store.run_details import RunLoader
from farm.store.view import RunView

MAX_MESSAGE = 6000
"""Characters of a message in a group."""
MAX_EVENTS = 500
MAX_WORST = 4
"""Operations with the most failures and faults that the head of the page names."""
_OWN_FORM = ("operations", "loaders")
"""Details of a run that are left out or have a form of their own."""
_TONES = {ExitCode.GOOD: Category.GOOD, ExitCode.TEST_FAILED: Category.FAILED}

_SECTIONS = {
    "models": ("Models", "The models that the vectors were seen in; a vector may be seen in several."),
    "vectors": ("Vectors", "Every planned vector. Select one to see its whole configuration and history."),
    "ttnn": ("Versions of ttnn", "The boards of this run have several: these are the verdicts that each gave."),
    "disagreements": (
        "Different verdicts under different versions of ttnn",
        "These vectors were tried under several versions, and ended differently.",
    ),
    "inexact": ("Inexact configurations", "The trace lost these arguments, and they were left to their defaults."),
    "measuring": ("Measurements that are missing or doubtful", "They fail no vector."),
    "boards": ("Boards", ""),
    "flaky": (
        "Flaky",
        "These vectors failed and passed with nothing changed. The probability is estimated from the last runs.",
    ),
    "estimates": ("Estimates and actual times", "The planner's estimate for each operation, and the time it took."),
}


def page_html(view: RunView, context: RunContext) -> str:
    """Return the whole page."""
    digest = digest_run(view)
    tables = page_tables(view, digest, context)
    script = _file("page.js")
    worst, more_worst = _worst(view)
    rest = [(name, *_SECTIONS[name]) for name in _SECTIONS if name in tables]
    variables = {
        "title": f"{_short_title(digest)} · farm {view.run.id}",
        "run_id": first_line(view.run.id),
        "started": f"{view.run.started:%Y-%m-%d %H:%M} UTC",
        "digest": digest,
        "tone": _TONES.get(digest.code, Category.NOT_RUN).value,
        "categories": _category_counts(digest),
        "comparison": context.comparison,
        "comparison_line": context.comparison.sentences() if context.comparison else "",
        "meanings": MEANINGS,
        "groups": [_group(group, view, context) for group in digest.failures],
        "not_run": [_group(group, view, context) for group in digest.not_run],
        "worst": worst,
        "more_worst": more_worst,
        "rest": rest,
        "sections": _sections(digest, context, rest),
        "plots": {
            "runs": Markup(runs_plot(context.runs)),  # noqa: S704 - plots escape their texts themselves
            "pcc": Markup(pcc_plot([n for v in view.vectors if (n := pcc(v)) is not None])),  # noqa: S704 - as above
            "seconds": Markup(seconds_plot(view)),  # noqa: S704 - as above
            "timeline": Markup(timeline_plot(view)),  # noqa: S704 - as above
        },
        "events": _events(view),
        "logs": _logs(view),
        "about": _about(view),
        "tables": Markup(script_json(_script_data(view, tables))),  # noqa: S704 - script_json escapes all that ends a script
        "details": Markup(script_json(vector_details(view, context))),  # noqa: S704 - as above
        "style": Markup(_file("page.css")),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }
    return _environment().get_template("page.html.j2").render(variables)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = PackageLoader("farm.report.page", "static")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _file(name: str) -> str:
    return (files("farm.report.page") / "static" / name).read_text(encoding="utf-8")


def _script_data(view: RunView, tables: dict[str, Table]) -> dict[str, Any]:
    """Return what the script needs to show the tables."""
    return {
        "tables": tables,
        "verdicts": {verdict.value: verdict.category.value for verdict in Verdict},
        "categories": [[category.value, category.phrase] for category in Category],
        "rerun": rerun_command(view.run, []),
    }


def _short_title(digest: Digest) -> str:
    bad = sum(group.count for group in digest.failures)
    if bad:
        return f"{bad} failed or faulty"
    return "all good" if digest.code is ExitCode.GOOD else "not all were run"


def _category_counts(digest: Digest) -> list[tuple[str, int]]:
    return [(category.value, count) for category, count in count_categories(dict(digest.counts)).items()]


def _worst(view: RunView) -> tuple[list[tuple[str, int, int]], int]:
    """Return the operations with the most failures and faults: name, bad and planned vectors; and how many more."""
    planned = Counter(vector.operation for vector in view.vectors)
    bad = Counter(vector.operation for vector in view.vectors if vector.verdict.failed or vector.verdict.fault)
    shown = [(first_line(name), count, planned[name]) for name, count in bad.most_common(MAX_WORST)]
    return shown, len(bad) - len(shown)


def _sections(digest: Digest, context: RunContext, rest: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    sections = [("failures", "Failures and faults")]
    if digest.not_run:
        sections.append(("not-run", "Not run"))
    if context.comparison:
        sections.append(("changes", "Changes"))
    return [*sections, ("operations", "Operations"), *((name, words) for name, words, _ in rest), ("about", "This run")]


def _group(group: Group, view: RunView, context: RunContext) -> dict[str, Any]:
    example = group.example
    names = [f"{first_line(name)} {count}" for name, count in group.operations[:4]]
    more = len(group.operations) - len(names)
    models = [first_line(source) for source in example.sources[:3]]
    return {
        "count": group.count,
        "verdict": group.verdict,
        "reason": group.reason.value or "no reason",
        "operations": [first_line(name) for name, _ in group.operations],
        "where": ", ".join(names) + (f" and {more} more" if more > 0 else ""),
        "signature": group.message or "(no message)",
        "example": first_line(example.vector_id),
        "example_link": quote(first_line(example.vector_id), safe=""),
        "board": first_line(example.board or ""),
        "models": ", ".join(models) + (" and more" if len(example.sources) > len(models) else ""),
        "message": shortened(printable(example.message[: MAX_MESSAGE * 2]), MAX_MESSAGE) or "(no message)",
        "configuration": context.configurations.get(example.vector_id, ()),
        "rerun": rerun_command(view.run, [example.vector_id]),
    }


def _events(view: RunView) -> list[str]:
    """Return the unusual events of all boards, one line each, oldest first."""
    lines = []
    for board in view.run.boards:
        for event in board.events:
            if word := unusual_event(event):
                message = event.message or (event.cause.value.replace("_", " ") if event.cause else "")
                lines.append((event.at, f"{event.at:%H:%M:%S} {board.id}: {word} {shortened(message, 300)}"))
    return [first_line(line) for _, line in sorted(lines)[:MAX_EVENTS]]


def _logs(view: RunView) -> list[dict[str, str]]:
    """Return the last lines of the boards' logs."""
    return [
        {
            "board": first_line(board.id),
            "path": first_line(f"{board.host}:{board.log.path}" if board.host else board.log.path),
            "tail": printable(board.log.tail),
            "output": printable(board.log.output),
        }
        for board in view.run.boards
        if board.log is not None
    ]


def _readable(value: object) -> str:
    """Return a detail of a run as text, without empty parts."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_readable(part)}" for key, part in value.items() if part) or "everything"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _loader_text(loader: RunLoader) -> str:
    masters = f", of {' and '.join(loader.masters)}" if loader.masters else ""
    return f"{loader.provider}'s as {loader.loader}{masters}: {', '.join(loader.modules)}"


def _about(view: RunView) -> list[tuple[str, str]]:
    run = view.run
    facts = [
        ("run", run.id),
        ("command", run.command),
        ("started", f"{run.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("finished", f"{run.finished:%Y-%m-%d %H:%M:%S} UTC" if run.finished else "not finished"),
        ("driver's host", run.host),
        ("farm", run.farm_version),
        ("ttnn", run.ttnn_version or "unknown"),
        *((key, _readable(value)) for key, value in sorted(run.details.items()) if value and key not in _OWN_FORM),
        *(("loader", _loader_text(loader)) for loader in run.recorded.loaders),
    ]
    return [(first_line(name), shortened(first_line(value), 2000)) for name, value in facts]
