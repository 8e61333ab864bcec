"""The handlers of log records."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from farm.core import log
from farm.core.log import BoardLogFile, log_path, log_to_terminal, read_board_log
from farm.running.live import LiveProgress

LOG = logging.getLogger("farm.board.test")


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    yield
    log_to_terminal(0)


def test_without_a_handler_nothing_is_printed() -> None:
    code = "import farm, logging; logging.getLogger('farm.board').error('a board burns')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == run.stdout == ""


@pytest.mark.parametrize(("verbosity", "lines"), [(0, 0), (1, 1), (2, 2)])
def test_verbosity_decides_which_records_are_printed(
    verbosity: int, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_terminal(verbosity)
    LOG.info("started")
    LOG.debug("batch 1")
    LOG.debug("no\x1b[2Jescape")
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == lines + (verbosity == 2)
    assert all("farm.board.test: " in line for line in printed)


def test_printed_records_are_cleaned_and_go_to_the_current_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_terminal(1, lambda text: text.replace("\x1b", "ESC"))
    with capsys.disabled():
        pass  # pytest replaces sys.stderr here, as a live display does
    LOG.warning("\x1b[2J")
    assert "ESC[2J" in capsys.readouterr().err


def test_a_boards_file_has_all_records_until_it_is_closed(tmp_path: Path) -> None:
    file = BoardLogFile("run-1", "a:0000:61:00.0,0000:62/x")
    assert file.path == tmp_path / "farm" / "runs" / "run-1" / "logs" / "a:0000:61:00.0_0000:62_x.log"
    LOG.info("one")
    LOG.debug("a detail")
    logging.getLogger("scheduler.health").warning("two")
    file.close()
    LOG.error("three")
    kept = read_board_log("run-1", "a:0000:61:00.0,0000:62/x")
    assert kept is not None
    assert kept.path == str(file.path)
    assert "a detail" in file.path.read_text()
    assert [line.partition(" farm.board.test: ")[2] or line.rpartition(": ")[2] for line in kept.tail.splitlines()] == [
        "one",
        "two",
    ]
    assert read_board_log("run-1", "another") is None


def test_a_boards_file_and_what_is_kept_of_it_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "FILE_BYTES", 20_000)
    file = BoardLogFile("run-1", "b")
    for number in range(2_000):
        LOG.info("line %d", number)
    file.close()
    sizes = [path.stat().st_size for path in file.path.parent.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 20_000
    kept = read_board_log("run-1", "b")
    assert kept is not None
    assert len(kept.tail.splitlines()) == log.TAIL_LINES, "a file that was rotated just now is not all there is"
    assert kept.tail.endswith("line 1999")


def test_the_output_of_workers_outlives_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "FILE_BYTES", 1_000)
    file = BoardLogFile("run-1", "c")
    workdir = tmp_path / "work"
    workdir.mkdir()
    file.take_output(workdir)
    with (workdir / log.WORKER_OUTPUT).open("a") as output:
        output.writelines(f"printed {number}\n" for number in range(500))
        output.write(
            'nanobind: leaked 9 types!\n - leaked type "x"\n - ... skipped remainder\nSee https://nanobind.x\n'
        )
    file.close()
    kept = read_board_log("run-1", "c")
    assert kept is not None
    assert kept.output.splitlines()[-1] == "printed 499"
    assert file.path.with_suffix(".worker.log").stat().st_size <= 1_000


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    place = log_path("run-1", "d").parent
    place.parent.mkdir(parents=True)
    place.write_text("a file where the folder would be")
    file = BoardLogFile("run-1", "d")
    file.take_output(tmp_path)
    LOG.info("goes on")
    file.close()
    assert read_board_log("run-1", "d") is None


def test_a_record_appears_above_a_live_display(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    log_to_terminal(1)
    with LiveProgress(Console(file=stream, force_terminal=True, width=200)) as progress:
        progress.planned(7)
        LOG.info("a board started")
    shown = stream.getvalue()
    assert shown.index("farm.board.test: a board started") < shown.rindex("0/7")
    assert capsys.readouterr().err == "", "records are printed only above the display"
