"""What a process prints is read as it prints, and only the end is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.output import Output, append
from farm.core.classify import classify_end, last_error_line
from farm.core.log import FILE_BYTES
from farm.core.output_marks import encode_mark
from farm.core.verdicts import Reason, Verdict
from farm.worker.printed import OutputMarks


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Output]:
    output = Output(tmp_path / "process.log")
    yield output
    output.close()


def say(output: Output, text: bytes) -> None:
    """Print, as the process would; the pipe is emptied by the output's own thread."""
    left = memoryview(text)
    while left:
        left = left[os.write(output.write_end, left) :]


def test_only_what_was_printed_since_a_mark_counts(output: Output) -> None:
    assert output.since() == ""
    say(output, b"TT_FATAL: too wide\n" + encode_mark(1) + b"\xff\x00\n")
    assert last_error_line(output.since()) == "TT_FATAL: too wide"
    assert output.since(1) == "\ufffd\x00\n", "the output of an earlier vector is ignored"
    assert classify_end(output.since(1), -6) == (Verdict.FAIL_CRASH_HANG, Reason.CRASH)
    assert output.since(7) == output.since(1), "the last mark that came counts"
    assert output.length == len(b"TT_FATAL: too wide\n\xff\x00\n"), "marks are no text"


@pytest.mark.parametrize("cut", range(1, len(encode_mark(12))))
def test_a_mark_may_arrive_in_two_pieces(output: Output, cut: int) -> None:
    mark = encode_mark(12)
    say(output, b"before" + mark[:cut])
    output.since()
    say(output, mark[cut:] + b"after\x1e")
    assert output.since(12) == "after\x1e"
    assert output.since() == "beforeafter\x1e"


def test_a_process_may_print_what_looks_like_a_mark(output: Output) -> None:
    say(output, b"\x1efarm-mark:x\x1e\x1efarm-mark:" + b"9" * 30 + b"\x1e tail")
    assert output.since().endswith("\x1e tail")


@pytest.mark.parametrize("line", [b"x" * 1000, b"line\n" * 200, bytes(range(256)) * 4], ids=["one", "many", "binary"])
def test_any_amount_of_output_leaves_its_end(output: Output, line: bytes) -> None:
    for _ in range(20_000):
        say(output, line)
    say(output, encode_mark(1) + b"\nTT_FATAL: the end\n")
    assert output.since(1) == "\nTT_FATAL: the end\n"
    output.close()
    assert output.log.stat().st_size <= 2 * FILE_BYTES
    assert output.log.read_bytes().endswith(line[-100:] + b"\nTT_FATAL: the end\n")
    assert len(output.since()) <= 65536


def test_a_file_that_cannot_be_written_costs_nothing_but_itself(tmp_path: Path) -> None:
    for log in (tmp_path / "nowhere" / "process.log", Path("/dev/full")):
        output = Output(log)
        say(output, b"out of room\n")
        assert output.since() == "out of room\n"
        output.close()


def test_a_file_keeps_the_end_of_what_is_appended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for number in range(100):
        append(log, b"%03d\n" % number, most=40)
        assert log.stat().st_size <= 80
    assert log.read_bytes().endswith(b"097\n098\n099\n")


def test_marks_reach_the_first_output_of_a_process(output: Output) -> None:
    saved = os.dup(output.write_end)
    marks = OutputMarks(saved)
    os.close(saved)  # as a module may do
    say(output, b"one\n")
    assert marks.mark() == 1
    say(output, b"two\n")
    assert marks.mark() == 2
    assert output.since(1) == "two\n"
    assert output.since(2) == ""
    assert OutputMarks(None).mark() == 0
    os.close(marks._output or 0)
