"""Between the words of results and those of the scheduler: what outcomes mean, what conclusions say."""

from __future__ import annotations

from collections.abc import Mapping

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from scheduler import AttemptResult, Conclude, Resolution

STOPPED = "the run was stopped first"
_REFUSALS = (Reason.OPEN_FAILED, Reason.OPEN_TIMEOUT)


def ending(outcome: Outcome) -> AttemptResult:
    """What an attempt means to the scheduler: whether it tries again, and whom it blames."""
    verdict = outcome.verdict
    if verdict.good:
        return AttemptResult.PASSED
    if verdict is Verdict.FAIL_CRASH_HANG:
        return AttemptResult.KILLED if outcome.reason is Reason.KILLED else AttemptResult.CRASHED
    if verdict.failed:
        return AttemptResult.FAILED
    if verdict in (Verdict.BOARD_FAULT, Verdict.HOST_FAULT):
        if outcome.discounted is not None:
            return AttemptResult.UNTRUSTED
        return AttemptResult.REFUSED if outcome.reason in _REFUSALS else AttemptResult.FAULT
    # not run, or a fault of farm itself: any board would say the same
    return AttemptResult.NOT_RUNNABLE


def missed(vector_id: str, board: str, message: str, now: float) -> Outcome:
    """The outcome of an attempt whose board was lost under it.

    Args:
        vector_id: the vector.
        board: the board's id.
        message: what is known of the loss; may be empty.
        now: Unix time in seconds.
    """
    told = _because(f"{board} was lost while this vector was probably running", message)
    return Outcome(vector_id, Verdict.BOARD_FAULT, Reason.BOARD_LOST, told, started=now)


def conclusion(decided: Conclude, attempts: Mapping[int, Attempt], cause: str = "") -> Conclusion:
    """How a vector ended.

    Args:
        decided: what the scheduler concluded.
        attempts: the vector's attempts by number.
        cause: why boards refused to open as the vector needs, or why they were lost, where they were; which limit
            stopped the run, where one did.
    """
    if decided.attempt is not None:
        decisive = attempts[decided.attempt]
        if decided.resolution is Resolution.FLAKY:
            return _flaky(decided.work, decisive, attempts)
        outcome = decisive.outcome
        return Conclusion(decided.work, outcome.verdict, outcome.reason, outcome.message)
    verdict, reason, message = {
        Resolution.UNSATISFIABLE: (Verdict.NOT_RUN, Reason.UNSATISFIABLE, "no board of this run can run it"),
        Resolution.LOST: (
            Verdict.NOT_RUN,
            Reason.BOARD_LOST,
            _because("every board that could run it was lost", cause),
        ),
        Resolution.STOPPED: (
            Verdict.NOT_RUN,
            Reason.STOPPED_BY_LIMIT if cause else Reason.STOPPED,
            _because(STOPPED, cause),
        ),
        Resolution.REFUSED: (Verdict.BOARD_FAULT, Reason.OPEN_FAILED, cause or "no board opened as it needs"),
    }[decided.resolution]
    if attempts:
        last = attempts[max(attempts)]
        told = f"{last.outcome.verdict.value} on {last.board}: {last.outcome.message}"
        message = f"{message}; it was to be tried again after {told}"
    return Conclusion(decided.work, verdict, reason, message)


def _flaky(vector_id: str, good: Attempt, attempts: Mapping[int, Attempt]) -> Conclusion:
    bad = next(attempt for number, attempt in sorted(attempts.items()) if ending(attempt.outcome).failed)
    told = f"{good.outcome.verdict.value} on {good.board} after {bad.outcome.verdict.value} on {bad.board}"
    return Conclusion(vector_id, Verdict.FLAKY, bad.outcome.reason, f"{told}: {bad.outcome.message}")


def _because(what: str, cause: str) -> str:
    return f"{what}: {cause}" if cause else what


def untried(vector_id: str, reason: Reason, message: str) -> Conclusion:
    """How a vector ends that can't be run, as is known before: a broken sweep module fails, all else is not run."""
    verdict = Verdict.FAIL_ASSERT_EXCEPTION if reason is Reason.BROKEN_MODULE else Verdict.NOT_RUN
    return Conclusion(vector_id, verdict, reason, message)
