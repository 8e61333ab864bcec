"""A tool that hangs costs its limit once, not at each trouble."""

from __future__ import annotations

from pathlib import Path

from farm.board.backends.silicon import Silicon, silicon_board
from farm.board.discovery.facts import ChipGroup
from farm.board.kinds import KINDS
from farm.board.trouble_snapshots import LIMIT_SECONDS, PAUSE_SECONDS, TroubleSnapshots
from farm.board.tt_smi import SmiReport

HUNG = SmiReport(troubles=("tt-smi did not end in 20 s, and was killed",), timed_out=True)
FAILED = SmiReport(troubles=("tt-smi ended with exit code 1",))
GOOD = SmiReport(driver="2.0")


class Tool:
    """A tool with answers to give, and a clock."""

    def __init__(self, *answers: SmiReport) -> None:
        self.answers = list(answers)
        self.now = 1000.0

    def ask(self, limit: float) -> SmiReport:
        assert limit == LIMIT_SECONDS
        report = self.answers.pop(0)
        self.now += limit if report.timed_out else 1.0
        return report

    def clock(self) -> float:
        return self.now


def test_a_tool_that_hung_is_asked_again_after_a_while() -> None:
    tool = Tool(HUNG, HUNG, GOOD, FAILED, GOOD)
    snapshots = TroubleSnapshots(tool.ask, tool.clock)
    for _ in range(2):
        assert snapshots() == HUNG
        tool.now += 30.0
        assert snapshots() == SmiReport(troubles=("tt-smi was not asked: it did not end in 20 s, 30 s ago",))
        tool.now += PAUSE_SECONDS - 30.0
    assert [snapshots() for _ in range(3)] == [GOOD, FAILED, GOOD], "what ends is asked each time"


def test_the_telemetry_of_a_board_says_that_nobody_was_asked(tmp_path: Path) -> None:
    tool = Tool(HUNG)
    silicon = Silicon(tmp_path, tmp_path, tmp_path / "none", snapshot=TroubleSnapshots(tool.ask, tool.clock))
    board = silicon_board(ChipGroup(KINDS["n150"], ("0000:61:00.0",), "one chip"))
    assert silicon.telemetry(board).troubles == HUNG.troubles
    assert silicon.telemetry(board).troubles == ("tt-smi was not asked: it did not end in 20 s, 0 s ago",)
