"""What a format of the report must offer."""

from __future__ import annotations

from typing import Protocol

from farm.report.context import RunContext
from farm.store.view import RunView


class ReportForm(Protocol):
    """One format of a run's report: a file and its text."""

    def file_name(self, view: RunView) -> str:
        """Return the name of the file in the report's directory."""

    def text(self, view: RunView, context: RunContext) -> str:
        """Return the content of the file.

        Args:
            view: the run.
            context: what else the store knows about it.
        """
