"""`farm -v`, and the logs of a run's boards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Act, Script
from farm.store import Store

pytestmark = pytest.mark.ray


def sweep(folder: Path, script: Script, *options: str) -> str:
    """The stderr of a sweep over one fake board."""
    words = ["sweep", "--suite", "model_traced", "--boards", "fake:n300", "--limit", "2"]
    run = subprocess.run(
        [sys.executable, "-m", "farm", *options, *words, "--store", str(folder / "farm.db"), "--out", str(folder)],
        env={**os.environ, SCRIPT_VARIABLE: str(script), "XDG_DATA_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stderr


def test_a_crash_is_in_the_boards_log_and_v_prints_what_the_driver_sees(tmp_path: Path) -> None:
    stderr = sweep(tmp_path, Script(acts={"*": (Act.CRASH, Act.LOSE, Act.PASS)}), "-v")
    assert "farm.cluster.ray_fleet: fake:n300:0 started" in stderr
    assert "farm.cluster.ray_fleet: fake:n300:0 is lost" in stderr
    assert " DEBUG " not in stderr
    with Store.open(tmp_path / "farm.db") as store:
        [board] = store.view(store.runs()[0].id).run.boards
    assert board.log is not None
    assert "fail_crash_hang crash" in board.log.tail
    assert "process_died" not in board.log.tail
    assert "process died" in board.log.tail
    assert board.log.tail.count("supervised by process") >= 2, "the actor that was lost is in it, too"
    assert board.log.tail.splitlines()[-1] in Path(board.log.path).read_text(encoding="utf-8")


def test_without_v_no_record_is_printed(tmp_path: Path) -> None:
    stderr = sweep(tmp_path, Script(acts={"*": (Act.FAULT, Act.PASS)}))
    assert "INFO" not in stderr
    assert "farm.cluster" not in stderr
