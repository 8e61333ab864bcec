"""The command that runs vectors of a run again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from farm.report.text import first_line
from farm.store.view import Run


def again(run: Run, vector_ids: Sequence[str]) -> str:
    """A line for a shell: the same suite, master and boards, and only these vectors."""
    words = ["farm", "sweep", "--suite", run.suite or "model_traced"]
    for option in ("master", "boards"):
        value = run.details.get(option)
        if isinstance(value, str) and value:
            words += [f"--{option}", value]
    for vector_id in vector_ids:
        words += ["--vector", vector_id]
    return first_line(shlex.join(words))
