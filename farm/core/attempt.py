"""Attempts at a vector, and its conclusion."""

from __future__ import annotations

from dataclasses import dataclass

from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one vector on one board.

    Attributes:
        number: 1 for a vector's first attempt in the run.
        board: the board's id.
        outcome: its result.
    """

    number: int
    board: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The final result of a vector, after all its attempts. An empty message means that of the last attempt."""

    vector_id: str
    verdict: Verdict
    reason: Reason = Reason.NONE
    message: str = ""
