"""One test for each row of the table of texts."""

from __future__ import annotations

import pytest

from farm.process.classify import RULES, classify, describe_exit, words
from farm.verdicts import Reason, Verdict


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text[:30])
def test_each_text_decides_its_verdict(rule: object) -> None:
    text = rule.text  # type: ignore[attr-defined]
    assert classify(f"TT_THROW @ somewhere: {text} and more") == (rule.verdict, rule.reason)  # type: ignore[attr-defined]


def test_anything_else_is_a_failed_assertion() -> None:
    assert classify("TT_FATAL: shapes differ") == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    assert classify("") == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)


def test_words_leave_out_the_backtrace() -> None:
    told = words(
        RuntimeError("TT_FATAL @ a.cpp:1: x == y\ninfo:\nMust be equal\nbacktrace:\n --- frame 1\n --- frame 2")
    )
    assert told == "TT_FATAL @ a.cpp:1: x == y\ninfo:\nMust be equal"
    assert words(ValueError("bad")) == "ValueError: bad"
    assert words(KeyError()) == "KeyError"
    assert len(words(RuntimeError("x" * 100_000))) < 5000


def test_exits_are_told_by_signal_or_code() -> None:
    assert describe_exit(-11) == "was killed by SIGSEGV"
    assert describe_exit(3) == "ended with exit code 3"
    assert describe_exit(None) == "ended in an unknown way"
