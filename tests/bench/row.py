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

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, what came out, and what was hoped for.

    Attributes:
        met: None where there is nothing to meet.
    """

    what: str
    found: str
    goal: str = ""
    met: bool | None = None


def timed(command: list[str], **environment: str) -> tuple[float, str]:
    """The seconds that a command takes, and what it prints."""
    began = time.perf_counter()
    quiet = {"TT_LOGGER_LEVEL": "FATAL", "LOGURU_LEVEL": "ERROR"}
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **quiet, **environment}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stderr[-800:]}")
    return seconds, done.stdout


def measured(module: str, *arguments: object, **environment: str) -> Any:
    """The line of JSON that `python -m module arguments` prints: each measurement has a process of its own."""
    _, printed = timed([sys.executable, "-m", module, *map(str, arguments)], **environment)
    # ttnn has the last word
    return json.loads(next(line for line in reversed(printed.splitlines()) if line.startswith("{")))
