"""The ways to reset a board, with stand-ins for tt-smi and tt-umd."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import fake_boards
from farm.board.chip_presence import ChipPresence
from farm.board.discovery.visible import VISIBLE_VARIABLE
from farm.board.external_tools import run_tool
from farm.board.kinds import KINDS
from farm.board.reset_output import reset_complaint
from farm.board.reset_ways import OwnCommand, SmiFlags, UmdCalls, reset_way
from farm.core.board import Board, ResetScope
from farm.core.errors import NotRunnable

ADDRESSES = ("0000:61:00.0", "0000:62:00.0")
SILICON = Board("host:0000:61:00.0", "silicon", KINDS["n300"], environment={VISIBLE_VARIABLE: ",".join(ADDRESSES)})


def smi(folder: Path, version: str) -> str:
    """A stand-in for tt-smi that only tells its version."""
    tool = folder / "tt-smi"
    tool.write_text(f"#!/bin/sh\necho '{version}'\n")
    tool.chmod(0o755)
    return str(tool)


def no_umd() -> bool:
    return False


def test_a_set_command_comes_before_all_others() -> None:
    own = {RESET_VARIABLE: "sudo 'my reset' {addresses} --kind {kind} {board}"}
    words = ("sudo", "my reset", "0000:61:00.0,0000:62:00.0", "--kind", "n300", SILICON.id)
    assert reset_way(SILICON, own, has_umd=lambda: True) == OwnCommand(words)
    assert reset_way(SILICON, {RESET_VARIABLE: ""}, has_umd=lambda: True) is None, "a user wants no resets"
    [fake] = fake_boards(KINDS["n300"], 1)
    assert reset_way(fake, own, has_umd=lambda: True) is None, "the host's variable is for silicon alone"


def test_umd_comes_before_tt_smi_and_without_both_there_is_no_way(fake_programs: Path) -> None:
    with_smi = {"PATH": str(fake_programs)}
    assert reset_way(SILICON, with_smi, has_umd=no_umd) is None
    program = smi(fake_programs, "4.1.2")
    assert reset_way(SILICON, with_smi, has_umd=lambda: True) == UmdCalls(ResetScope.CARDS, ADDRESSES)
    assert reset_way(SILICON, with_smi, has_umd=no_umd) == SmiFlags(program, ResetScope.CARDS, ADDRESSES)


@pytest.mark.parametrize("version", ["4.1.2", "6.4.1", "tt-smi 5.0.1", "no version"])
def test_tt_smi_is_given_addresses(version: str, fake_programs: Path) -> None:
    program = smi(fake_programs, version)
    assert SmiFlags(program, ResetScope.CARDS, ADDRESSES).commands({}) == [
        (program, "-r", "0000:61:00.0,0000:62:00.0"),
    ]


def test_an_old_tt_smi_is_given_the_numbers_of_today(fake_programs: Path) -> None:
    program = smi(fake_programs, "3.0.24")
    chips = {ADDRESSES[0]: ChipPresence(4), ADDRESSES[1]: ChipPresence(2), "0000:01:00.0": ChipPresence(0)}
    assert SmiFlags(program, ResetScope.CARDS, ADDRESSES).commands(chips) == [(program, "-r", "4,2")]
    with pytest.raises(NotRunnable, match="no device at 0000:62:00.0"):
        SmiFlags(program, ResetScope.CARDS, ADDRESSES).commands({ADDRESSES[0]: ChipPresence(4)})


def test_each_kind_says_what_is_reset_at_once() -> None:
    galaxies = {name for name, kind in KINDS.items() if kind.reset is ResetScope.GALAXY}
    assert galaxies == {name for name, kind in KINDS.items() if kind.chips == 32}
    way = reset_way(replace(SILICON, kind=KINDS["galaxy"]), {}, has_umd=lambda: True)
    assert isinstance(way, UmdCalls)
    [command] = way.commands({})
    assert list(command) == [sys.executable, "-m", "farm.board.umd_reset", "galaxy"]


STAND_IN = """
import time

class WarmReset:
    @staticmethod
    def warm_reset_pci_bdfs(addresses):
        print("resetting", addresses, end="", flush=True)
        {body}

class WarmResetWithRecovery:
    @staticmethod
    def ubb_warm_reset(attempts):
        return attempts == 2

    @staticmethod
    def warm_reset(*_):
        raise AssertionError("it resets every board of the host")
"""


@pytest.mark.parametrize(
    ("body", "code", "complaint"),
    [
        ("return True", 0, ""),
        ("return None", 0, ""),
        ("return False", 1, "tt-umd says that the reset failed"),
        ("raise RuntimeError('no such chip')", 1, "tt-umd: RuntimeError: no such chip"),
        ("import os; os.abort()", -6, ""),
        ("time.sleep(60)", None, ""),
    ],
)
def test_umd_is_called_in_a_process_of_its_own(
    body: str, code: int | None, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tt_umd.py").write_text(STAND_IN.format(body=body), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    [command] = UmdCalls(ResetScope.CARDS, ADDRESSES).commands({})
    end = run_tool(command, 60 if code is not None else 5)
    assert end.code == code
    assert reset_complaint(end.output) == complaint
    assert end.timed_out is (code is None)
    [galaxy] = UmdCalls(ResetScope.GALAXY, ()).commands({})
    assert run_tool(galaxy, 60).code == 0
