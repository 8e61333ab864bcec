"""The result of one attempt of one vector on one board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from farm.core.mismatch import Mismatch
from farm.core.secret_texts import own_secrets, without_secrets
from farm.core.telemetry import Telemetry
from farm.core.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig

LONGEST_RAW = 100_000
"""Characters that are kept of a result that can't be read."""


@dataclass(frozen=True, slots=True)
class Discounted:
    """The original failure of a discounted outcome, whose board then failed a check."""

    verdict: Verdict
    reason: Reason
    message: str

    def as_json(self) -> dict[str, str]:
        """Return a plain dict that `from_json` reads."""
        return {"verdict": self.verdict.value, "reason": self.reason.value, "message": self.message}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Discounted:
        """Read what `as_json` wrote."""
        return cls(Verdict(raw["verdict"]), Reason(raw["reason"]), str(raw["message"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt, reported by the worker, or by the supervisor if the worker ended.

    Attributes:
        vector_id: the vector that was tried.
        verdict: the verdict.
        reason: why, from the closed list.
        message: why, in the words of ttnn, the module or farm.
        started: Unix time in seconds.
        seconds: from the first rebuilt argument to the last check.
        inexact: the arguments that a trace lost and that were left to their defaults.
        left_out: the parameters and fields that the board's ttnn lacks and whose defaults the trace had, with the ttnn
            whose default each is. The call is as traced without them.
        metrics: numbers by tt-metal's names, and those of a comparison (`pcc`, `max_abs_error`, ...): the worst of
            all outputs and chips.
        discounted: the original failure, if it doesn't count because the board then failed its check.
        output: the call's output, encoded by `tracer.values.v2`, if it isn't as traced.
        traceback: of an exception in a sweep module, from the module's first line on.
        open_seconds: how long opening the board took just before the attempt.
        estimate: the seconds that the planner expected.
        device_config: how the board was opened, if not with the vector's own device config.
        tests: the tests of a traced model that passed.
        printed: the last lines that a failed traced model printed.
        raw_trace: a traced model's raw trace: files, compressed and in base64, by what their names add to the first
            one's. It travels to the driver and is never stored with the outcome.
        raw: the result as received, if it could not be read.
        tolerance: the name of the row of the tolerance table that judged the numbers; "" if none were compared.
        mismatch: what is wrong with the numbers.
        measuring_notes: what could not be measured, or is doubtful, and why.
        left_behind: what the vector changed in its process, or started, whether or not farm could put it back.
        telemetry: what the board's chips said after the attempt, if it was trouble for the board.
        details: further details as JSON. No code decides by them.
    """

    vector_id: str
    verdict: Verdict
    reason: Reason = Reason.NONE
    message: str = ""
    started: float = 0.0
    seconds: float = 0.0
    inexact: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    discounted: Discounted | None = None
    output: Any = None
    traceback: str = ""
    open_seconds: float | None = None
    estimate: float | None = None
    device_config: DeviceConfig | None = None
    left_out: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    printed: str = ""
    raw_trace: Mapping[str, str] | None = None
    raw: str = ""
    tolerance: str = ""
    mismatch: Mismatch | None = None
    measuring_notes: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()
    telemetry: Telemetry | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads; what is empty is left out."""
        # faster than `asdict`, which copies everything inside; this runs for every attempt
        always = {
            "vector_id": self.vector_id,
            "verdict": self.verdict.value,
            "started": self.started,
            "seconds": self.seconds,
        }
        rest = {
            "reason": self.reason.value,
            "message": self.message,
            "inexact": self.inexact,
            "metrics": self.metrics,
            "details": self.all_details(),
        }
        return {**always, **{name: value for name, value in rest.items() if value}}

    def all_details(self) -> dict[str, Any]:
        """Return what stores and reports keep under `details`: the fields that few outcomes have, and the details."""
        discounted, config, mismatch = self.discounted, self.device_config, self.mismatch
        details = {
            "doubted": None if discounted is None else discounted.as_json(),
            "output": self.output,
            "traceback": self.traceback or None,
            "open_seconds": self.open_seconds,
            "estimate": self.estimate,
            "device_config": None if config is None else config.as_json(),
            "left_out": self.left_out or None,
            "tests": self.tests or None,
            "tolerance": self.tolerance or None,
            "mismatch": None if mismatch is None else mismatch.as_json(),
            "measuring_notes": self.measuring_notes or None,
            "left_behind": self.left_behind or None,
            "telemetry": None if self.telemetry is None else self.telemetry.as_json(),
            "printed": self.printed or None,
            "raw": self.raw or None,
        }
        return {**self.details, **{name: value for name, value in details.items() if value is not None}}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Outcome:
        """Read what `as_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: the dict is not an outcome.
        """
        fields = dict(raw)
        fields["verdict"], fields["reason"] = Verdict(raw["verdict"]), Reason(raw.get("reason", ""))
        fields["inexact"] = tuple(raw.get("inexact", ()))
        fields["details"] = details = dict(raw.get("details", {}))
        return cls(**fields, **_pop_fields(details))


def _number(value: object) -> float:
    if not _is_number(value):
        raise TypeError(f"{value!r} is not a number")
    return float(value)  # type: ignore[arg-type]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "doubted": ("discounted", Discounted.from_json),
    "output": ("output", lambda value: value),
    "traceback": ("traceback", _text),
    "open_seconds": ("open_seconds", _number),
    "estimate": ("estimate", _number),
    "device_config": ("device_config", DeviceConfig.from_json),
    "left_out": ("left_out", lambda value: tuple(map(_text, value))),
    "tests": ("tests", lambda value: tuple(map(_text, value))),
    "tolerance": ("tolerance", _text),
    "mismatch": ("mismatch", Mismatch.from_json),
    "measuring_notes": ("measuring_notes", lambda value: tuple(map(_text, value))),
    "left_behind": ("left_behind", lambda value: tuple(map(_text, value))),
    "telemetry": ("telemetry", Telemetry.from_json),
    "printed": ("printed", _text),
    "raw": ("raw", _text),
}
"""The fields that are under `details` in JSON: the name there, the name of the field, and its reader."""


def _pop_fields(details: dict[str, Any]) -> dict[str, Any]:
    """Remove the named fields from details in JSON, and return them; a field that can't be read stays a detail."""
    fields: dict[str, Any] = {}
    for key in details.keys() & _READERS.keys():
        name, read = _READERS[key]
        try:
            fields[name] = read(details[key])
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            continue
        del details[key]
    return fields


def discount(failure: Outcome, complaint: str) -> Outcome:
    """Turn a failure into a fault of the board, because the board then failed its check.

    Args:
        failure: the original failure; it is kept in `discounted`.
        complaint: what is wrong with the board.
    """
    return replace(
        failure,
        verdict=Verdict.BOARD_FAULT,
        reason=Reason.BOARD_SUSPECT,
        message=f"failed on a board that then turned out bad ({complaint}): {failure.message}",
        discounted=Discounted(failure.verdict, failure.reason, failure.message),
    )


def read_outcome(vector_id: str, raw: object) -> Outcome:
    """Read the outcome of a vector from a worker's reply; one that can't be read becomes farm's own fault, kept raw."""
    try:
        if not isinstance(raw, dict):
            raise TypeError(f"{type(raw).__name__} is not an outcome")  # noqa: TRY301 - handled like the others
        outcome = Outcome.from_json(raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _malformed(vector_id, f"{type(error).__name__}: {error}", raw)
    if outcome.vector_id != vector_id:
        return _malformed(vector_id, f"it belongs to vector {outcome.vector_id!r}", raw)
    return _without_secrets(checked_outcome(outcome))


def _without_secrets(outcome: Outcome) -> Outcome:
    """The outcome without this host's secrets in its texts: a test may print its environment."""
    texts = (outcome.message, outcome.traceback, outcome.printed, outcome.raw)
    if not any(texts):
        return outcome
    message, traceback, printed, raw = (without_secrets(text, own_secrets()) for text in texts)
    return replace(outcome, message=message, traceback=traceback, printed=printed, raw=raw)


def checked_outcome(outcome: Outcome) -> Outcome:
    """Return the outcome if its fields have the right types; otherwise one that keeps it raw, as farm's own fault."""
    field_name = next((name for name, valid in _field_checks(outcome) if not valid), None)
    if field_name is None:
        return outcome
    return _malformed(outcome.vector_id, f"{field_name} has the wrong type", outcome)


def _field_checks(outcome: Outcome) -> Iterator[tuple[str, bool]]:
    yield "message", isinstance(outcome.message, str)
    yield "started", _is_number(outcome.started)
    yield "seconds", _is_number(outcome.seconds)
    yield "inexact", all(isinstance(name, str) for name in outcome.inexact)
    yield "metrics", isinstance(outcome.metrics, dict) and all(map(_is_number, outcome.metrics.values()))
    yield "details", isinstance(outcome.details, dict)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _malformed(vector_id: str, why: str, raw: object) -> Outcome:
    message = f"its result does not match the schema of results ({why}); it is kept raw in the details"
    return Outcome(vector_id, Verdict.FARM_FAULT, Reason.INTERNAL, message, raw=repr(raw)[:LONGEST_RAW])
