"""Real ttnn on the parts of a mock box, in one run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import farm
from farm.core.verdicts import Verdict

MODULE = """
import os
import pathlib
import time

import ttnn

FOLDER = pathlib.Path({folder!r})
parameters = {{"s": {{"number": [*range(8)]}}}}
TIMEOUT = 60


def mesh_device_fixture():
    row = ttnn.open_mesh_device(ttnn.MeshShape(1, 4))
    yield row, "a row of four chips"
    ttnn.close_mesh_device(row)


def run(number, *, device):
    (FOLDER / str(os.getpid())).touch()
    while len(list(FOLDER.iterdir())) < 2:  # only a vector that runs beside this one, in another process, ends it
        time.sleep(0.05)
    x = ttnn.empty([1, 1, 32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    ttnn.relu(x)
    return device.get_num_devices() == 4, f"{{device.get_num_devices()}} chips"
"""


@pytest.mark.ttnn
def test_two_rows_of_a_box_run_side_by_side(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    (tmp_path / "met").mkdir()
    folder = tmp_path / "sweeps"
    folder.mkdir()
    (folder / "rows.py").write_text(MODULE.format(folder=str(tmp_path / "met")))
    view = farm.sweep(sweeps=folder, boards="mock:t3000/1x4", store=tmp_path / "store.db")
    assert [(each.verdict, each.message) for each in view.vectors] == [(Verdict.VALIDATED, "4 chips")] * 8
    attempts = sorted((each.history[0] for each in view.vectors), key=lambda attempt: attempt.started)
    assert {each.board for each in attempts} == {"mock:t3000/1x4:0", "mock:t3000/1x4:1"}
    first = {board: next(each for each in attempts if each.board == board) for board in {a.board for a in attempts}}
    ends = [each.started + timedelta(seconds=each.seconds) for each in first.values()]
    assert max(each.started for each in first.values()) < min(ends)
