"""Mock boards: ttnn opens every kind from a generated descriptor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from farm.board.backends.mock import (
    DESCRIPTOR_VARIABLE,
    WITHOUT_DISPATCH,
    descriptor_file,
    mock_boards,
    mock_environment,
    without_dispatch,
)
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.board import BoardKind
from farm.core.errors import NotRunnable
from farm.core.messages import Opened
from farm.core.payload import EncodedVector, TracedCall, encode
from farm.core.ttnn_install import TtnnInstall, installed_ttnn
from farm.core.verdicts import Verdict
from tracer.device_config import DeviceConfig
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec, Tensor
from tracer.values import encode as encode_value

# Of the module's scope, so that the tests of a kind share a worker, one after the other.
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name, scope="module")


@pytest.fixture(scope="module")
def python() -> str:
    """This interpreter, or that of FARM_PYTHON."""
    configured = os.environ.get("FARM_PYTHON", "")
    if not configured:
        pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    return configured or sys.executable


@pytest.fixture(scope="module")
def process(kind: BoardKind, tmp_path_factory: pytest.TempPathFactory, python: str) -> Iterator[WorkerProcess]:
    """A worker for all tests of a kind."""
    worker = WorkerProcess(mock_boards(kind, 1)[0], tmp_path_factory.mktemp(kind.name), python=python)
    worker.start()
    yield worker
    worker.close()


@pytest.mark.ttnn
@every_kind
def test_every_kind_opens_in_every_way_with_the_cores_of_a_real_one(
    kind: BoardKind, process: WorkerProcess, python: str
) -> None:
    install = installed_ttnn(python)
    assert install is not None
    # before, ttnn wants the fabric of all chips that the host reaches by PCIe
    of_parts = install.release is None or install.release >= Version("0.81.1")

    def opened(mesh: tuple[int, int], core_type: str | None = None, axis: str | None = None) -> Opened:
        whole = mesh[0] * mesh[1] == kind.chips
        fabric = "FABRIC_1D" if mesh != (1, 1) and (whole or of_parts) else None
        config = DeviceConfig(mesh, dispatch_core_type=core_type, dispatch_core_axis=axis, fabric=fabric)
        return process.open(config, 60)

    for core_type, axis, (columns, rows) in kind.grids[1:]:
        grid = opened(kind.meshes[0], core_type, axis).grid
        assert grid is not None
        assert grid[0] >= columns
        assert grid[1] >= rows
    default_grid = kind.grids[0][2]
    for rows, columns in kind.meshes:
        reply = opened((rows, columns))
        assert isinstance(reply, Opened)
        assert (reply.chips, reply.grid) == (rows * columns, default_grid)


@pytest.mark.ttnn
@every_kind
def test_operations_use_all_cores_and_dram_banks(kind: BoardKind, process: WorkerProcess) -> None:
    columns, rows = kind.grids[0][2]
    assert process.open(DeviceConfig(), 60).grid == (columns, rows)
    memories = (
        MemoryConfig(),
        MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(cores(columns, rows), (32, 32))),
        MemoryConfig("WIDTH_SHARDED", "DRAM", ShardSpec(cores(kind.dram_banks, 1), (32 * columns * rows, 32))),
    )
    for memory in memories:
        width = 32 * kind.dram_banks if memory.layout == "WIDTH_SHARDED" else 32
        tensor = encode_value(Tensor((1, 1, 32 * columns * rows, width), "BFLOAT16", "TILE", memory=memory))
        operation = "ttnn.unsqueeze_to_4D" if memory.layout == "WIDTH_SHARDED" else "ttnn.relu"
        call = TracedCall(memory.layout, operation, {"arg0": tensor})
        [outcome] = process.run([EncodedVector(memory.layout, operation, encode(call))], 60)
        assert (outcome.verdict, outcome.message) == (Verdict.VALIDATED, ""), memory


def cores(columns: int, rows: int) -> CoreRangeSet:
    return CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, rows - 1)),))


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


@pytest.mark.parametrize(
    ("version", "slow"), [("0.66.0", False), ("0.67.0", True), ("0.74.0", True), ("0.75.0", False), ("0.81.1", False)]
)
def test_versions_that_crash_in_fast_dispatch_dispatch_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, slow: bool
) -> None:
    package = tmp_path / "site-packages" / "ttnn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("farm.board.backends.mock.installed_ttnn", lambda _python: TtnnInstall(package, version))
    environment = mock_environment(KINDS["n300"], {})
    assert (environment.items() >= WITHOUT_DISPATCH.items()) is slow
    harvesting = yaml.safe_load(Path(environment[DESCRIPTOR_VARIABLE]).read_text())["harvesting"]
    assert [chip["harvest_mask"] for chip in harvesting.values()] == [0b11 if slow else 0b1] * 2


def test_slow_dispatch_leaves_blackhole_its_columns() -> None:
    assert without_dispatch(KINDS["p150"]) is KINDS["p150"]
    assert without_dispatch(KINDS["n150"]).mock.harvest == 0x41
    assert without_dispatch(KINDS["galaxy"]).mock.harvest == 0x1
