"""A row of the table, and how benchmarks run commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.board.environment import QUIET

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement and its goal.

    Attributes:
        what: the quantity, with its size.
        measured: the result, with its unit.
        goal: the result to reach, such as "≥ 0.9"; empty if there is none.
        met: whether the goal is reached; None if there is none.
    """

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None


def timed(command: list[str], **environment: str) -> tuple[float, str]:
    """Run a command; return its seconds and its output.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **QUIET, **environment}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {ended.returncode}: {ended.stderr[-800:]}")
    return seconds, ended.stdout


def measured(module: str, *arguments: object, **environment: str) -> Any:
    """Run `python -m module arguments` in a process of its own; return the line of JSON that it prints."""
    _, printed = timed([sys.executable, "-m", module, *map(str, arguments)], **environment)
    # ttnn prints lines of its own after it.
    return json.loads(next(line for line in reversed(printed.splitlines()) if line.startswith("{")))
