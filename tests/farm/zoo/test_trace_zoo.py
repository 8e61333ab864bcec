"""Tracing the shipped models again yields the shipped master."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

import tracer.zoo
from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.trace_run import trace
from farm.board.trace_target import TraceTarget
from farm.zoo.manifest import Manifest
from tracer.master.master import Master, shipped, update

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn
ZOO = Path(tracer.zoo.__file__).parent
MANIFEST = Manifest.read(ZOO / "zoo.yaml")


def test_retracing_yields_the_shipped_master(tmp_path: Path) -> None:
    """All models of a kind of board in one process, which is quicker than `farm trace --zoo` and yields the same.

    Another ttnn traces other arguments, but every model runs, and calls the same operations.
    """
    path = tmp_path / "master.json"
    for need in dict.fromkeys((entry.boards.kind, entry.boards.mesh) for entry in MANIFEST.entries):
        targets = [entry.target for entry in MANIFEST.entries if (entry.boards.kind, entry.boards.mesh) == need]
        (board,) = mock_boards(KINDS[need[0][0]], 1)
        workdir = tmp_path / "-".join(map(str, [*need[0], *need[1]]))
        workdir.mkdir()
        first, *rest = (str(ZOO / target) for target in targets)
        traced = trace(TraceTarget(first, ("-q", *rest)), board, workdir)
        assert traced.problem is None, traced.output
        assert not traced.journal.left_out
        update(path, Master.of(traced.journal.configurations()))
    if metadata.version("ttnn").startswith("0.66."):  # the ttnn that the shipped master is of
        assert path.read_text() == shipped().read_text()
    else:
        operations = ({each.operation for each in Master.read(file)} for file in (path, shipped()))
        assert next(operations) == next(operations)


def test_every_model_is_in_the_manifest_once() -> None:
    assert {entry.target for entry in MANIFEST.entries} == {path.name for path in ZOO.glob("test_*.py")}
    assert len({entry.target for entry in MANIFEST.entries}) >= 12
    kinds = {kind for entry in MANIFEST.entries for kind in entry.boards.kind}
    assert kinds == {"n150", "n300", "p150", "t3000"}


def test_the_shipped_master_is_complete_and_small() -> None:
    master = Master.read(shipped())
    assert master.broken == []
    assert shipped().stat().st_size < 2_000_000
    assert not any(configuration.lost or configuration.raised for configuration in master)
    assert len(master.configurations["ttnn.add"]) >= 10
    sources = {source for configuration in master for source in configuration.sources}
    assert {source.partition("::")[0] for source in sources} == {
        f"tracer/zoo/{path.name}" for path in ZOO.glob("test_*.py")
    }
    executions = [execution for configuration in master for execution in configuration.executions]
    machines = [execution.machine or {} for execution in executions]
    assert {(each["device_series"], tuple(each["mesh_device_shape"])) for each in machines} == {
        ("n150", (1, 1)),
        ("n300", (1, 1)),
        ("p150b", (1, 1)),
        ("n300", (1, 2)),
        ("n300", (1, 8)),
    }
    assert all(execution.trace_uid for execution in executions)


def test_every_kind_of_sharding_is_traced() -> None:
    text = shipped().read_text()
    for layout in ("HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED", "INTERLEAVED"):
        assert f"TensorMemoryLayout.{layout}" in text
    for config in ("Conv2dConfig", "SDPAProgramConfig", "LayerNormShardedMultiCoreProgramConfig", "UnaryWithParam"):
        assert config in text
