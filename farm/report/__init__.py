"""Reports of a run: files in several formats, and the terminal's summary.

Everything comes from a view of the store and from what `read_context` reads in addition. `write_report` and
`print_summary` say how a run ended; `exit_code_of` says it as a number. Nothing here runs or decides anything;
it uses `farm.store` and `farm.core`.
"""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, Any

from farm.report.forms import FORMATS, USUAL

if TYPE_CHECKING:
    from farm.report.console import stdout_console
    from farm.report.context import RunContext, read_context
    from farm.report.exit import exit_code, exit_code_of
    from farm.report.files import make_directory, report_paths, usual_directory, write_report
    from farm.report.terminal import print_summary

__all__ = [
    "FORMATS",
    "USUAL",
    "RunContext",
    "exit_code",
    "exit_code_of",
    "make_directory",
    "print_summary",
    "read_context",
    "report_paths",
    "stdout_console",
    "usual_directory",
    "write_report",
]

_MODULES = {
    "RunContext": "context",
    "read_context": "context",
    "exit_code": "exit",
    "exit_code_of": "exit",
    "make_directory": "files",
    "report_paths": "files",
    "usual_directory": "files",
    "write_report": "files",
    "print_summary": "terminal",
    "stdout_console": "console",
}


if not TYPE_CHECKING:  # a type checker must report names that are not there

    def __getattr__(name: str) -> Any:
        """Import a name when it is first used: `farm --help` needs only the names of the formats."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return pkgutil.resolve_name(f"{__name__}.{_MODULES[name]}:{name}")
