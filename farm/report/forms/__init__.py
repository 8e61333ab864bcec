"""The formats of a report: one file each, behind the protocol `ReportForm`.

A new format is one file with a class and one line in `FORMATS`. The command line, the Python API and the help texts
take the names from there. This module imports none of the files, so that the command line can list the names quickly.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farm.report.forms.base import ReportForm


@dataclass(frozen=True, slots=True)
class Format:
    """A line of the registry.

    Attributes:
        form: the class, as `module:name` under this package.
        usual: whether each run's report has it without being asked for.
    """

    form: str
    usual: bool = False


FORMATS: Mapping[str, Format] = {
    "html": Format("html_page:HtmlPage", usual=True),
    "json": Format("json_view:JsonView", usual=True),
    "junit": Format("junit:JUnit", usual=True),
    "md": Format("summary:MarkdownSummary", usual=True),
    "ctrf": Format("ctrf:Ctrf"),
    "csv": Format("csv_table:CsvTable"),
    "oprun": Format("oprun:OpRun"),
}
"""The formats by the names that `--format` takes."""

USUAL = tuple(name for name, line in FORMATS.items() if line.usual)
"""The formats that each run's report has."""


def load_form(name: str) -> ReportForm:
    """Return the format of a name in `FORMATS`."""
    form: type[ReportForm] = pkgutil.resolve_name(f"{__name__}.{FORMATS[name].form}")
    return form()
