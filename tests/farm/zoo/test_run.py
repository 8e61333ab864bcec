"""`farm trace --zoo` on mock boards, through Ray: a complete run, and one with a killed model."""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from farm.cli import main
from tracer.master.master import Master

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = [pytest.mark.ttnn, pytest.mark.ray]

MODEL = """
import ttnn

def tensor(device, width):
    return ttnn.empty([32, width], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)

def test_first(device):
    ttnn.relu(tensor(device, 64))
    ttnn.reshape(ttnn.Tensor([-0.5, 1.5], [1, 2], ttnn.float32, ttnn.ROW_MAJOR_LAYOUT), (2, 1))

def test_fatal(device):
    import os, pathlib, signal
    if pathlib.Path(__file__).with_name("killed").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    ttnn.gelu(tensor(device, 96))
"""
MANIFEST = """
models:
  - {name: sound, target: test_sound.py, boards: {kind: n150}, workdir: {ship: sound}, arguments: [-n, "2"]}
  - {name: other, target: test_sound.py, boards: {kind: n300}, workdir: {ship: sound}, arguments: [-k, first]}
  - {name: fatal, target: test_fatal.py, boards: {kind: n300}}
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    (tmp_path / "sound").mkdir()
    (tmp_path / "sound" / "test_sound.py").write_text(MODEL)
    (tmp_path / "test_fatal.py").write_text(MODEL)
    path = tmp_path / "zoo.yaml"
    path.write_text(MANIFEST)
    return path


@pytest.fixture
def command(zoo: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    def run(master: Path, *arguments: str) -> tuple[int, str, str]:
        options = ["--board", "mock:n150*2,mock:n300", "--store", zoo.parent / "traces", "--results", zoo.parent / "db"]
        monkeypatch.setattr(
            sys, "argv", ["farm", "trace", "--zoo", str(zoo), "--master", str(master), *map(str, options), *arguments]
        )
        with warnings.catch_warnings():
            # Ray doesn't wait for the processes that it ends, which Python warns about
            warnings.simplefilter("ignore", ResourceWarning)
            with pytest.raises(SystemExit) as ended:
                main()
            gc.collect()
        captured = capfd.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def traced_sources(master: Master) -> list[str]:
    return [source for each in master for source in each.sources]


def test_a_model_that_is_killed_is_the_only_one_missing_and_resume_completes_it(zoo: Path, command: Command) -> None:
    whole, part = zoo.parent / "whole.json", zoo.parent / "part.json"
    code, out, err = command(whole, "--values")
    assert (code, "farm: sound: validated on mock:n150:" in err) == (0, True)
    traced = Master.read(whole)
    assert {each.operation for each in traced} == {"ttnn.relu", "ttnn.reshape", "ttnn.gelu"}
    assert "values: statistics for 1 of 3 configurations" in out
    [reshape] = traced.configurations["ttnn.reshape"]
    assert [seen.statistics["arg0"].text for seen in reshape.executions] == ["values -0.5 to 1.5, mean 0.5"] * 3
    # the first model's tests ran in two workers of pytest-xdist's
    assert {f"test_sound.py::test_{name}" for name in ("first", "fatal")} <= set(traced_sources(traced))
    (zoo.parent / "killed").touch()
    code, out, err = command(part, "--values")
    assert (code, "fatal: not traced to the end; continue with --resume" in err) == (1, True)
    assert "SIGKILL in test_fatal.py::test_fatal" in " ".join(out.split())
    assert json.loads(part.read_text())["metadata"]["models"] != json.loads(whole.read_text())["metadata"]["models"]
    (zoo.parent / "killed").unlink()
    code, out, _ = command(part, "--resume", "--values")
    assert (code, "2 of 3 models traced before" in out) == (0, True)
    assert part.read_bytes() == whole.read_bytes()
