"""Resets of boards by stand-in commands; no test runs a real tt-smi."""

from __future__ import annotations

import getpass
import json
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import fake_boards
from farm.board.discovery.visible import VISIBLE_VARIABLE
from farm.board.kinds import KINDS
from farm.board.reset import RECENT_SECONDS, Resetter
from farm.board.reset_journal import ResetJournal
from farm.board.reset_ways import OwnCommand, SmiFlags, reset_way
from farm.core.board import Board, ResetScope
from tests.farm.board.ends import await_end
from tests.farm.board.host_tree import HostTree

SILICON = Board("host:0000:61:00.0", "silicon", KINDS["n300"], environment={VISIBLE_VARIABLE: "0000:61:00.0"})


def board(command: str | None = None) -> Board:
    [fake] = fake_boards(KINDS["n300"], 1)
    return replace(fake, environment={RESET_VARIABLE: command} if command else {})


def test_no_test_can_reach_the_real_command() -> None:
    assert reset_way(SILICON) == OwnCommand(("false",))


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
        ("no-such-command", 10, "no-such-command can't be started: No such file or directory", False),
        ("sleep 60", 0.2, "sleep did not end in 0.2 s, and was killed", True),
        ("sh -c 'sleep 60 & wait'", 0.2, "sh did not end in 0.2 s, and was killed", True),
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


@pytest.fixture
def host(tmp_path: Path) -> HostTree:
    tree = HostTree(tmp_path / "host")
    tree.add_chip(0, "0000:61:00.0", "n300", "18.6.0.0")
    return tree


def silicon_resetter(host: HostTree, script: str, folder: Path) -> Resetter:
    way = OwnCommand(("sh", "-c", script))
    return Resetter(SILICON, 10, folder, backend=host.backend, way=way, return_seconds=0)


def test_a_reset_after_which_all_chips_are_back_is_good(host: HostTree, tmp_path: Path) -> None:
    assert silicon_resetter(host, "true", tmp_path).reset().good


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("rm -r {sysfs}/tenstorrent!0", "1 of 1 chip did not come back: 0000:61:00.0"),
        ("echo > {sysfs}/tenstorrent!0/tt_fw_bundle_ver", "the firmware of 0000:61:00.0 doesn't answer"),
        ("rm {sysfs}/tenstorrent!0/tt_fw_bundle_ver", "the firmware of 0000:61:00.0 doesn't answer"),
        (
            "echo p150b > {sysfs}/tenstorrent!0/tt_card_type",
            "0000:61:00.0 came back as another card: p150b, it was n300",
        ),
        ("echo Reset failed.", "exit code 0, but it says: Reset failed."),
    ],
)
def test_a_command_that_ends_well_is_not_believed(script: str, message: str, host: HostTree, tmp_path: Path) -> None:
    result = silicon_resetter(host, script.format(sysfs=host.sysfs), tmp_path).reset()
    assert (result.good, result.message) == (False, message)
    [reset] = ResetJournal(tmp_path).resets()
    assert (reset.good, reset.message, reset.way) == (False, message, "FARM_RESET_COMMAND")


def test_a_chip_that_was_gone_may_come_back_with_another_number(host: HostTree, tmp_path: Path) -> None:
    host.add_chip(7, "0000:61:00.0", "n300", "18.6.0.0")
    script = f"rm -r '{host.sysfs}/tenstorrent!0'; mv '{host.sysfs}/tenstorrent!7' '{host.sysfs}/tenstorrent!3'"
    assert silicon_resetter(host, script, tmp_path).reset().good


def test_a_board_in_use_is_not_reset_and_its_user_is_named_and_lives(host: HostTree, tmp_path: Path) -> None:
    with host.device(0).open() as device:
        user = subprocess.Popen(["sleep", "60"], stdin=device)
    try:
        result = silicon_resetter(host, f"touch {tmp_path}/reset", tmp_path).reset()
        assert (result.good, [each.pid for each in result.users]) == (False, [user.pid])
        assert result.message == (
            f"not reset: 0000:61:00.0 is in use by sleep (pid {user.pid}, user {getpass.getuser()})"
        )
        assert not (tmp_path / "reset").exists()
        assert user.poll() is None, "it is not farm's to end"
    finally:
        user.kill()
        user.wait()
    assert silicon_resetter(host, "true", tmp_path).reset().good


def test_the_user_of_another_board_does_not_matter(host: HostTree, tmp_path: Path) -> None:
    host.add_chip(1, "0000:62:00.0", "n300", "18.6.0.0")
    with host.device(1).open() as device:
        user = subprocess.Popen(["sleep", "60"], stdin=device)
    try:
        assert silicon_resetter(host, "true", tmp_path).reset().good
        galaxy = replace(SILICON, kind=KINDS["galaxy"])
        resetter = Resetter(galaxy, 10, tmp_path, backend=host.backend, way=OwnCommand(("true",)), return_seconds=0)
        assert [each.pid for each in resetter.reset().users] == [user.pid], "a galaxy's reset takes all chips"
    finally:
        user.kill()
        user.wait()


def test_what_a_command_leaves_behind_is_killed(tmp_path: Path) -> None:
    result = Resetter(board(f"sh -c 'sleep 60 & echo $! > {tmp_path}/pid'"), 10, tmp_path).reset()
    assert result.good
    left = int((tmp_path / "pid").read_text(encoding="utf-8"))
    await_end(left)


def test_a_tool_that_does_not_know_a_flag_is_asked_in_another_way(tmp_path: Path, fake_programs: Path) -> None:
    tool = fake_programs / "tt-smi"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ "$1" = -glx_reset ] || exit 2\n')
    tool.chmod(0o755)
    way = SmiFlags(str(tool), ResetScope.GALAXY, ())
    assert Resetter(board(), 10, tmp_path, way=way).reset().good
    assert (tmp_path / "calls").read_text(encoding="utf-8").split() == ["-glx_reset_auto", "-glx_reset"]


def test_a_board_that_nothing_resets_says_what_would(tmp_path: Path) -> None:
    result = Resetter(board(), 10, tmp_path).reset()
    assert "install tt-smi" in result.message


def test_a_folder_that_cannot_be_written_is_a_failed_reset(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = Resetter(board("true"), 10, tmp_path / "file" / "folder").reset()
    assert not result.good
    assert "Not a directory" in result.message
