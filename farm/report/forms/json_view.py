"""A run as JSON: the whole view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from farm.report.context import RunContext
from farm.report.json_text import json_text
from farm.report.rerun import rerun_command
from farm.store.view import RunView, VectorView

VERSION = 1
"""Raised when a field changes its meaning or is removed, not when one is added."""


class JsonView:
    """`report.json`: `run`, `counts`, `vectors`."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "report.json"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        yield report_json(view)


def report_json(view: RunView) -> str:
    """Return the whole view as JSON: `run`, `counts`, `vectors`. NaN and infinities are strings."""
    # vector by vector: a tree of dicts for all of them would take ten times the memory of their text
    vectors = ",".join("\n" + _indented(json_text(_vector_part(view, vector))) for vector in view.vectors)
    report = {"version": VERSION, "run": view.run.model_dump(mode="json"), "counts": view.counts}
    head = json_text(report).removesuffix("\n}\n")
    return f'{head},\n "vectors": [{vectors}\n ]\n}}\n'


def _indented(text: str) -> str:
    # not `textwrap.indent`: it also splits at Unicode's other line ends, which may stand inside a string
    return "  " + text.rstrip("\n").replace("\n", "\n  ")


def _vector_part(view: RunView, vector: VectorView) -> dict[str, Any]:
    part = vector.model_dump(mode="json")
    if vector.verdict.failed:
        part["again"] = rerun_command(view.run, [vector.vector_id], foreground=True)
    return part
