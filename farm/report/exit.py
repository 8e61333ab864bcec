"""The one place where verdicts become an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farm.core.errors import ExitCode
from farm.core.verdicts import Category, Verdict

if TYPE_CHECKING:
    from farm.store.view import RunView


def exit_code_of(view: RunView) -> ExitCode:
    """Return the exit code of a run's command. Invalid vectors don't count, nor do modules without any vector."""
    return exit_code(view.counts, sum(vector.reason.nothing_to_run for vector in view.vectors))


def exit_code(counts: Mapping[str, int], invalid: int = 0) -> ExitCode:
    """Return the exit code of a run's command.

    Args:
        counts: the number of vectors by verdict, as `RunView.counts` has them; other keys are ignored.
        invalid: how many of the vectors that were not run are invalid, or stand for a module without any.

    Returns:
        TEST_FAILED if a test failed, whatever else happened; NOT_RUN if anything else kept a vector from a test's
        verdict; NOTHING_SELECTED if there was no vector, or only invalid ones.
    """
    numbers = dict.fromkeys(Category, 0)
    for verdict in Verdict:
        numbers[verdict.category] += counts.get(verdict.value, 0)
    numbers[Category.NOT_RUN] -= invalid
    if numbers[Category.FAILED]:
        return ExitCode.TEST_FAILED
    if numbers[Category.FAULT] or numbers[Category.NOT_RUN]:
        return ExitCode.NOT_RUN
    return ExitCode.GOOD if numbers[Category.GOOD] else ExitCode.NOTHING_SELECTED
