"""One test for each row of the table of texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.classify import RULES, classify, classify_end, describe_exit, error_text, last_error_line
from farm.core.verdicts import Reason, Verdict


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.text[:30])
def test_each_text_decides_its_verdict(rule: object) -> None:
    text = rule.text  # type: ignore[attr-defined]
    assert classify(f"TT_THROW @ somewhere: {text} and more") == (rule.verdict, rule.reason)  # type: ignore[attr-defined]


def test_anything_else_is_a_failed_assertion() -> None:
    assert classify("TT_FATAL: shapes differ") == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    assert classify("") == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)


def test_error_texts_leave_out_the_backtrace() -> None:
    text = error_text(
        RuntimeError("TT_FATAL @ a.cpp:1: x == y\ninfo:\nMust be equal\nbacktrace:\n --- frame 1\n --- frame 2")
    )
    assert text == "TT_FATAL @ a.cpp:1: x == y\ninfo:\nMust be equal"
    assert error_text(ValueError("bad")) == "ValueError: bad"
    assert error_text(KeyError()) == "KeyError"
    assert len(error_text(RuntimeError("x" * 100_000))) < 5000


def test_exits_are_described_by_signal_or_code() -> None:
    assert describe_exit(-11) == "was killed by SIGSEGV"
    assert describe_exit(3) == "ended with exit code 3"
    assert describe_exit(None) == "ended in an unknown way"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("terminate called after throwing an instance of 'std::runtime_error'", Reason.CRASH),
        ("TT_FATAL @ a.cpp:1: tensor.is_allocated()", Reason.CRASH),
        ("", Reason.CRASH),
        ("MemoryError", Reason.CRASH),
        ("TT_THROW: device timeout in fetch queue wait, potential hang detected", Reason.HANG),
    ],
)
def test_the_end_of_a_process_is_a_failure_of_its_vector(message: str, reason: Reason) -> None:
    assert classify_end(message) == (Verdict.FAIL_CRASH_HANG, reason)


def test_sigkill_comes_from_outside() -> None:
    assert classify_end("the worker was killed by SIGKILL", -9) == (Verdict.FAIL_CRASH_HANG, Reason.KILLED)
    assert classify_end("the worker was killed by SIGSEGV", -11) == (Verdict.FAIL_CRASH_HANG, Reason.CRASH)
    assert classify_end("what(): No space left on device", -9)[0] is Verdict.HOST_FAULT


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.verdict.fault], ids=lambda rule: rule.text[:30])
def test_an_end_with_a_board_or_host_message_blames_no_vector(rule: object) -> None:
    assert classify_end(f"what(): {rule.text}") == (rule.verdict, rule.reason)  # type: ignore[attr-defined]


def test_the_last_error_is_preferred_to_the_last_line(tmp_path: Path) -> None:
    log = tmp_path / "process.log"
    assert last_error_line(log) == ""
    log.write_bytes(b"opening\n\xff\x00\n")
    assert last_error_line(log) == "\ufffd\x00"
    log.write_text("TT_FATAL: too wide\nnanobind: leaked 3 instances\n", encoding="utf-8")
    assert last_error_line(log) == "TT_FATAL: too wide"
    assert last_error_line(log, since=18) == "nanobind: leaked 3 instances", "the output of another process is ignored"
    log.write_text("x" * 100_000 + "\nthe end\n", encoding="utf-8")
    assert last_error_line(log) == "the end"
