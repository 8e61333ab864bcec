"""The table of failure texts: every row, other texts of the same kinds, and those of the shared file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.core.classify import (
    classify,
    classify_end,
    describe_exit,
    error_text,
    is_compile_failure,
    last_error_line,
    last_words,
)
from farm.core.failure_texts import RULES, Rule
from farm.core.verdicts import Reason, Verdict
from tests.farm.core.failure_examples import ENDS, EXCEPTIONS


@pytest.mark.parametrize(("text", "verdict"), EXCEPTIONS)
def test_the_text_of_an_exception_decides_its_verdict(text: str, verdict: tuple[Verdict, Reason]) -> None:
    assert classify(text) == verdict
    assert classify(text.upper()) == verdict, "case does not matter"
    assert classify(f"{text}\nbacktrace:\n --- tt::Watcher::detected()") == verdict, "a backtrace says nothing"


@pytest.mark.parametrize(("printed", "code", "verdict"), ENDS)
def test_what_a_process_printed_decides_the_verdict_of_its_end(
    printed: str, code: int, verdict: tuple[Verdict, Reason]
) -> None:
    assert classify_end(printed, code) == verdict


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.source[:40])
def test_every_row_decides_an_example_and_names_its_source(rule: Rule) -> None:
    decided = [text for text, _ in EXCEPTIONS if next((r for r in RULES if r.pattern.search(text)), None) is rule]
    assert decided
    assert rule.source


@pytest.mark.parametrize("text", [text for text, verdict in EXCEPTIONS if verdict[0].fault])
def test_an_end_whose_last_words_blame_the_board_or_the_host_blames_no_vector(text: str) -> None:
    assert classify_end(f"what(): {text}", -6) == classify(text)


def test_the_shared_texts(shared_data: Path) -> None:
    file = shared_data.parent / "cases" / "40_failure_texts" / "texts.jsonl"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    wrong = []
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        exception = case["how"] == "exception"
        verdict, reason = classify(case["text"]) if exception else classify_end(case["text"], case["exit_code"])
        if (verdict.value, reason.value) != (case["right_verdict"], case["right_reason"]):
            wrong.append((case["n"], verdict, reason))
    assert not wrong


def test_kernels_that_are_not_compiled_are_told_from_other_failures() -> None:
    assert is_compile_failure("trisc1 build failed. Log: error: no")
    assert is_compile_failure("Failed to generate binaries for reader")
    assert not is_compile_failure("TT_FATAL: shapes differ")


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


def test_the_last_error_is_preferred_to_the_last_line() -> None:
    assert last_error_line("") == ""
    assert last_error_line("opening\nx\n") == "x"
    assert last_error_line("TT_FATAL: too wide\nnanobind: leaked 3 instances\n") == "TT_FATAL: too wide"
    thrown = "TT_THROW @ watcher.cpp:1: tt::exception\ninfo:\nOn core (x=1,y=1)\nbye"
    assert last_error_line(thrown) == "TT_THROW @ watcher.cpp:1: tt::exception On core (x=1,y=1)"
    stopped = "Watcher stopped the device due to tripped assert"
    told = f"{stopped}\nhello\n{thrown}"
    assert last_error_line(told) == f"{stopped}: TT_THROW @ watcher.cpp:1: tt::exception On core (x=1,y=1)"
    assert last_words("one\nTT_THROW @ a.cpp:1\ninfo:\ntwo\n") == "TT_THROW @ a.cpp:1\ninfo:\ntwo"
