"""A run as one page of HTML: no network, no file beside it, light and dark, on a phone and on paper."""

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
from farm.report.compare import MEANINGS, pcc
from farm.report.context import RunContext
from farm.report.digest import NO_NUMBERS, Digest, Group, digest, what_happened
from farm.report.page.data import details, script_json, tables
from farm.report.page.plots import SHARES, pcc_plot, runs_plot, seconds_plot, share, timeline_plot
from farm.report.rerun import rerun_command
from farm.report.text import first_line, printable, shortened
from farm.store.view import BoardEventView, RunView

MOST_OF_A_MESSAGE = 6000
MOST_EVENTS = 500
MOST_WORST = 4
_TONES = {ExitCode.GOOD: "good", ExitCode.TEST_FAILED: "failed"}

_SECTIONS = {
    "models": ("Models", "Which models are touched by what fails; a vector may be seen in several."),
    "vectors": ("Vectors", "Every planned vector; choose one for its whole configuration and history."),
    "inexact": ("Inexact configurations", "The trace lost these arguments, and they were left to their defaults."),
    "boards": ("Boards", ""),
    "flaky": ("Flaky", "They failed and passed with nothing changed: the probability is estimated from the last runs."),
    "estimates": ("Estimates against outcomes", "What the planner expected of each operation, and what it took."),
}


def page_html(view: RunView, known: RunContext) -> str:
    """The whole page."""
    told = digest(view)
    made = tables(view, told, known)
    there = made["tables"]
    script = _file("page.js")
    worst, more_worst = _worst(view)
    rest = [(name, *_SECTIONS[name]) for name in _SECTIONS if name in there]
    context = {
        "title": f"{_short_title(told)} · farm {view.run.id}",
        "run_id": first_line(view.run.id),
        "started": f"{view.run.started:%Y-%m-%d %H:%M} UTC",
        "told": told,
        "tone": _TONES.get(told.code, "not_run"),
        "shares": _shares(told),
        "share": share,
        "no_numbers": NO_NUMBERS,
        "comparison": known.comparison,
        "comparison_line": known.comparison.headline() if known.comparison else "",
        "meanings": MEANINGS,
        "groups": [_group(group, view, known) for group in told.failures],
        "not_run": [_group(group, view, known) for group in told.not_run],
        "worst": worst,
        "more_worst": more_worst,
        "rest": rest,
        "sections": _sections(told, known, rest),
        "plots": {
            "runs": Markup(runs_plot(known.runs)),  # noqa: S704 - plots escape their texts themselves
            "pcc": Markup(pcc_plot([n for v in view.vectors if (n := pcc(v)) is not None])),  # noqa: S704 - as above
            "seconds": Markup(seconds_plot(view)),  # noqa: S704 - as above
            "timeline": Markup(timeline_plot(view)),  # noqa: S704 - as above
        },
        "events": _events(view),
        "logs": _logs(view),
        "about": _about(view),
        "tables": Markup(script_json(made)),  # noqa: S704 - script_json leaves nothing that ends a script
        "details": Markup(script_json(details(view, known))),  # noqa: S704 - as above
        "style": Markup(_file("page.css")),  # noqa: S704 - a file of ours
        "script": Markup(script),  # noqa: S704 - a file of ours
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }
    return _environment().get_template("page.html.j2").render(context)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = PackageLoader("farm.report.page", "static")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _file(name: str) -> str:
    return (files("farm.report.page") / "static" / name).read_text(encoding="utf-8")


def _short_title(told: Digest) -> str:
    bad = sum(group.count for group in told.failures)
    if bad:
        return f"{bad} went wrong"
    return "all good" if told.code is ExitCode.GOOD else "not all was run"


def _shares(told: Digest) -> list[tuple[str, str, int]]:
    found: Counter[str] = Counter()
    for verdict, count in told.counts:
        found[share(verdict)] += count
    return [(name, words, found[name]) for name, words in SHARES]


def _worst(view: RunView) -> tuple[list[tuple[str, int, int]], int]:
    """The operations that most goes wrong with: name, failures and faults, planned; and how many more there are."""
    planned = Counter(vector.operation for vector in view.vectors)
    bad = Counter(vector.operation for vector in view.vectors if vector.verdict.failed or vector.verdict.fault)
    shown = [(first_line(name), count, planned[name]) for name, count in bad.most_common(MOST_WORST)]
    return shown, len(bad) - len(shown)


def _sections(told: Digest, known: RunContext, rest: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    found = [("failures", "What went wrong")]
    if told.not_run:
        found.append(("not-run", "Not run"))
    if known.comparison:
        found.append(("changes", "Changes"))
    return [*found, ("operations", "Operations"), *((name, words) for name, words, _ in rest), ("about", "This run")]


def _group(group: Group, view: RunView, known: RunContext) -> dict[str, Any]:
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
        "signature": group.said or "(no message)",
        "example": first_line(example.vector_id),
        "example_link": quote(first_line(example.vector_id), safe=""),
        "board": first_line(example.board or ""),
        "models": ", ".join(models) + (" and more" if len(example.sources) > len(models) else ""),
        "message": shortened(printable(example.message[: MOST_OF_A_MESSAGE * 2]), MOST_OF_A_MESSAGE) or "(no message)",
        "configuration": known.configurations.get(example.vector_id, ()),
        "again": rerun_command(view.run, [example.vector_id]),
    }


def _events(view: RunView) -> list[str]:
    found = [
        (event.at, f"{event.at:%H:%M:%S} {board.id}: {word} {shortened(event.message or _cause(event), 300)}")
        for board in view.run.boards
        for event in board.events
        if (word := what_happened(event))
    ]
    return [first_line(line) for _, line in sorted(found)[:MOST_EVENTS]]


def _logs(view: RunView) -> list[dict[str, str]]:
    """The last lines of the boards' logs."""
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


def _cause(event: BoardEventView) -> str:
    return str(event.details.get("cause", "")).replace("_", " ")


def _told(value: object) -> str:
    """A detail of a run in words, without what is empty in it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_told(part)}" for key, part in value.items() if part) or "everything"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


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
        *((key, _told(value)) for key, value in sorted(run.details.items()) if value and key != "operations"),
    ]
    return [(first_line(name), shortened(first_line(value), 2000)) for name, value in facts]
