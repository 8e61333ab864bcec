"""Stop a sweep at every moment that has a name: `python -m tests.chaos.stops`.

Each signal comes once, at a moment of a run with Ray. It exits with 0 if every run ended cleanly.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from tests.farm.stop_moments import PLANNING, REPORTING, RUNNING, Stopped, stopped_sweep


def main() -> int:
    """Print a line for each moment and signal."""
    wrong = 0
    for moment in (*PLANNING, *RUNNING, *REPORTING):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with tempfile.TemporaryDirectory(prefix="farm-stops-") as folder:
                stopped = stopped_sweep(moment, number, Path(folder))
            problem = problem_of(stopped, recorded=moment not in PLANNING)
            wrong += bool(problem)
            print(f"{moment} {number.name}: exit code {stopped.code} {problem}".rstrip(), flush=True)
    return 1 if wrong else 0


def problem_of(stopped: Stopped, *, recorded: bool) -> str:
    """What is wrong with how a sweep ended; empty if nothing is.

    Args:
        stopped: how it ended.
        recorded: whether its run had begun.
    """
    if not stopped.sent:
        return "the moment did not come"
    if "Traceback" in stopped.errors or "***" in stopped.errors:
        return f"it printed {stopped.errors}"
    expected = (3, True) if recorded else (130, False)
    return "" if (stopped.code, stopped.has_report) == expected else f"expected {expected}, {stopped}"


if __name__ == "__main__":
    sys.exit(main())
