"""Progress displays: counts, lines and rows."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.progress import BoardStatus, Progress
from farm.core.verdicts import Verdict
from farm.report.tally import MAX_FAILURES_SHOWN, Tally, duration
from farm.running.display import progress_on
from farm.running.live import LiveProgress
from farm.running.plain import SECONDS_BETWEEN, PlainProgress
from scheduler import BoardState

HOSTILE = "\x1b[2J[red]boom[/red]\nsecond line\x07"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ends(progress: Progress, vector_id: str, verdict: Verdict, message: str = "", board: str = "mock:n300:0") -> None:
    progress.attempt(Attempt(1, board, Outcome(vector_id, verdict, message=message)), "ttnn.add")
    progress.concluded(Conclusion(vector_id, verdict), "ttnn.add")


def plain(clock: Callable[[], float]) -> tuple[PlainProgress, io.StringIO]:
    stream = io.StringIO()
    return PlainProgress(stream, clock), stream


class TestTally:
    def test_time_left_follows_the_pace_since_the_first_attempt(self) -> None:
        clock = Clock()
        tally = Tally(clock)
        tally.planned = 40
        clock.now += 60  # boards open
        assert tally.seconds_left is None
        for at in range(10):
            tally.attempt(Attempt(1, "b", Outcome(str(at), Verdict.PASS)))
            clock.now += 1
            assert tally.seconds_left is None
            tally.conclude(Conclusion(str(at), Verdict.PASS), "ttnn.add")
        assert tally.seconds_left == 30.0

    def test_a_kind_of_failure_is_shown_once(self) -> None:
        tally = Tally()
        lines = []
        for at in range(3):
            tally.attempt(Attempt(1, "b", Outcome(str(at), Verdict.FAIL_WATCHER, message=f"core {at} asserted")))
            lines.append(tally.conclude(Conclusion(str(at), Verdict.FAIL_WATCHER), "ttnn.add"))
        assert lines == ["fail_watcher ttnn.add on b: core 0 asserted", None, None]
        assert tally.summary() == "3 of 0, 3 fail_watcher"

    def test_a_limited_number_of_failures_is_shown(self) -> None:
        tally = Tally()
        lines = [tally.conclude(Conclusion("v", Verdict.FAIL_WATCHER, message="x" * at), "o") for at in range(200)]
        assert sum(line is not None for line in lines) == MAX_FAILURES_SHOWN

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0.44, "0.4 s"), (12.3, "12 s"), (187, "3:07 min"), (3720, "1:02 h"), (59.9, "60 s")]
    )
    def test_durations_have_a_readable_unit(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text


class TestPlain:
    def test_a_line_every_few_seconds_and_one_at_the_end(self) -> None:
        clock = Clock()
        progress, stream = plain(clock)
        with progress:
            progress.planned(1000)
            progress.board("mock:n300:0", BoardStatus(BoardState.BUSY, "ttnn.add"))
            for at in range(1000):
                clock.now += SECONDS_BETWEEN / 400
                ends(progress, str(at), Verdict.VALIDATED)
        assert stream.getvalue().splitlines() == [
            "farm: 400 of 1000, 400 validated, about 7.5 s left",
            "farm: 800 of 1000, 800 validated, about 2.5 s left",
            "farm: 1000 of 1000, 1000 validated",
        ]

    def test_noteworthy_changes_have_a_line(self) -> None:
        progress, stream = plain(Clock())
        for state in (BoardState.HEALTHY, BoardState.LOST, BoardState.STARTING, BoardState.LOST, BoardState.RETIRED):
            progress.board("mock:n300:0", BoardStatus(state, message="signal 11"))
        ends(progress, "v", Verdict.FAIL_CRASH_HANG, HOSTILE)
        progress.note("stopping\nas requested")
        assert stream.getvalue().splitlines() == [
            "farm: mock:n300:0 lost: signal 11",
            "farm: mock:n300:0 is started again",
            "farm: mock:n300:0 lost: signal 11",
            "farm: mock:n300:0 retired",
            "farm: fail_crash_hang ttnn.add on mock:n300:0: \\x1b[2J[red]boom[/red] second line\\x07",
            "farm: stopping as requested",
        ]

    def test_a_narrow_encoding_loses_no_line(self) -> None:
        raw = io.BytesIO()
        progress = PlainProgress(io.TextIOWrapper(raw, encoding="ascii"))
        progress.note("漢 …")
        assert raw.getvalue() == b"farm: \\u6f22 \\u2026\n"


class TestLive:
    def picture(self, progress: LiveProgress, height: int = 20) -> str:
        console = Console(file=io.StringIO(), width=90, height=height)
        progress._console = console
        with console.capture() as capture:
            console.print(progress.picture())
        return capture.get()

    def test_a_row_per_board_and_the_counts(self) -> None:
        progress = LiveProgress(Console(file=io.StringIO()), Clock())
        progress.planned(4)
        progress.board("mock:n300:0", BoardStatus(BoardState.BUSY, "ttnn.add, 2 vectors, 1x2"))
        progress.board("mock:p150:[red]0", BoardStatus(BoardState.UNVERIFIED))
        ends(progress, "a", Verdict.VALIDATED)
        ends(progress, "b", Verdict.FAIL_WATCHER, "core 3")
        lines = [line.split() for line in self.picture(progress).splitlines()]
        assert lines[0] == ["mock:n300:0", "busy", "2", "tried,", "1", "bad", "ttnn.add,", "2", "vectors,", "1x2"]
        assert lines[1] == ["mock:p150:[red]0", "unverified", "0", "tried"]
        assert "2/4" in lines[2]
        assert lines[3] == ["1", "validated,", "1", "fail_watcher"]

    def test_boards_beyond_the_height_are_counted(self) -> None:
        progress = LiveProgress(Console(file=io.StringIO()), Clock())
        for at in range(100):
            progress.board(f"board{at}", BoardStatus(BoardState.BUSY))
        picture = self.picture(progress, height=12)
        assert len(picture.splitlines()) <= 12
        assert "and 93 more boards" in picture

    def test_failures_are_printed_above_as_text(self) -> None:
        stream = io.StringIO()
        with LiveProgress(Console(file=stream, width=120, force_terminal=True, color_system=None)) as progress:
            progress.planned(1)
            ends(progress, "v", Verdict.FAIL_CRASH_HANG, HOSTILE)
        assert "on mock:n300:0: \\x1b[2J[red]boom[/red] second line\\x07\n" in stream.getvalue()


class TestChoice:
    def test_plain_lines_without_a_terminal(self, tmp_path: Path) -> None:
        with (tmp_path / "log").open("w") as stream:
            assert isinstance(progress_on(stream), PlainProgress)

    @pytest.mark.parametrize(
        ("variables", "kind"),
        [
            ({"TERM": "xterm"}, LiveProgress),
            ({"TERM": "dumb"}, PlainProgress),
            ({"TERM": "xterm", "CI": "true"}, PlainProgress),
        ],
    )
    def test_a_terminal_has_the_live_display_unless_dumb_or_in_ci(
        self, variables: dict[str, str], kind: type, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CI", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        controller, terminal = pty.openpty()
        with os.fdopen(terminal, "w") as stream:
            assert isinstance(progress_on(stream), kind)
        os.close(controller)
