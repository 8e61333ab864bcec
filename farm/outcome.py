"""What one attempt of one vector on one board came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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
        raw = asdict(self)
        raw["verdict"], raw["reason"], raw["inexact"] = self.verdict.value, self.reason.value, list(self.inexact)
        return raw

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
