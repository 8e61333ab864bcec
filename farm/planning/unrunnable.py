"""Why a vector can't run, where the plan shows it."""

from __future__ import annotations

from dataclasses import dataclass

from farm.core.verdicts import Reason


@dataclass(frozen=True, slots=True)
class Unrunnable:
    """Why no board can run a vector.

    Attributes:
        reason: the reason of its verdict.
        message: the same in words, with what is missing or broken.
    """

    reason: Reason
    message: str
