"""Failures on a mock board that say nothing of the operation."""

from __future__ import annotations

import re
from dataclasses import replace

from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict

# ttnn 0.81 checks programs on a mock against the cores that its default dispatch leaves, however the mock was opened
_OUTSIDE = re.compile(
    r"targets node \((\d+),(\d+)\), which is out of bounds\. The compute worker grid .* is (\d+)x(\d+)"
)


def without_mock_limits(outcome: Outcome, grid: tuple[int, int]) -> Outcome:
    """The outcome; not run where ttnn refused a program on a mock board for cores that the board has.

    Args:
        outcome: of a vector on a mock board.
        grid: the columns and rows of compute cores that the board was opened with.
    """
    match = _OUTSIDE.search(outcome.message) if outcome.verdict.failed else None
    if match is None:
        return outcome
    column, row, columns, rows = map(int, match.groups())
    if column >= grid[0] or row >= grid[1]:
        return outcome
    message = (
        f"a mock board can't tell: this ttnn checks it against {columns} x {rows} compute cores, "
        f"and it uses core ({column}, {row}) of the {grid[0]} x {grid[1]} that the board was opened with"
    )
    return replace(outcome, verdict=Verdict.NOT_RUN, reason=Reason.UNSATISFIABLE, message=message, traceback="")
