"""What the report page's script shows, as JSON: tables, and each vector's details.

Texts and lines that repeat are sent once, and named by their place in a list.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from farm.core.verdicts import FAILED, Verdict
from farm.report.compare import pcc
from farm.report.context import RunContext
from farm.report.digest import Digest, health
from farm.report.page.plots import PCC_BINS, SHARES, pcc_bin, share
from farm.report.rerun import rerun_command
from farm.report.signature import signature
from farm.report.text import first_line, printable, shortened
from farm.store.view import AttemptView, RunView, VectorView

LONGEST_MESSAGE = 20_000
MOST_NAMES = 5
OPTIONAL = {"failed", "faults", "not run", "operations that fail", "out of the ordinary", "health", "host"}
OPTIONAL |= {"reason", "message", "PCC", "models", "PCC distribution", "lowest PCC"}
"""Columns that are left out where they say nothing."""

Table = dict[str, Any]
_WORST_FIRST = ("failed", "fault", "not_run", "good")


def script_json(value: object) -> str:
    """JSON that nothing in it can end the script element of: ASCII, no `<`, `>` or `&`."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def tables(view: RunView, told: Digest, known: RunContext) -> dict[str, Any]:
    """Every table of the page by its id: columns with their kinds, and rows."""
    made = {
        "changes": _changes(known),
        "operations": _operations(view),
        "models": _models(view),
        "vectors": _vectors(view),
        "inexact": _table(
            (("operation", "operation"), ("argument", "text"), ("vectors", "number")),
            [[first_line(lost.operation), first_line(lost.argument), lost.count] for lost in told.inexact],
        ),
        "boards": _boards(view, told),
        "flaky": _flaky(known),
        "estimates": _estimates(view),
    }
    return {
        "tables": {name: table for name, table in made.items() if table["rows"]},
        "verdicts": {verdict.value: share(verdict) for verdict in Verdict},
        "again": rerun_command(view.run, []),
    }


def details(view: RunView, known: RunContext) -> dict[str, Any]:
    """Each vector's whole configuration, message and history."""
    texts = _Texts()
    vectors = {first_line(vector.vector_id): _detail(vector, known, texts) for vector in view.vectors}
    runs = [first_line(tally.run.id) for tally in known.runs]
    return {"texts": texts.all, "runs": runs, "vectors": vectors}


class _Texts:
    """Texts, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        found = self._places.get(text)
        if found is None:
            found = self._places[text] = len(self.all)
            self.all.append(text)
        return found


def _detail(vector: VectorView, known: RunContext, texts: _Texts) -> dict[str, Any]:
    runs = {tally.run.id: place for place, tally in enumerate(known.runs)}
    past = [
        (runs[each.run_id], each.verdict.value, round(each.seconds, 4)) for each in known.past.get(vector.vector_id, ())
    ]
    config = ", ".join(f"{key} {value}" for key, value in vector.device_config.items())
    return {
        "configuration": [texts.place(line) for line in known.configurations.get(vector.vector_id, ())],
        "reason": vector.reason.value,
        "message": texts.place(_message(vector.message)),
        "hash": first_line(vector.config_hash),
        "opened": texts.place(first_line(config) + (" (inferred)" if vector.device_config_inferred else "")),
        "sources": [texts.place(first_line(source)) for source in vector.sources],
        "inexact": [first_line(argument) for argument in vector.inexact],
        "tries": [_try(attempt, texts) for attempt in vector.history],
        "past": past,
    }


def _try(attempt: AttemptView, texts: _Texts) -> list[Any]:
    numbers = ", ".join(
        f"{key} {value:.6g}" for key, value in attempt.metrics.items() if isinstance(value, (int, float))
    )
    return [
        attempt.number,
        texts.place(first_line(attempt.board)),
        attempt.verdict.value,
        attempt.reason.value,
        texts.place(_clock(attempt.started)),
        round(attempt.seconds, 4),
        texts.place(_message(attempt.message)),
        texts.place(first_line(numbers)),
    ]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _message(text: str) -> str:
    return shortened(printable(text[: LONGEST_MESSAGE * 2]), LONGEST_MESSAGE)


def _table(columns: Sequence[tuple[str, str]], rows: list[list[Any]]) -> Table:
    """A table, without its columns that count nothing at all."""
    kept = [at for at, (title, _) in enumerate(columns) if title not in OPTIONAL or any(row[at] for row in rows)]
    return {
        "columns": [{"title": columns[at][0], "kind": columns[at][1]} for at in kept],
        "rows": [[row[at] for at in kept] for row in rows],
    }


def _vectors(view: RunView) -> Table:
    columns = (
        ("vector", "vector"),
        ("operation", "operation"),
        ("verdict", "verdict"),
        ("reason", "word"),
        ("message", "message"),
        ("PCC", "pcc"),
        ("took", "seconds"),
        ("tries", "number"),
        ("board", "word"),
        ("models", "models"),
    )
    rows = [
        [
            first_line(vector.vector_id),
            first_line(vector.operation),
            vector.verdict.value,
            vector.reason.value,
            signature(vector.message, 200),
            pcc(vector),
            round(vector.seconds, 4),
            vector.attempts,
            first_line(vector.board or ""),
            [first_line(source) for source in vector.sources],
        ]
        for vector in sorted(view.vectors, key=lambda vector: _WORST_FIRST.index(share(vector.verdict)))
    ]
    return _table(columns, rows)


def _shares(vectors: Iterable[VectorView]) -> list[int]:
    found = Counter(share(vector.verdict) for vector in vectors)
    return [found[name] for name, _ in SHARES]


def _operations(view: RunView) -> Table:
    groups: dict[str, list[VectorView]] = defaultdict(list)
    for vector in view.vectors:
        groups[vector.operation].append(vector)
    columns = [
        ("operation", "operation"),
        ("vectors", "number"),
        ("how they ended", "shares"),
        ("failed", "bad"),
        ("faults", "bad"),
        ("not run", "number"),
        ("median", "seconds"),
        ("longest", "seconds"),
        ("slowest vector", "vector"),
    ]
    computed = any(pcc(vector) is not None for vector in view.vectors)
    if computed:
        columns[3:3] = [("PCC distribution", "histogram"), ("lowest PCC", "pcc")]
    rows: list[list[Any]] = []
    for operation, vectors in groups.items():
        ended = _shares(vectors)
        slowest = max(vectors, key=lambda vector: vector.seconds)
        row: list[Any] = [first_line(operation), len(vectors), ended, *ended[1:]]
        row += [round(median(vector.seconds for vector in vectors), 4), round(slowest.seconds, 4)]
        row += [first_line(slowest.vector_id)]
        if computed:
            found = [number for vector in vectors if (number := pcc(vector)) is not None]
            bins = Counter(pcc_bin(number) for number in found)
            row[3:3] = [[bins[at] for at in range(len(PCC_BINS))], min(found, default=None)]
        rows.append(row)
    rows.sort(key=lambda row: (-sum(row[2][1:3]), -row[2][3], -row[1], row[0]))
    return _table(columns, rows)


def _models(view: RunView) -> Table:
    groups: dict[str, list[VectorView]] = defaultdict(list)
    for vector in view.vectors:
        for source in vector.sources:
            groups[source].append(vector)
    columns = (
        ("model", "model"),
        ("vectors", "number"),
        ("how they ended", "shares"),
        ("failed", "bad"),
        ("faults", "bad"),
        ("not run", "number"),
        ("operations that fail", "text"),
    )
    rows: list[list[Any]] = []
    for model, vectors in groups.items():
        ended = _shares(vectors)
        failing = Counter(v.operation for v in vectors if v.verdict in FAILED)
        names = ", ".join(f"{name} ({count})" for name, count in failing.most_common(MOST_NAMES))
        names += f" and {len(failing) - MOST_NAMES} more" if len(failing) > MOST_NAMES else ""
        rows.append([first_line(model), len(vectors), ended, *ended[1:], first_line(names)])
    rows.sort(key=lambda row: (-sum(row[2][1:3]), -row[2][3], -row[1], row[0]))
    return _table(columns, rows)


def _boards(view: RunView, told: Digest) -> Table:
    columns = (
        ("board", "word"),
        ("kind", "word"),
        ("host", "text"),
        ("ttnn", "text"),
        ("tries", "number"),
        ("bad ones", "bad"),
        ("busy", "seconds"),
        ("busy share", "percent"),
        ("health", "text"),
        ("out of the ordinary", "text"),
    )
    began = view.run.started
    ends = [attempt.started.timestamp() + attempt.seconds for v in view.vectors for attempt in v.history]
    last = view.run.finished.timestamp() if view.run.finished else max(ends, default=began.timestamp())
    whole = max(last - began.timestamp(), 1e-9)
    rows = [
        [
            first_line(each.board.id),
            f"{each.board.backend}:{each.board.kind}",
            first_line(each.board.host),
            first_line(each.board.ttnn_version or "unknown"),
            each.attempts,
            each.bad,
            round(each.busy, 3),
            round(min(each.busy / whole, 1.0), 4),
            first_line(health(each.board)),
            ", ".join(f"{kind} {count}" for kind, count in each.events),
        ]
        for each in told.boards
    ]
    return _table(columns, rows)


def _changes(known: RunContext) -> Table:
    columns = (
        ("change", "change"),
        ("vector", "vector"),
        ("operation", "operation"),
        ("before", "verdict"),
        ("after", "verdict"),
        ("detail", "message"),
    )
    changes = known.comparison.changes if known.comparison else []
    rows: list[list[Any]] = [
        [
            each.change.value,
            first_line(each.vector_id),
            first_line(each.operation),
            each.before.value if each.before else "",
            each.after.value if each.after else "",
            shortened(first_line(each.detail[:1000]), 200),
        ]
        for each in changes
    ]
    return _table(columns, rows)


def _flaky(known: RunContext) -> Table:
    columns = (
        ("vector", "vector"),
        ("operation", "operation"),
        ("kind", "text"),
        ("probability of failing", "percent"),
        ("flakes", "number"),
        ("tries", "number"),
        ("its runs", "story"),
    )
    rows = [
        [
            first_line(each.vector_id),
            first_line(each.operation),
            first_line(each.kind),
            round(each.probability, 4),
            each.flakes,
            each.tries,
            [verdict.value for verdict in each.verdicts],
        ]
        for each in known.flaky
    ]
    return _table(columns, rows)


def _estimates(view: RunView) -> Table:
    """What the planner expected of each operation, where attempts carry it, and what it took."""
    expected: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for vector in view.vectors:
        for attempt in vector.history:
            estimate = attempt.outcome(vector.vector_id).estimate
            if estimate is not None:
                expected[vector.operation].append((estimate, attempt.seconds))
    columns = (
        ("operation", "operation"),
        ("tries", "number"),
        ("expected", "seconds"),
        ("actual", "seconds"),
        ("ratio", "ratio"),
    )
    rows = []
    for operation, pairs in expected.items():
        planned, actual = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        ratio = round(actual / planned, 3) if planned > 0 else None
        rows.append([first_line(operation), len(pairs), round(planned, 3), round(actual, 3), ratio])
    return _table(columns, sorted(rows, key=lambda row: -row[3]))
