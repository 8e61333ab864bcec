"""What a format of the report must offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from farm.report.context import RunContext
from farm.store.view import RunView


class ReportForm(Protocol):
    """One format of a run's report: a file and its content."""

    def file_name(self, view: RunView) -> str:
        """Return the name of the file in the report's directory."""

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:
        """Yield the content of the file: part by part where a large run's would be a lot of text.

        Args:
            view: the run.
            context: what else the store knows about it.
        """
