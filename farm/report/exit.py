"""The one place where verdicts become an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from farm.core.errors import ExitCode
from farm.core.verdicts import FAILED, FAULTS, Reason, Verdict

if TYPE_CHECKING:
    from farm.store.view import RunView


def exit_code_of(view: RunView) -> ExitCode:
    """What the command of a run exits with. Vectors that their own module calls invalid were never to be run."""
    return exit_code(view.counts, sum(vector.reason is Reason.INVALID_VECTOR for vector in view.vectors))


def exit_code(counts: Mapping[str, int], invalid: int = 0) -> ExitCode:
    """What a run's command exits with.

    Args:
        counts: vectors by verdict, as `RunView.counts` has them; other keys don't matter.
        invalid: how many of those not run are invalid.

    Returns:
        TEST_FAILED if any test failed, whatever else happened; NOT_RUN if anything else kept a vector from a test's
        verdict; NOTHING_SELECTED if there was no vector at all.
    """

    def any_of(verdicts: frozenset[Verdict]) -> bool:
        return any(left.get(verdict.value, 0) for verdict in verdicts)

    left = {**counts, Verdict.NOT_RUN.value: counts.get(Verdict.NOT_RUN.value, 0) - invalid}

    if any_of(FAILED):
        return ExitCode.TEST_FAILED
    if any_of(FAULTS | {Verdict.NOT_RUN}):
        return ExitCode.NOT_RUN
    return ExitCode.GOOD if any_of(frozenset(Verdict)) else ExitCode.NOTHING_SELECTED
