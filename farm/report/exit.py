"""The one place where verdicts become an exit code."""

from __future__ import annotations

from collections.abc import Mapping

from farm.errors import ExitCode
from farm.verdicts import FAILED, FAULTS, Verdict


def exit_code(counts: Mapping[str, int]) -> ExitCode:
    """What a run's command exits with.

    Args:
        counts: vectors by verdict, as `RunView.counts` has them; other keys don't matter.

    Returns:
        TEST_FAILED if any test failed, whatever else happened; NOT_RUN if anything else kept a vector from a test's
        verdict; NOTHING_SELECTED if there was no vector at all.
    """

    def any_of(verdicts: frozenset[Verdict]) -> bool:
        return any(counts.get(verdict.value, 0) for verdict in verdicts)

    if any_of(FAILED):
        return ExitCode.TEST_FAILED
    if any_of(FAULTS | {Verdict.NOT_RUN}):
        return ExitCode.NOT_RUN
    return ExitCode.GOOD if any_of(frozenset(Verdict)) else ExitCode.NOTHING_SELECTED
