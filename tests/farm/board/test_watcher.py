"""Boards under tt-metal's watcher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.measures import WATCHER
from tracer.device_config import DeviceConfig

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")


def test_the_watcher_is_left_off_on_a_mock_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ttnn itself aborts, or never ends, where the watcher finds no firmware that runs."""
    for name, value in WATCHER.items():
        monkeypatch.setenv(name, value)
    [board] = mock_boards(KINDS["n150"], 1)
    process = WorkerProcess(replace(board, environment={**board.environment, **WATCHER}), tmp_path)
    process.start()
    process.open(DeviceConfig(), 30)
    process.open(DeviceConfig(l1_small_size=16384), 30)
    process.check()
    process.close()
