"""What one attempt of one vector on one board came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from farm.core.verdicts import Reason, Verdict

LONGEST_RAW = 100_000
"""Characters that are kept of a result that can't be read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to, as the worker saw it, or as its supervisor saw it die.

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


def received(vector_id: str, raw: object) -> Outcome:
    """Reads the outcome of a vector as it came from outside; one that doesn't fit is kept raw, as farm's own fault."""
    try:
        if not isinstance(raw, dict):
            raise TypeError(f"{type(raw).__name__} is no outcome")  # noqa: TRY301 - caught with the others that say why
        outcome = Outcome.from_json(raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _unfit(vector_id, f"{type(error).__name__}: {error}", raw)
    if outcome.vector_id != vector_id:
        return _unfit(vector_id, f"it is of vector {outcome.vector_id!r}", raw)
    return fitting(outcome)


def fitting(outcome: Outcome) -> Outcome:
    """The outcome itself if every field is what it must be; else one that keeps it raw, as farm's own fault."""
    wrong = next((name for name, fits in _fits(outcome) if not fits), None)
    return outcome if wrong is None else _unfit(outcome.vector_id, f"{wrong} is not what it must be", outcome)


def _fits(outcome: Outcome) -> Iterator[tuple[str, bool]]:
    yield "message", isinstance(outcome.message, str)
    yield "started", _is_number(outcome.started)
    yield "seconds", _is_number(outcome.seconds)
    yield "inexact", all(isinstance(name, str) for name in outcome.inexact)
    yield "metrics", isinstance(outcome.metrics, dict) and all(map(_is_number, outcome.metrics.values()))
    yield "details", isinstance(outcome.details, dict)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _unfit(vector_id: str, why: str, raw: object) -> Outcome:
    told = f"its result does not fit the schema of results ({why}); it is kept raw in the details"
    details = {"raw": repr(raw)[:LONGEST_RAW]}
    return Outcome(vector_id, Verdict.FARM_FAULT, Reason.INTERNAL, told, details=details)
