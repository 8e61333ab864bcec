"""The command that runs a run's vectors again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import lru_cache

from farm.core.sweep_command import command_of
from farm.core.sweep_spec import SweepSpec, options
from farm.report.text import first_line
from farm.store.view import Run


def rerun_command(run: Run, vector_ids: Sequence[str], *, foreground: bool = False) -> str:
    """A line for a shell that runs vectors of a run again, or the whole run.

    Args:
        run: the run. If it has no spec, such as that of a zoo, the line is the command that started it.
        vector_ids: the vectors; none for the whole run.
        foreground: run them in the command's own process, where a debugger works.
    """
    if run.spec is None:
        return first_line(run.command)
    words = [*_words(run.spec, some=bool(vector_ids), foreground=foreground)]
    for vector_id in vector_ids:
        words += [options()["vectors"].name, vector_id]
    if foreground:
        words.append("--foreground")
    return first_line(shlex.join(words))


@lru_cache(maxsize=64)
def _words(spec: SweepSpec, *, some: bool, foreground: bool) -> tuple[str, ...]:
    """The words before the ids: a report prints the command once for each failed vector of a run."""
    if some:
        # what chose among other vectors, or limited the whole run, has no part in it
        spec = spec.of_vectors(()).updated(operations=(), max_time=None, max_board_time=None)
    if foreground:
        spec = spec.in_foreground()
    return tuple(command_of(spec))
