"""What a vector of a sweep module leaves behind in its process is ended, put back or noted."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector
from farm.core.process_tree import TreeProcess, is_alive, read_process
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Verdict
from farm.sweeps.values import encode

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.module_devices import ModuleDevices
from farm.worker.module_runner import ModuleRunner
from farm.worker.open_board import OpenBoard

PROCESSES = """
import os, sys
from pathlib import Path

parameters = {"nightly": {"way": ["none"]}}
SLEEP = [sys.executable, "-S", "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"]


def start(command=SLEEP):
    return os.spawnv(os.P_NOWAIT, sys.executable, command)


own = start()


def daemon():
    child = os.fork()
    if child == 0:
        os.setsid()
        Path("daemon.pid").write_text(str(os.spawnve(os.P_NOWAIT, sys.executable, SLEEP, {})))
        os._exit(0)
    os.waitpid(child, 0)


def run(way, *, device):
    if way == "child":
        Path("daemon.pid").write_text(str(start()))
    elif way == "daemon":
        daemon()
    elif way == "short":
        start([sys.executable, "-S", "-c", ""])
    return os.waitpid(own, os.WNOHANG) == (0, 0), "its own process"
"""


class Modules:
    """Runs vectors of modules that a test writes, in one process."""

    def __init__(self, folder: Path, device: Any) -> None:
        self.folder = folder
        devices = ModuleDevices()
        self.board = OpenBoard(devices, lambda _device: None)
        self.board.device = device
        devices.open_board(device)
        self.runner = ModuleRunner(computes=True, devices=devices)

    def run(self, text: str, way: str = "none", name: str = "module") -> Outcome:
        """Run a vector of a module with this text."""
        file = self.folder / f"{name}.py"
        file.write_text(textwrap.dedent(text))
        vector = ModuleVector("v", SweepModule(name, file), "nightly", values={"way": encode(way)}, modes=())
        return self.runner.run(vector, self.board)


@pytest.fixture
def modules(tmp_path: Path, mock_mesh: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    monkeypatch.chdir(tmp_path)
    modules = Modules(tmp_path, mock_mesh)
    yield modules
    modules.runner.leave()


@pytest.fixture
def neighbour() -> Iterator[TreeProcess]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)"]) as process:
        identity = read_process(process.pid)
        assert identity is not None
        yield identity
        process.kill()


def test_processes_end_with_their_vector(neighbour: TreeProcess, modules: Modules, tmp_path: Path) -> None:
    assert modules.run(PROCESSES).measuring_notes == ()
    for way in ("child", "daemon"):
        outcome = modules.run(PROCESSES, way)
        assert (outcome.verdict, outcome.message) == (Verdict.PASS, "its own process")
        assert outcome.measuring_notes == ("left 1 process behind, which farm ended",)
        assert read_process(int((tmp_path / "daemon.pid").read_text())) is None
    assert modules.run(PROCESSES, "short").measuring_notes == (), "it ends by itself"
    assert is_alive(neighbour)
    own = int(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[-1])
    modules.runner.leave()
    assert read_process(own) is None
    assert is_alive(neighbour)
