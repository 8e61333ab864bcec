"""A run as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from farm.report.context import RunContext
from farm.report.page.html import page_html
from farm.store.view import RunView


class HtmlPage:
    """The page for people; see `farm.report.page`."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "report.html"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:
        """See `ReportForm`."""
        yield page_html(view, context)
