"""What a host remembers of its boards from one run to the next, without a farm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Script, fake_boards
from farm.board.kinds import KINDS
from farm.board.selection import select_boards
from farm.cluster.hosts.board_memory import BoardMemory, usable_boards
from farm.cluster.hosts.inventory import take_inventory
from farm.core.errors import FarmError, NotRunnable

FIRST, SECOND = fake_boards(KINDS["n300"], 2)


def test_a_held_board_is_left_out_until_it_is_released() -> None:
    notes: list[str] = []
    BoardMemory().hold(FIRST, "it smells", "ann@lab")
    assert [board.id for board in usable_boards("fake:n300*2", notes.append)] == [SECOND.id]
    assert notes == [f"{FIRST.id} is left out, held by ann@lab: it smells"]
    with pytest.raises(NotRunnable, match=f"it smells; `farm boards release {FIRST.id}`"):
        usable_boards("fake:n300", notes.append)
    offered = take_inventory("fake:n300*2", "lab", None)
    assert [board.id for board in offered.boards] == [f"lab:{SECOND.id}"]
    assert "it smells" in offered.notes[0]
    BoardMemory().release(FIRST.id)
    assert len(usable_boards("fake:n300*2", notes.append)) == 2
    with pytest.raises(FarmError, match="is not held"):
        BoardMemory().release(FIRST.id)


def test_a_held_part_keeps_its_box_from_runs_and_a_held_box_its_parts() -> None:
    [box], cards = select_boards("fake:t3000"), select_boards("fake:t3000/n300")
    BoardMemory().hold(cards[1], "it smells", "ann@lab")
    with pytest.raises(NotRunnable, match=f"{box.id} is left out, .* `farm boards release {cards[1].id}`"):
        usable_boards("fake:t3000", print)
    assert usable_boards("fake:t3000/n300", print) == [cards[0], *cards[2:]]
    assert cards[1].id in take_inventory("fake:t3000/auto", "lab", None).notes[-1]
    BoardMemory().release(cards[1].id)
    assert usable_boards("fake:t3000", print) == [box]
    BoardMemory().hold(box, "it smells", "ann@lab")
    with pytest.raises(NotRunnable, match="it smells"):
        usable_boards("fake:t3000/1x4", print)


def test_a_damaged_memory_is_set_aside_and_said(caplog: pytest.LogCaptureFixture) -> None:
    memory = BoardMemory()
    memory.path.write_text("{", encoding="utf-8")
    memory.hold(FIRST, "it smells", "ann@lab")
    assert "is now boards.json.damaged-1: no board of this host is held" in caplog.text
    assert memory.path.with_name("boards.json.damaged-1").read_text() == "{"
    assert memory.boards().keys() == {FIRST.id}


def test_a_memory_that_can_not_be_read_is_an_error() -> None:
    BoardMemory().path.mkdir()
    with pytest.raises(FarmError, match=r"boards\.json can't be read: Is a directory"):
        usable_boards("fake:n300", print)


@pytest.mark.ray
def test_a_board_that_a_run_held_is_not_used_by_the_next(tmp_path: Path) -> None:
    bad = {SCRIPT_VARIABLE: str(Script(checks=(False,)))}
    first = _farm("sweep", "--suite", "model_traced", "--op", "add", "--boards", "fake:n300", at=tmp_path, **bad)
    assert first.returncode == 3
    [board] = json.loads(_farm("boards", "--json", at=tmp_path).stdout)["boards"]
    assert (board["id"], board["state"]) == ("fake:n300:0", "held")
    second = _farm("sweep", "--suite", "model_traced", "--op", "add", "--boards", "fake:n300", at=tmp_path)
    assert second.returncode == 3
    assert "farm boards release fake:n300:0" in second.stderr
    assert _farm("boards", "release", "fake:n300:0", at=tmp_path).returncode == 0
    third = _farm("sweep", "--suite", "model_traced", "--op", "add", "--boards", "fake:n300", at=tmp_path)
    assert "held" not in third.stderr
    [board] = json.loads(_farm("boards", "--json", at=tmp_path).stdout)["boards"]
    assert board["state"] == "healthy"
    assert board["canary"] is not None


def _farm(*words: str, at: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "farm", *words],
        env={**os.environ, "FARM_STORE": str(at / "farm.db"), **more},
        cwd=at,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
