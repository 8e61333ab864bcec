"""`farm ops --tolerances`: the tolerance table, whole or as far as it is for an operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from farm.judging.tolerances import TableRow


def show_tolerances(query: str | None, *, as_json: bool) -> None:
    """Print the rows of the tolerance table in order of precedence.

    Args:
        query: an operation, in any spelling, whose rows alone to print.
        as_json: print JSON.

    Raises:
        UnknownOperation: ttnn has no such operation.
    """
    from farm.judging.operation_kinds import kind_of
    from farm.judging.tolerances import TABLE, rows_of
    from tracer.names import find
    from tracer.values.versions import recorded_operations

    if query is None:
        _print({"rows": [_as_json(row) for row in TABLE]}, TABLE, as_json=as_json)
        return
    operation = find(query, recorded_operations())[0]
    kind, rows = kind_of(operation), tuple(rows_of(operation))
    if not as_json:
        typer.echo(f"{operation}: {kind.value}. The first row that matches the output judges it.\n")
    document = {"operation": operation, "kind": kind.value, "rows": [_as_json(row) for row in rows]}
    _print(document, rows, as_json=as_json)


def _print(document: dict[str, Any], rows: tuple[TableRow, ...], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(document, indent=2))
        return
    for row in rows:
        typer.echo(row.name)
        for title, text in _lines(row):
            typer.echo(f"  {title}: {text}")


def _lines(row: TableRow) -> list[tuple[str, str]]:
    raw = _as_json(row)
    bounds = raw["formula"] or _in_words(raw["bounds"])
    named = {
        "kinds": ", ".join(raw["kinds"]),
        "operations": ", ".join(raw["operations"]),
        "dtypes": ", ".join(raw["dtypes"]),
        "when": raw["when"],
        "bounds": bounds,
        "source": raw["source"],
    }
    return [(title, text) for title, text in named.items() if text]


def _in_words(bounds: dict[str, Any]) -> str:
    return ", ".join("exact" if name == "exact" else f"{name} {value:g}" for name, value in bounds.items())


def _as_json(row: TableRow) -> dict[str, Any]:
    """A row as JSON: with bounds or, where these follow from the call, with what the formula does."""
    return {
        "name": row.name,
        "kinds": [kind.value for kind in row.kinds],
        "operations": list(row.operations),
        "dtypes": list(row.dtypes),
        "when": row.when,
        "bounds": row.fixed_bounds,
        "formula": row.formula,
        "source": row.source,
    }
