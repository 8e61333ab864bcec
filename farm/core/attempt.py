"""One try of a vector, and how a vector ended."""

from __future__ import annotations

from dataclasses import dataclass

from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one vector on one board.

    Attributes:
        number: 1 for a vector's first attempt in the run.
        board: the board's id.
        outcome: what it came to.
    """

    number: int
    board: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a vector ended, from its attempts. An empty message leaves the last attempt's."""

    vector_id: str
    verdict: Verdict
    reason: Reason = Reason.NONE
    message: str = ""
