"""Translation of outcomes for the scheduler, and of the scheduler's resolutions to verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from farm.core.attempt import Attempt, Conclusion
from farm.core.classify import is_compile_failure
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.unrunnable import Unrunnable
from scheduler import AttemptResult, Conclude, Resolution

_OF_MODELS = (Reason.DOWNLOAD_FAILED, Reason.NO_ACCESS, Reason.OFFLINE)
"""Faults that no board has to do with; downloads were already tried again."""
_REFUSALS = (Reason.OPEN_FAILED, Reason.OPEN_TIMEOUT)


def attempt_result(outcome: Outcome) -> AttemptResult:
    """Return what an attempt means to the scheduler: whether to try again, and what to blame."""
    verdict = outcome.verdict
    if verdict.good:
        return AttemptResult.PASSED
    if verdict is Verdict.FAIL_CRASH_HANG:
        return AttemptResult.KILLED if outcome.reason is Reason.KILLED else AttemptResult.CRASHED
    if verdict.failed:
        return AttemptResult.FAILED
    if outcome.reason is Reason.OUT_OF_MEMORY_HOST:
        return AttemptResult.CRASHED  # the vector used the memory, not the board: once more, in a new process
    if verdict in (Verdict.BOARD_FAULT, Verdict.HOST_FAULT):
        if outcome.discounted is not None:
            return AttemptResult.UNTRUSTED
        if outcome.reason in _OF_MODELS:
            return AttemptResult.NOT_RUNNABLE
        return AttemptResult.REFUSED if outcome.reason in _REFUSALS else AttemptResult.FAULT
    # not run, or a fault of farm itself: the result would be the same on any board
    return AttemptResult.NOT_RUNNABLE


def lost_attempt(vector_id: str, board: str, message: str, now: float) -> Outcome:
    """Return the outcome of an attempt during which its board was lost.

    Args:
        vector_id: the vector.
        board: the board's id.
        message: the cause of the loss; may be empty.
        now: Unix time in seconds.
    """
    text = _because(f"{board} was lost while this vector was probably running", message)
    return Outcome(vector_id, Verdict.BOARD_FAULT, Reason.BOARD_LOST, text, started=now)


def conclude_unrunnable(vector_id: str, unrunnable: Unrunnable) -> Conclusion:
    """Return the verdict of an unrunnable vector: one of a broken sweep module fails, all others are not run."""
    verdict = Verdict.FAIL_ASSERT_EXCEPTION if unrunnable.reason is Reason.BROKEN_MODULE else Verdict.NOT_RUN
    return Conclusion(vector_id, verdict, unrunnable.reason, unrunnable.message)


def conclusion(concluded: Conclude, attempts: Mapping[int, Attempt], cause: str = "") -> Conclusion:
    """Return the verdict of a vector that the scheduler resolved.

    Args:
        concluded: the scheduler's instruction.
        attempts: the vector's attempts by number.
        cause: why boards refused to open as the vector needs, why they were lost, or which limit stopped the run;
            empty otherwise.
    """
    if concluded.attempt is not None:
        decisive = attempts[concluded.attempt]
        bad = next(filter(_counts_as_failure, (attempts[number] for number in sorted(attempts))), None)
        if concluded.resolution is Resolution.FLAKY and bad is not None:
            return _flaky(concluded.task, decisive, bad)
        outcome = decisive.outcome
        return Conclusion(concluded.task, outcome.verdict, outcome.reason, outcome.message)
    verdict, reason, message = _undecided(concluded.resolution, cause)
    if attempts:
        last = attempts[max(attempts)]
        attempt = f"{last.outcome.verdict.value} on {last.board}: {last.outcome.message}"
        message = f"{message}; a retry was due after {attempt}"
    return Conclusion(concluded.task, verdict, reason, message)


def _undecided(resolution: Resolution, cause: str) -> tuple[Verdict, Reason, str]:
    """Return verdict, reason and message of a vector that no attempt decides."""
    match resolution:
        case Resolution.LOST:
            return Verdict.NOT_RUN, Reason.BOARD_LOST, _because("every board that could run it was lost", cause)
        case Resolution.STOPPED:
            reason = Reason.STOPPED_BY_LIMIT if cause else Reason.STOPPED
            return Verdict.NOT_RUN, reason, f"the run {f'reached {cause}' if cause else 'was stopped'} first"
        case Resolution.REFUSED:
            return Verdict.BOARD_FAULT, Reason.OPEN_FAILED, cause or "no board opened as it needs"
    return Verdict.NOT_RUN, Reason.UNSATISFIABLE, "no board of this run can run it"


def _counts_as_failure(attempt: Attempt) -> bool:
    """Whether an attempt shows that a vector which ends well fails at times: not where its kernel was not compiled."""
    return attempt_result(attempt.outcome).failed and not is_compile_failure(attempt.outcome.message)


def _flaky(vector_id: str, good: Attempt, bad: Attempt) -> Conclusion:
    text = f"{good.outcome.verdict.value} on {good.board} after {bad.outcome.verdict.value} on {bad.board}"
    return Conclusion(vector_id, Verdict.FLAKY, bad.outcome.reason, f"{text}: {bad.outcome.message}")


def _because(text: str, cause: str) -> str:
    return f"{text}: {cause}" if cause else text
