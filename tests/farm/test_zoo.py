"""The master that ships is what tracing the models that ship yields, again and again."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

import tracer.zoo
from farm.boards.kinds import KINDS
from farm.boards.mock import mock_boards
from farm.tracing import trace
from tracer.master import Master, shipped, update

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn
ZOO = Path(tracer.zoo.__file__).parent
BOARDS = ("n150", "n300")


def test_retracing_yields_the_shipped_master(tmp_path: Path) -> None:
    if not metadata.version("ttnn").startswith("0.66."):
        pytest.skip("the shipped master is of ttnn 0.66")
    again = tmp_path / "master.json"
    for kind in BOARDS:
        (board,) = mock_boards(KINDS[kind], 1)
        workdir = tmp_path / kind
        workdir.mkdir()
        traced = trace(str(ZOO), board, workdir, ["-q"])
        assert traced.problem is None, traced.output
        assert not traced.journal.left_out
        update(again, traced.journal.master())
    assert again.read_text() == shipped().read_text()


def test_the_shipped_master_is_whole_and_small() -> None:
    master = Master.read(shipped())
    assert master.broken == []
    assert shipped().stat().st_size < 1_000_000
    assert not any(configuration.lost or configuration.raised for configuration in master)
    assert len(master.configurations["ttnn.add"]) >= 10
    sources = {source for configuration in master for source in configuration.sources}
    assert {source.partition("::")[0] for source in sources} == {
        f"tracer/zoo/{path.name}" for path in ZOO.glob("test_*.py")
    }
    series = {
        (seen.machine or {}).get("device_series") for configuration in master for seen in configuration.executions
    }
    assert series == set(BOARDS)


def test_every_kind_of_sharding_is_traced() -> None:
    text = shipped().read_text()
    for layout in ("HEIGHT_SHARDED", "WIDTH_SHARDED", "BLOCK_SHARDED", "INTERLEAVED"):
        assert f"TensorMemoryLayout.{layout}" in text
    for config in ("Conv2dConfig", "SDPAProgramConfig", "LayerNormShardedMultiCoreProgramConfig", "UnaryWithParam"):
        assert config in text
