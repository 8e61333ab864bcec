"""farm runs traced operation configurations on every Tenstorrent board a team owns, and gathers one report.

From Python: `farm.sweep`, `farm.trace`, `farm.runs` and more, with typed results; see `farm.api`.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from farm.api import (
        Bisection,
        FitReport,
        Planned,
        SweepOptions,
        SweepSpec,
        Traced,
        UpgradeReport,
        Zoo,
        bisect,
        compare,
        fit,
        history,
        load_traces,
        plan,
        run,
        runs,
        spec_of,
        sweep,
        trace,
        trace_zoo,
        upgrade,
        verify,
        write_report,
    )

__all__ = [
    "Bisection",
    "FitReport",
    "Planned",
    "SweepOptions",
    "SweepSpec",
    "Traced",
    "UpgradeReport",
    "Zoo",
    "bisect",
    "compare",
    "fit",
    "history",
    "load_traces",
    "plan",
    "run",
    "runs",
    "spec_of",
    "sweep",
    "trace",
    "trace_zoo",
    "upgrade",
    "verify",
    "write_report",
]

# nothing is printed unless someone asks for it: see farm.core.log
logging.getLogger(__name__).addHandler(logging.NullHandler())


if not TYPE_CHECKING:  # a type checker must report names that are not there

    def __getattr__(name: str) -> Any:
        """Imports the Python API when it is first asked for: every process imports this package, and few need it."""
        if name != "api" and name not in __all__:
            raise AttributeError(f"module 'farm' has no attribute {name!r}")
        # not `from farm import api`, which asks this function again
        api = importlib.import_module("farm.api")
        return api if name == "api" else getattr(api, name)
