"""Programs of others: their end, their output, and what they leave behind."""

from __future__ import annotations

import sys
from pathlib import Path

from farm.board.holders import is_running
from farm.board.tool_process import ToolEnd, run_tool


def test_a_program_is_run_to_its_end() -> None:
    assert run_tool(["sh", "-c", "echo out; echo err >&2; exit 3"], 60) == ToolEnd(3, "out\nerr\n")
    assert run_tool(["sh", "-c", "kill -9 $$"], 60).code == -9
    assert run_tool(["no-such-program"], 60) == ToolEnd(None, trouble="no-such-program: No such file or directory")


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; echo begun; wait"
    end = run_tool(["sh", "-c", script], 1)
    assert end == ToolEnd(None, "begun\n", "it did not end in 1 s", timed_out=True)
    assert not is_running(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_the_end_of_a_long_output_is_kept() -> None:
    end = run_tool([sys.executable, "-c", "print('x' * 5_000_000); print('last')"], 60)
    assert len(end.output) < 4_300_000
    assert end.output.endswith("last\n")
