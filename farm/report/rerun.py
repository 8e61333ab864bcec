"""The command that runs vectors of a run again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from farm.report.text import first_line
from farm.store.view import Run

_MODULE_OPTIONS = {"modules": "--module", "skip": "--skip", "tt_metal": "--tt-metal", "sweeps": "--sweeps"}
_MODULE_OPTIONS["vectors_file"] = "--vectors"


def again(run: Run, vector_ids: Sequence[str], *, foreground: bool = False) -> str:
    """A line for a shell: the same suite or modules, master and boards, and only these vectors.

    Args:
        run: which they are of.
        vector_ids: which; none for the whole run.
        foreground: run them in the command's own process, where a debugger works.
    """
    words = ["farm", "sweep"]
    modules = _module_options(run)
    if run.suite or not modules:
        words += ["--suite", run.suite or "model_traced"]
    words += modules
    for option in ("master", "boards"):
        value = run.details.get(option)
        if isinstance(value, str) and value:
            words += [f"--{option}", value]
    for vector_id in vector_ids:
        words += ["--vector", vector_id]
    if foreground:
        words.append("--foreground")
    return first_line(shlex.join(words))


def _module_options(run: Run) -> list[str]:
    """The options that chose sweep modules; none where the run was of a master."""
    selection = run.details.get("selection")
    if not isinstance(selection, dict):
        return []
    words: list[str] = []
    for name, option in _MODULE_OPTIONS.items():
        value = selection.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and each:
                words += [option, each]
    return words
