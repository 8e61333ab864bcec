"""Outcomes as the scheduler's results, and its resolutions as verdicts."""

from __future__ import annotations

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome, discount
from farm.core.verdicts import Reason, Verdict
from farm.planning.unrunnable import Unrunnable
from farm.running.translation import attempt_result, conclude_unrunnable, conclusion, lost_attempt
from scheduler import AttemptResult, Conclude, Resolution


@pytest.mark.parametrize(
    ("verdict", "reason", "expected"),
    [
        (Verdict.PASS, Reason.NONE, AttemptResult.PASSED),
        (Verdict.VALIDATED, Reason.NONE, AttemptResult.PASSED),
        (Verdict.XFAIL, Reason.EXCEPTION, AttemptResult.PASSED),
        (Verdict.XPASS, Reason.NONE, AttemptResult.FAILED),
        (Verdict.FAIL_ASSERT_EXCEPTION, Reason.LOW_PCC, AttemptResult.FAILED),
        (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY, AttemptResult.FAILED),
        (Verdict.FAIL_CRASH_HANG, Reason.CRASH, AttemptResult.CRASHED),
        (Verdict.FAIL_CRASH_HANG, Reason.HANG, AttemptResult.CRASHED),
        (Verdict.FAIL_CRASH_HANG, Reason.KILLED, AttemptResult.KILLED),
        (Verdict.BOARD_FAULT, Reason.OPEN_FAILED, AttemptResult.REFUSED),
        (Verdict.BOARD_FAULT, Reason.OPEN_TIMEOUT, AttemptResult.REFUSED),
        (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED, AttemptResult.FAULT),
        (Verdict.HOST_FAULT, Reason.HOST_RESOURCES, AttemptResult.FAULT),
        (Verdict.FARM_FAULT, Reason.REBUILD_MISMATCH, AttemptResult.NOT_RUNNABLE),
        (Verdict.NOT_RUN, Reason.UNBINDABLE, AttemptResult.NOT_RUNNABLE),
    ],
)
def test_every_kind_of_outcome_has_a_result(verdict: Verdict, reason: Reason, expected: AttemptResult) -> None:
    assert attempt_result(Outcome("v", verdict, reason)) is expected


def test_every_verdict_has_a_result() -> None:
    assert {attempt_result(Outcome("v", verdict)) for verdict in Verdict} == set(AttemptResult) - {
        AttemptResult.KILLED,
        AttemptResult.REFUSED,
        AttemptResult.LOST,
        AttemptResult.UNTRUSTED,
    }


def attempt(number: int, verdict: Verdict, reason: Reason = Reason.NONE, message: str = "") -> Attempt:
    return Attempt(number, f"board:{number}", Outcome("v", verdict, reason, message))


def test_a_vector_ends_as_the_attempt_that_stands_for_it() -> None:
    attempts = {
        1: attempt(1, Verdict.FAIL_CRASH_HANG, Reason.CRASH, "signal 11"),
        2: attempt(2, Verdict.BOARD_FAULT, Reason.BOARD_LOST, "gone"),
    }
    ended = conclusion(Conclude("v", Resolution.ENDED, 1), attempts)
    assert ended == Conclusion("v", Verdict.FAIL_CRASH_HANG, Reason.CRASH, "signal 11")


def test_a_flaky_verdict_names_both_attempts() -> None:
    attempts = {1: attempt(1, Verdict.FAIL_CRASH_HANG, Reason.HANG, "no answer"), 2: attempt(2, Verdict.VALIDATED)}
    ended = conclusion(Conclude("v", Resolution.FLAKY, 2), attempts)
    assert (ended.verdict, ended.reason) == (Verdict.FLAKY, Reason.HANG)
    assert ended.message == "validated on board:2 after fail_crash_hang on board:1: no answer"


@pytest.mark.parametrize(
    ("verdict", "reason", "message"),
    [
        (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "trisc1 build failed. Log: error: no"),
        (
            Verdict.HOST_FAULT,
            Reason.HOST_RESOURCES,
            "trisc1 build failed. Log: Killed signal terminated program cc1plus",
        ),
        (Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND, "the simulator can't do this"),
    ],
)
def test_a_kernel_that_was_not_compiled_first_makes_no_vector_flaky(
    verdict: Verdict, reason: Reason, message: str
) -> None:
    attempts = {1: attempt(1, verdict, reason, message), 2: attempt(2, Verdict.PASS)}
    assert conclusion(Conclude("v", Resolution.FLAKY, 2), attempts).verdict is Verdict.PASS
    attempts[3] = attempts[2]
    attempts[2] = attempt(2, Verdict.FAIL_CRASH_HANG, Reason.HANG, "no answer")
    assert conclusion(Conclude("v", Resolution.FLAKY, 3), attempts).message.endswith("on board:2: no answer")


@pytest.mark.parametrize(
    ("resolution", "verdict", "reason"),
    [
        (Resolution.UNSATISFIABLE, Verdict.NOT_RUN, Reason.UNSATISFIABLE),
        (Resolution.LOST, Verdict.NOT_RUN, Reason.BOARD_LOST),
        (Resolution.STOPPED, Verdict.NOT_RUN, Reason.STOPPED),
        (Resolution.REFUSED, Verdict.BOARD_FAULT, Reason.OPEN_FAILED),
    ],
)
def test_untried_vectors_have_a_reason(resolution: Resolution, verdict: Verdict, reason: Reason) -> None:
    ended = conclusion(Conclude("v", resolution), {})
    assert (ended.verdict, ended.reason) == (verdict, reason)
    assert ended.message


def test_a_refusal_keeps_its_message() -> None:
    assert conclusion(Conclude("v", Resolution.REFUSED), {}, "no fabric here").message == "no fabric here"
    assert (
        conclusion(Conclude("v", Resolution.LOST), {}, "killed").message
        == "every board that could run it was lost: killed"
    )


def test_a_lost_attempt_blames_the_board() -> None:
    outcome = lost_attempt("v", "mock:n300:0", "its process was killed", 5.0)
    assert (outcome.verdict, outcome.reason) == (Verdict.BOARD_FAULT, Reason.BOARD_LOST)
    assert "mock:n300:0 was lost" in outcome.message
    assert outcome.message.endswith("its process was killed")


def test_a_discounted_failure_is_flaky_once_it_passes_elsewhere() -> None:
    failed = Outcome("v", Verdict.FAIL_CRASH_HANG, Reason.HANG, "no answer")
    discounted = discount(failed, "ttnn sees 1 of 2 chips")
    assert attempt_result(discounted) is AttemptResult.UNTRUSTED
    attempts = {1: Attempt(1, "a", discounted), 2: Attempt(2, "b", Outcome("v", Verdict.VALIDATED))}
    flaky = conclusion(Conclude("v", Resolution.FLAKY, 2), attempts)
    assert (flaky.verdict, flaky.reason) == (Verdict.FLAKY, Reason.BOARD_SUSPECT)
    assert "ttnn sees 1 of 2 chips" in flaky.message


def test_a_broken_module_fails_and_an_invalid_vector_is_not_run() -> None:
    assert conclude_unrunnable("a", Unrunnable(Reason.BROKEN_MODULE, "no")).verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert conclude_unrunnable("a", Unrunnable(Reason.INVALID_VECTOR, "no")).verdict is Verdict.NOT_RUN
    assert conclude_unrunnable("a", Unrunnable(Reason.UNSATISFIABLE, "no")).verdict is Verdict.NOT_RUN
