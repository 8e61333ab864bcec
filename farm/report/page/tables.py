"""The tables of the report page: columns and rows, which the page's script shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from farm.core.verdicts import Category
from farm.report.compare import pcc
from farm.report.context import RunContext
from farm.report.digest import Digest, count_categories, last_state
from farm.report.page.plots import PCC_BINS, pcc_bin
from farm.report.signature import on_one_line
from farm.report.text import first_line, shortened
from farm.store.view import RunView, VectorView

MAX_NAMES = 5
"""Failing operations that are named for each model."""
OPTIONAL = {"failed", "faults", "not run", "failing operations", "unusual events", "state", "host"}
OPTIONAL |= {"reason", "message", "PCC", "models", "PCC distribution", "lowest PCC", "ttnn"}
"""Columns that are left out if all their cells are empty or zero."""

Table = dict[str, Any]
_WORST_FIRST = (Category.FAILED, Category.FAULT, Category.NOT_RUN, Category.GOOD)


def page_tables(view: RunView, digest: Digest, context: RunContext) -> dict[str, Table]:
    """Return the tables of the page by their ids, without empty ones. A table has `columns` with kinds, and `rows`."""
    tables = {
        "changes": _changes(context),
        "operations": _operations(view),
        "models": _models(view),
        "vectors": _vectors(view),
        "ttnn": _ttnn(digest),
        "disagreements": _table(
            (("vector", "vector"), ("operation", "operation"), ("verdicts", "text")),
            [
                [first_line(each.vector.vector_id), first_line(each.vector.operation), first_line(each.words())]
                for each in digest.disagreements
            ],
        ),
        "inexact": _table(
            (("operation", "operation"), ("argument", "text"), ("vectors", "number")),
            [[first_line(lost.operation), first_line(lost.argument), lost.count] for lost in digest.inexact],
        ),
        "measuring": _table(
            (("why", "text"), ("vectors", "number")), [[each.note, each.count] for each in digest.measuring]
        ),
        "boards": _boards(view, digest),
        "flaky": _flaky(context),
        "estimates": _estimates(view),
    }
    return {name: table for name, table in tables.items() if table["rows"]}


def _table(columns: Sequence[tuple[str, str]], rows: list[list[Any]]) -> Table:
    """Return a table without those optional columns whose cells are all empty or zero.

    Args:
        columns: title and kind of each; the script knows the kinds.
        rows: as many cells each as there are columns.
    """
    shown = [
        index for index, (title, _) in enumerate(columns) if title not in OPTIONAL or any(row[index] for row in rows)
    ]
    return {
        "columns": [{"title": columns[index][0], "kind": columns[index][1]} for index in shown],
        "rows": [[row[index] for index in shown] for row in rows],
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
        ("attempts", "number"),
        ("board", "word"),
        ("ttnn", "word"),
        ("models", "models"),
    )
    rows = [
        [
            first_line(vector.vector_id),
            first_line(vector.operation),
            vector.verdict.value,
            vector.reason.value,
            on_one_line(vector.message),
            pcc(vector),
            round(vector.seconds, 4),
            vector.attempts,
            first_line(vector.board or ""),
            first_line(vector.ttnn_version or ""),
            [first_line(source) for source in vector.sources],
        ]
        for vector in sorted(view.vectors, key=lambda vector: _WORST_FIRST.index(vector.verdict.category))
    ]
    return _table(columns, rows)


def _category_counts(vectors: Iterable[VectorView]) -> list[int]:
    """Return the number of vectors in each category, in the order of `Category`."""
    return list(count_categories(Counter(vector.verdict for vector in vectors)).values())


def _operations(view: RunView) -> Table:
    groups: dict[str, list[VectorView]] = defaultdict(list)
    for vector in view.vectors:
        groups[vector.operation].append(vector)
    columns = [
        ("operation", "operation"),
        ("vectors", "number"),
        ("verdicts", "shares"),
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
        counts = _category_counts(vectors)
        slowest = max(vectors, key=lambda vector: vector.seconds)
        row: list[Any] = [first_line(operation), len(vectors), counts, *counts[1:]]
        row += [round(median(vector.seconds for vector in vectors), 4), round(slowest.seconds, 4)]
        row += [first_line(slowest.vector_id)]
        if computed:
            numbers = [number for vector in vectors if (number := pcc(vector)) is not None]
            bins = Counter(pcc_bin(number) for number in numbers)
            row[3:3] = [[bins[index] for index in range(len(PCC_BINS))], min(numbers, default=None)]
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
        ("verdicts", "shares"),
        ("failed", "bad"),
        ("faults", "bad"),
        ("not run", "number"),
        ("failing operations", "text"),
    )
    rows: list[list[Any]] = []
    for model, vectors in groups.items():
        counts = _category_counts(vectors)
        failing = Counter(vector.operation for vector in vectors if vector.verdict.failed)
        names = ", ".join(f"{name} ({count})" for name, count in failing.most_common(MAX_NAMES))
        names += f" and {len(failing) - MAX_NAMES} more" if len(failing) > MAX_NAMES else ""
        rows.append([first_line(model), len(vectors), counts, *counts[1:], first_line(names)])
    rows.sort(key=lambda row: (-sum(row[2][1:3]), -row[2][3], -row[1], row[0]))
    return _table(columns, rows)


def _ttnn(digest: Digest) -> Table:
    columns = (
        ("ttnn", "text"),
        ("vectors", "number"),
        ("verdicts", "shares"),
        ("failed", "bad"),
        ("faults", "bad"),
        ("not run", "number"),
        ("by verdict", "text"),
    )
    rows: list[list[Any]] = []
    for each in digest.by_ttnn:
        counts = list(count_categories(dict(each.counts)).values())
        rows.append([first_line(each.version), each.total, counts, *counts[1:], each.words()])
    return _table(columns, rows)


def _boards(view: RunView, digest: Digest) -> Table:
    columns = (
        ("board", "word"),
        ("kind", "word"),
        ("host", "text"),
        ("ttnn", "text"),
        ("attempts", "number"),
        ("failed or faulty", "bad"),
        ("busy", "seconds"),
        ("busy share", "percent"),
        ("state", "text"),
        ("unusual events", "text"),
    )
    started = view.run.started.timestamp()
    ends = [attempt.started.timestamp() + attempt.seconds for vector in view.vectors for attempt in vector.history]
    ended = view.run.finished.timestamp() if view.run.finished else max(ends, default=started)
    seconds = max(ended - started, 1e-9)
    rows = [
        [
            first_line(share.board.id),
            f"{share.board.backend}:{share.board.kind}",
            first_line(share.board.host),
            first_line(share.board.ttnn_version or "unknown"),
            share.attempts,
            share.bad,
            round(share.busy, 3),
            round(min(share.busy / seconds, 1.0), 4),
            first_line(last_state(share.board)),
            ", ".join(f"{event} {count}" for event, count in share.events),
        ]
        for share in digest.boards
    ]
    return _table(columns, rows)


def _changes(context: RunContext) -> Table:
    columns = (
        ("change", "change"),
        ("vector", "vector"),
        ("operation", "operation"),
        ("before", "verdict"),
        ("after", "verdict"),
        ("detail", "message"),
    )
    changes = context.comparison.changes if context.comparison else []
    rows: list[list[Any]] = [
        [
            change.change.value,
            first_line(change.vector_id),
            first_line(change.operation),
            change.before.value if change.before else "",
            change.after.value if change.after else "",
            shortened(first_line(change.detail[:1000]), 200),
        ]
        for change in changes
    ]
    return _table(columns, rows)


def _flaky(context: RunContext) -> Table:
    columns = (
        ("vector", "vector"),
        ("operation", "operation"),
        ("kind", "text"),
        ("ttnn", "text"),
        ("probability of failing", "percent"),
        ("flakes", "number"),
        ("attempts", "number"),
        ("runs", "verdicts"),
    )
    rows = [
        [
            first_line(vector.vector_id),
            first_line(vector.operation),
            first_line(vector.kind),
            first_line(vector.ttnn_version or ""),
            round(vector.probability, 4),
            vector.flakes,
            vector.attempts,
            [verdict.value for verdict in vector.verdicts],
        ]
        for vector in context.flaky
    ]
    return _table(columns, rows)


def _estimates(view: RunView) -> Table:
    """Return the planner's estimates and the seconds taken, by operation, over the attempts that have an estimate."""
    pairs_by_operation: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for vector in view.vectors:
        for attempt in vector.history:
            estimate = attempt.outcome(vector.vector_id).estimate
            if estimate is not None:
                pairs_by_operation[vector.operation].append((estimate, attempt.seconds))
    columns = (
        ("operation", "operation"),
        ("attempts", "number"),
        ("estimate", "seconds"),
        ("actual", "seconds"),
        ("ratio", "ratio"),
    )
    rows = []
    for operation, pairs in pairs_by_operation.items():
        estimate, actual = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        ratio = round(actual / estimate, 3) if estimate > 0 else None
        rows.append([first_line(operation), len(pairs), round(estimate, 3), round(actual, 3), ratio])
    return _table(columns, sorted(rows, key=lambda row: -row[3]))
