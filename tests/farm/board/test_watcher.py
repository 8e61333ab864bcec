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


def test_a_watched_mock_opens_with_another_device_config(tmp_path: Path) -> None:
    """ttnn's own second opening in one process never ends."""
    [board] = mock_boards(KINDS["n150"], 1)
    process = WorkerProcess(replace(board, environment={**board.environment, **WATCHER}), tmp_path)
    process.start()
    process.open(DeviceConfig(), 30)
    process.open(DeviceConfig(l1_small_size=16384), 30)
    process.check()
    process.close()
