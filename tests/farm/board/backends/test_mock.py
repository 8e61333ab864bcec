"""Mock boards: ttnn opens every kind from a generated descriptor."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from farm.board.backends.mock import descriptor, descriptor_file, mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.board import BoardKind
from farm.core.errors import NotRunnable
from farm.core.messages import Opened
from tracer.device_config import DeviceConfig


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_descriptor_is_complete(kind: BoardKind) -> None:
    raw = yaml.safe_load(descriptor(kind))
    assert len(raw["arch"]) == kind.chips
    assert set(raw["arch"].values()) == {kind.arch}
    assert sum(len(card[2]["chips"]) for card in raw["boards"]) == kind.chips
    ends = [(end["chip"], end["chan"]) for link in raw["ethernet_connections"] for end in link]
    assert len(ends) == len(set(ends)), "an ethernet channel has one far end"
    assert "&" not in descriptor(kind), "UMD reads no anchors"


@pytest.mark.ttnn
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_opens_its_largest_mesh_with_its_grid(kind: BoardKind, tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    process = WorkerProcess(mock_boards(kind, 1)[0], tmp_path)
    process.start()
    try:
        core_type, axis, grid = kind.grids[0]
        largest = kind.meshes[0]
        fabric = "FABRIC_1D" if kind.chips > 1 else None
        config = DeviceConfig(largest, dispatch_core_type=core_type, dispatch_core_axis=axis, fabric=fabric)
        assert process.open(config, 60) == Opened(kind.chips, grid)
        for other_type, other_axis, other_grid in kind.grids[1:]:
            config = DeviceConfig(dispatch_core_type=other_type, dispatch_core_axis=other_axis)
            assert process.open(config, 60).grid == other_grid
    finally:
        process.close()


def test_a_descriptor_is_written_once(tmp_path: Path) -> None:
    first = descriptor_file(KINDS["n150"], tmp_path)
    stamp = first.stat().st_mtime_ns
    assert descriptor_file(KINDS["n150"], tmp_path) == first
    assert first.stat().st_mtime_ns == stamp
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_an_unwritable_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotRunnable, match="descriptor"):
        descriptor_file(KINDS["n150"], tmp_path / "file" / "folder")
