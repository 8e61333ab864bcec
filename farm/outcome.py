"""What one attempt of one vector on one board came to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from farm.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to, as the board process saw it, or as its keeper saw it die.

    Attributes:
        vector_id: the vector that was tried.
        verdict: how it ended.
        reason: why, from the closed list.
        message: the words of whoever said so: ttnn, the module, farm.
        started: Unix time in seconds.
        seconds: from the first rebuilt argument to the last check.
        inexact: the arguments that a trace lost and that were left to their defaults.
        metrics: numbers by tt-metal's names, and `pcc`, `max_abs_error`.
        details: anything else worth keeping, JSON.
    """

    vector_id: str
    verdict: Verdict
    reason: Reason = Reason.NONE
    message: str = ""
    started: float = 0.0
    seconds: float = 0.0
    inexact: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """A plain dict; `from_json` reads it back."""
        # by name, since `asdict` copies everything inside: this is done for every attempt
        return {
            "vector_id": self.vector_id,
            "verdict": self.verdict.value,
            "reason": self.reason.value,
            "message": self.message,
            "started": self.started,
            "seconds": self.seconds,
            "inexact": list(self.inexact),
            "metrics": self.metrics,
            "details": self.details,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Outcome:
        """Reads what `as_json` wrote.

        Raises:
            ValueError, TypeError: the dict is no outcome.
        """
        given = dict(raw)
        given["verdict"], given["reason"] = Verdict(raw["verdict"]), Reason(raw.get("reason", ""))
        given["inexact"] = tuple(raw.get("inexact", ()))
        return cls(**given)


def doubted(failed: Outcome, complaint: str) -> Outcome:
    """A failure that doesn't count, since the board it happened on then turned out bad.

    Args:
        failed: the failure as it was seen; it is kept in the details.
        complaint: what is wrong with the board.
    """
    told = f"failed on a board that then turned out bad ({complaint}): {failed.message}"
    seen = {"verdict": failed.verdict.value, "reason": failed.reason.value, "message": failed.message}
    return replace(
        failed,
        verdict=Verdict.BOARD_FAULT,
        reason=Reason.BOARD_SUSPECT,
        message=told,
        details={**failed.details, "doubted": seen},
    )
