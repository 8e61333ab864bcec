"""A run as CSV: one line per vector, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator

from farm.report.compare import pcc
from farm.report.context import RunContext
from farm.report.text import first_line
from farm.store.view import RunView, VectorView

COLUMNS = (
    "run",
    "vector_id",
    "operation",
    "verdict",
    "reason",
    "message",
    "board",
    "attempts",
    "seconds",
    "pcc",
    "inexact",
    "sources",
    "config_hash",
    "ttnn",
)
_BEGINS_A_FORMULA = ("=", "+", "-", "@")
_MINUS = "\N{MINUS SIGN}"


class CsvTable:
    """`vectors.csv`: one line per vector."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "vectors.csv"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        yield csv_table(view)


def csv_table(view: RunView) -> str:
    """Return the text, beginning with a line of column names."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(view.run.id, vector) for vector in view.vectors)
    return stream.getvalue()


def cell(text: str) -> str:
    """Return `text` as one line that no spreadsheet takes for a formula."""
    line = first_line(text)
    start = unicodedata.normalize("NFKC", line[:1])  # signs as wide as a letter, small and superscript ones
    return f"'{line}" if start.startswith(_BEGINS_A_FORMULA) or line.startswith(_MINUS) else line


def _row(run_id: str, vector: VectorView) -> list[str | int | float]:
    number = pcc(vector)
    return [
        cell(run_id),
        cell(vector.vector_id),
        cell(vector.operation),
        vector.verdict.value,
        vector.reason.value,
        cell(vector.message),
        cell(vector.board or ""),
        vector.attempts,
        round(vector.seconds, 6),
        "" if number is None else number,
        cell("; ".join(vector.inexact)),
        cell("; ".join(vector.sources)),
        cell(vector.config_hash),
        cell(vector.ttnn_version or ""),
    ]
