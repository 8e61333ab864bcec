"""The verdict of a module's `run()`: a test for each kind of answer."""

from __future__ import annotations

import pytest

from farm.core.classify import judge_answer
from farm.core.verdicts import Reason, Verdict
from farm.worker.module_attempt import expected

FAILED = Verdict.FAIL_ASSERT_EXCEPTION


@pytest.mark.parametrize(
    ("answer", "computing", "mock"),
    [
        ((True, "0.999"), (Verdict.PASS, Reason.NONE), (Verdict.VALIDATED, Reason.NONE)),
        ((False, "0.5"), (FAILED, Reason.OUTPUT_MISMATCH), (Verdict.VALIDATED, Reason.NONE)),
        ([(True, "1.0"), 500], (Verdict.PASS, Reason.NONE), (Verdict.VALIDATED, Reason.NONE)),
        ([(False, ""), 500], (FAILED, Reason.OUTPUT_MISMATCH), (Verdict.VALIDATED, Reason.NONE)),
        ([True, "1.0"], (FAILED, Reason.BROKEN_MODULE), (FAILED, Reason.BROKEN_MODULE)),
        (None, (FAILED, Reason.BROKEN_MODULE), (FAILED, Reason.BROKEN_MODULE)),
        (True, (FAILED, Reason.BROKEN_MODULE), (FAILED, Reason.BROKEN_MODULE)),
        ("fine", (FAILED, Reason.BROKEN_MODULE), (FAILED, Reason.BROKEN_MODULE)),
        ([], (FAILED, Reason.BROKEN_MODULE), (FAILED, Reason.BROKEN_MODULE)),
        (AssertionError("0.1"), (FAILED, Reason.EXCEPTION), (FAILED, Reason.EXCEPTION)),
        (TypeError("run() got"), (FAILED, Reason.EXCEPTION), (FAILED, Reason.EXCEPTION)),
        (SystemExit(3), (FAILED, Reason.EXCEPTION), (FAILED, Reason.EXCEPTION)),
        (
            RuntimeError("Out of Memory: Not enough space to allocate 3 B"),
            (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY),
            (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY),
        ),
        (
            RuntimeError("unexpected run_mailbox value 0x40"),
            (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED),
            (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED),
        ),
    ],
    ids=repr,
)
def test_each_answer(answer: object, computing: tuple[Verdict, Reason], mock: tuple[Verdict, Reason]) -> None:
    assert judge_answer(answer, computes=True)[:2] == computing
    assert judge_answer(answer, computes=False)[:2] == mock


def test_on_a_mock_a_comparison_is_kept_and_marked() -> None:
    assert judge_answer((False, "0.12"), computes=False)[2].endswith("the module said: 0.12")
    assert judge_answer((True, "0.999"), computes=False)[2] == "0.999"
    assert judge_answer((False, ""), computes=True)[2] == "run() returned False"


@pytest.mark.parametrize(
    ("suite", "verdict", "computes", "expected_verdict"),
    [
        ("nightly", FAILED, True, FAILED),
        ("xfail", FAILED, True, Verdict.XFAIL),
        ("xfail_memory", Verdict.FAIL_L1_OUT_OF_MEM, False, Verdict.XFAIL),
        ("xfail", Verdict.PASS, True, Verdict.XPASS),
        ("xfail", Verdict.VALIDATED, False, Verdict.VALIDATED),
        ("xfail", Verdict.FAIL_CRASH_HANG, True, Verdict.FAIL_CRASH_HANG),
        ("xfail", Verdict.BOARD_FAULT, True, Verdict.BOARD_FAULT),
        ("xfail", Verdict.NOT_RUN, True, Verdict.NOT_RUN),
        ("nightly_xfail", Verdict.PASS, True, Verdict.PASS),
    ],
)
def test_suites_that_should_fail(suite: str, verdict: Verdict, computes: bool, expected_verdict: Verdict) -> None:
    assert expected(suite, verdict, computes=computes) is expected_verdict
