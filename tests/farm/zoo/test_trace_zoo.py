"""Tracing the shipped models again yields the shipped master."""

from __future__ import annotations

import math
from importlib import metadata
from pathlib import Path

import pytest

import tracer.zoo
from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.trace_run import trace
from farm.board.trace_target import TraceTarget
from farm.zoo.manifest import Entry, Manifest
from tracer.master.master import Master, shipped, update
from tracer.master.queries import tags_of
from tracer.values.zoo_model import ZooModel

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn
ZOO = Path(tracer.zoo.__file__).parent
MANIFEST = Manifest.read(ZOO / "zoo.yaml")


def needed_boards(entry: Entry) -> tuple[str, tuple[int, int], tuple[str, ...]]:
    """The kind of board, the mesh and the selection of tests that an entry is traced with."""
    return entry.boards.kind[0], entry.boards.mesh, entry.arguments


def entries() -> list[Entry]:
    """All models on one chip; each of those over several on its first mesh."""
    first = {entry.target: entry for entry in reversed(MANIFEST.entries)}
    return [entry for entry in MANIFEST.entries if math.prod(entry.boards.mesh) == 1 or entry is first[entry.target]]


def test_retracing_yields_the_shipped_master(tmp_path: Path) -> None:
    """All models of a kind of board in one process, which is quicker than `farm trace --zoo` and yields the same.

    Another ttnn traces other arguments, but every model runs, and calls the same operations.
    """
    path, several = tmp_path / "master.json", Master()
    for number, need in enumerate(dict.fromkeys(map(needed_boards, entries()))):
        kind, mesh, arguments = need
        targets = [entry.target for entry in entries() if needed_boards(entry) == need]
        (board,) = mock_boards(KINDS[kind], 1)
        workdir = tmp_path / str(number)
        workdir.mkdir()
        first, *rest = (str(ZOO / target) for target in targets)
        traced = trace(TraceTarget(first, ("-q", *rest, *arguments)), board, workdir)
        assert traced.problem is None, traced.output
        assert not traced.journal.left_out
        master = Master.of(traced.journal.configurations())
        update(path, master)
        if math.prod(mesh) > 1:
            several.merge(master)
    kept = Master.read(shipped())
    assert {each.operation for each in Master.read(path)} == {each.operation for each in kept}
    if metadata.version("ttnn").startswith("0.81."):  # the ttnn that models over several chips were traced with
        assert {each.content_hash for each in several} <= {each.content_hash for each in kept}


def test_every_model_is_in_the_manifest() -> None:
    assert {entry.target for entry in MANIFEST.entries} == {path.name for path in ZOO.glob("test_*.py")}
    assert len({entry.target for entry in MANIFEST.entries}) >= 18
    kinds = {kind for entry in MANIFEST.entries for kind in entry.boards.kind}
    assert kinds == {"n150", "n300", "p150", "t3000"}


def test_the_shipped_master_is_complete_and_small() -> None:
    master = Master.read(shipped())
    assert master.broken == []
    assert shipped().stat().st_size < 2_000_000
    assert not any(configuration.lost or configuration.raised for configuration in master)
    assert len(master) >= 600
    assert len(master.configurations) >= 60
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
        ("n300", (2, 4)),
    }
    assert all(execution.trace_uid for execution in executions)


def test_the_shipped_master_says_what_the_manifest_says_of_each_model() -> None:
    """A sweep by a tag therefore runs what the models of the manifest with this tag use."""
    models: dict[str, ZooModel] = {}
    for configuration in Master.read(shipped()):
        for execution in configuration.executions:
            assert execution.zoo
            models.update(execution.zoo)
    assert models == {entry.name: entry.model for entry in MANIFEST.entries}
    assert {"lead", "vision", "language", "speech", "diffusion", "parallel"} <= set(tags_of(Master.read(shipped())))


def test_every_kind_of_sharding_is_traced() -> None:
    text = shipped().read_text()
    for layout in ("HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED", "INTERLEAVED"):
        assert f"TensorMemoryLayout.{layout}" in text
    for config in ("Conv2dConfig", "SDPAProgramConfig", "LayerNormShardedMultiCoreProgramConfig", "UnaryWithParam"):
        assert config in text
