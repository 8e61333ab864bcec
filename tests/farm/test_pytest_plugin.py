"""Vectors as pytest items: the plugin on fake boards, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.cluster.hosts.board_memory import BoardMemory
from tests.farm.sweeps.small_master import SIGMOIDS, write_small_master


@pytest.fixture
def master(tmp_path: Path) -> Path:
    return write_small_master(tmp_path / "master.json")


def items(master: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest that has the sigmoids of a master as its items."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "farm.pytest_plugin", "-p", "no:cacheprovider", "-q"),
            *("--farm-master", str(master), "--farm-op", "sigmoid_accurate", *words),
        ],
        cwd=master.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_vector_that_kills_its_worker_costs_only_itself(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCRIPT_VARIABLE, str(Script(acts={"*": (Act.PASS,)})))
    assert f"{SIGMOIDS} passed" in items(master, "--farm-boards", "fake:n300").stdout
    monkeypatch.setenv(SCRIPT_VARIABLE, str(Script(acts={"*": (Act.CRASH,)})))
    run = items(master, "--farm-boards", "fake:n300")
    assert f"{SIGMOIDS} failed" in run.stdout
    assert "fail_crash_hang" in run.stdout


def test_a_board_that_fails_its_checks_is_held_from_then_on(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCRIPT_VARIABLE, str(Script(checks=(False,))))
    run = items(master, "--farm-boards", "fake:n300")
    assert f"{SIGMOIDS} failed" in run.stdout
    assert "board_fault: fake:n300:0 failed its checks and is held" in run.stdout
    assert "fake:n300:0" in BoardMemory().holds()


def test_a_held_board_is_left_out(master: Path) -> None:
    first, _ = fake_boards(KINDS["n300"], 2)
    BoardMemory().hold(first, "it smokes", "Ada")
    run = items(master, "--farm-boards", "fake:n300")
    assert "is left out, held by Ada: it smokes" in run.stdout
    assert run.returncode != 0
    run = items(master, "--farm-boards", "fake:n300*2")
    assert f"{SIGMOIDS} passed" in run.stdout


def test_the_interpreter_of_the_settings_opens_the_board(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_PYTHON", "/nowhere/python3")
    run = items(master, "--farm-boards", "mock:n300")
    assert "FARM_PYTHON /nowhere/python3" in run.stdout
