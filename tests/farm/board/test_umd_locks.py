"""Processes that hold tt-umd's lock of a chip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from farm.board.umd_locks import LockHolder, lock_holders

STAND_IN = """
import json, pathlib

class RobustMutex:
    def __init__(self, name):
        self.name, self.taken = name, False

    def probe_lock(self, seconds):
        assert seconds == 0
        owners = json.loads(pathlib.Path(__file__).with_name("owners.json").read_text())
        self.taken = self.name not in owners
        return None if self.taken else (owners[self.name], 1)

    def unlock(self):
        assert self.taken
        print("freed", self.name, end="")
"""


def test_only_locks_that_exist_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    (tmp_path / "tt_umd.py").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "owners.json").write_text('{"CHIP_IN_USE_1_PCIe": 4711, "CHIP_IN_USE_2_PCIe": 4712}', encoding="utf-8")
    for number in (0, 1):
        (tmp_path / f"TT_UMD_LOCK.CHIP_IN_USE_{number}_PCIe").touch()
    assert lock_holders([0, 1, 2], tmp_path) == [LockHolder(device=1, pid=4711)]
    assert lock_holders([2], tmp_path) == []


def test_without_tt_umd_nobody_holds_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    (tmp_path / "tt_umd.py").write_text("raise ImportError('built for another Python')", encoding="utf-8")
    (tmp_path / "TT_UMD_LOCK.CHIP_IN_USE_0_PCIe").touch()
    assert lock_holders([0], tmp_path) == []
