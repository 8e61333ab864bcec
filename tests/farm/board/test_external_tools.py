"""Programs of others: their end, their output, and what they leave behind."""

from __future__ import annotations

from pathlib import Path

from farm.board.external_tools import ToolEnd, run_tool
from tests.farm.board.ends import await_end


def test_a_program_is_run_to_its_end() -> None:
    assert run_tool(["sh", "-c", "echo out; echo err >&2; exit 3"], 60) == ToolEnd(3, "out\n", "err\n")
    assert run_tool(["sh", "-c", "kill -9 $$"], 60).code == -9
    assert run_tool(["no-such-program"], 60) == ToolEnd(None, trouble="can't be started: No such file or directory")


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; echo begun; wait"
    end = run_tool(["sh", "-c", script], 1)
    assert end == ToolEnd(None, "begun\n", "", "did not end in 1 s, and was killed", timed_out=True)
    await_end(int((tmp_path / "pid").read_text(encoding="utf-8")))
