"""Questions to an interpreter, which may be another one than this."""

from __future__ import annotations

import json
import subprocess
from typing import Any

ANSWER_SECONDS = 60.0
"""How long an interpreter, or another tool, may take to answer."""


def printed_json(python: str, script: str) -> Any:
    """The JSON that a script prints in an interpreter.

    Raises:
        OSError: the interpreter can't be started.
        subprocess.SubprocessError: it fails, or takes longer than `ANSWER_SECONDS`.
        ValueError: what it prints is not JSON.
    """
    command = [python, "-c", script]
    process = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
    return json.loads(process.stdout)
