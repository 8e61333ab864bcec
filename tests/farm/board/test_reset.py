"""Resets of boards by stand-in commands; no test runs a real tt-smi."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import fake_boards
from farm.board.backends.silicon import VISIBLE_VARIABLE
from farm.board.kinds import KINDS
from farm.board.reset import RECENT_SECONDS, Resetter, reset_command
from farm.core.board import Board

SILICON = Board("host:0000:61:00.0", "silicon", KINDS["n300"], environment={VISIBLE_VARIABLE: "0000:61:00.0"})


def board(command: str | None = None) -> Board:
    [fake] = fake_boards(KINDS["n300"], 1)
    return replace(fake, environment={RESET_VARIABLE: command} if command else {})


def test_each_kind_has_its_command() -> None:
    galaxy = replace(SILICON, kind=KINDS["galaxy"])
    assert reset_command(SILICON, {}) == ["tt-smi", "-r", "0000:61:00.0"]
    assert reset_command(galaxy, {}) == ["tt-smi", "-glx_reset_auto"]
    assert reset_command(board(), {}) is None


def test_the_command_can_be_set_and_can_be_none() -> None:
    own = {RESET_VARIABLE: "sudo 'my reset' {addresses} --kind {kind} {board}"}
    assert reset_command(SILICON, own) == ["sudo", "my reset", "0000:61:00.0", "--kind", "n300", SILICON.id]
    assert reset_command(SILICON, {RESET_VARIABLE: ""}) is None
    assert reset_command(board(), own) is None, "the host's variable is for silicon alone"


def test_no_test_can_reach_the_real_command() -> None:
    assert reset_command(SILICON) == ["false"]


def test_no_test_can_start_tt_smi() -> None:
    with pytest.raises(RuntimeError, match="a test tried to run"):
        subprocess.run(["tt-smi", "-r", "0"], check=False)


def test_a_reset_is_recorded_before_it_starts(tmp_path: Path) -> None:
    journal = tmp_path / "resets.jsonl"
    result = Resetter(board(f"cp {journal} {tmp_path / 'copy'}"), 10, tmp_path).reset()
    assert result.good
    assert result.seconds > 0
    began = json.loads((tmp_path / "copy").read_text(encoding="utf-8"))
    assert (began["reset"], began["board"]) == ("began", "fake:n300:0")
    ended = json.loads(journal.read_text(encoding="utf-8").splitlines()[-1])
    assert (ended["reset"], ended["good"]) == ("ended", True)


@pytest.mark.parametrize(
    ("command", "limit", "message", "timed_out"),
    [
        ("sh -c 'echo no such chip; exit 3'", 10, "exit code 3: no such chip", False),
        ("no-such-command", 10, "no-such-command: No such file or directory", False),
        ("sleep 60", 0.2, "it did not end in 0.2 s", True),
        ("sh -c 'sleep 60 & wait'", 0.2, "it did not end in 0.2 s", True),
    ],
)
def test_a_failed_reset_says_why(command: str, limit: float, message: str, timed_out: bool, tmp_path: Path) -> None:
    result = Resetter(board(command), limit, tmp_path).reset()
    assert (result.good, result.message, result.timed_out) == (False, message, timed_out)
    assert result.seconds < 60, "the command is killed"


def test_a_host_resets_one_board_at_a_time(tmp_path: Path) -> None:
    alone = f"sh -c 'mkdir {tmp_path}/alone && sleep 0.2 && rmdir {tmp_path}/alone'"
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(Resetter(board(alone), 30, tmp_path).reset())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.good for each in results] == [True] * 4


def test_recent_resets_of_all_supervisors_count(tmp_path: Path) -> None:
    resetter = Resetter(board("true"), 10, tmp_path)
    assert resetter.recent() == 0
    resetter.reset()
    resetter.reset()
    Resetter(replace(board("true"), id="another"), 10, tmp_path).reset()
    with (tmp_path / "resets.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"at": 1, "board": "fake:n')  # the host went down
    assert Resetter(board("true"), 10, tmp_path).recent() == 2
    assert resetter.recent(time.time() + RECENT_SECONDS + 1) == 0


def test_a_folder_that_cannot_be_written_is_a_failed_reset(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = Resetter(board("true"), 10, tmp_path / "file" / "folder").reset()
    assert not result.good
    assert "Not a directory" in result.message
