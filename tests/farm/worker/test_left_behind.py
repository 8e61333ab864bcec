"""What a vector of a sweep module leaves behind in its process is ended, put back or noted."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector
from farm.core.process_tree import TreeProcess, below, is_alive, read_process
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Verdict
from farm.sweeps.values import encode

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker import children
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


def test_processes_end_with_their_vector(
    neighbour: TreeProcess, modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "GRACE_SECONDS", 0.0)
    assert modules.run(PROCESSES).measuring_notes == ()
    for way in ("child", "daemon"):
        outcome = modules.run(PROCESSES, way)
        assert (outcome.verdict, outcome.message) == (Verdict.PASS, "its own process")
        assert outcome.measuring_notes == ("left 1 process behind, which farm ended",)
        assert read_process(int((tmp_path / "daemon.pid").read_text())) is None
    monkeypatch.setattr(children, "GRACE_SECONDS", math.inf)
    assert modules.run(PROCESSES, "short").measuring_notes == (), "it ends by itself"
    monkeypatch.setattr(children, "GRACE_SECONDS", 0.0)
    assert is_alive(neighbour)
    own = int(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[-1])
    modules.runner.leave()
    assert read_process(own) is None
    assert is_alive(neighbour)


REPLACED = """
import time
import subprocess, sys

parameters = {"nightly": {"way": ["none"]}}

def refuse(*_):
    raise RuntimeError("the module's own clock")

def run(way, *, device):
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)"])
    time.sleep = time.monotonic = refuse
    return True, ""
"""


def test_processes_end_whatever_a_module_makes_of_the_clock(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sleep", "monotonic"):
        monkeypatch.setattr(time, name, getattr(time, name))  # put back at the end
    before = {(each.pid, each.start) for each in below(os.getpid())}  # such as multiprocessing's, of an earlier test
    assert modules.run(REPLACED).verdict is Verdict.PASS
    monkeypatch.undo()
    assert not [each for each in below(os.getpid()) if not each.ended and (each.pid, each.start) not in before]


STATE = """
import builtins, decimal, gc, logging, os, random, resource, signal, sys, threading, time, warnings
import numpy
import ttnn

parameters = {"nightly": {"way": ["none"]}}
random.seed(1)
numpy.random.seed(1)
allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
ways = {
    "timer": lambda: signal.setitimer(signal.ITIMER_REAL, 60),
    "handler": lambda: signal.signal(signal.SIGUSR1, lambda *_: None),
    "blocked": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]),
    "rlimit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (allowed[0] - 1, allowed[1])),
    "depth": lambda: sys.setrecursionlimit(321),
    "trace": lambda: sys.setprofile(lambda *_: None),
    "folder": lambda: os.chdir("/"),
    "variable": lambda: os.environ.update(LEFT_BEHIND="1"),
    "umask": lambda: os.umask(0o777),
    "path": lambda: sys.path.insert(0, "/nowhere"),
    "warnings": lambda: warnings.simplefilter("error"),
    "logging": lambda: logging.disable(logging.CRITICAL),
    "logger": lambda: logging.getLogger().addHandler(logging.NullHandler()),
    "gc": gc.disable,
    "decimal": lambda: setattr(decimal.getcontext(), "prec", 3),
    "device": lambda: ttnn.SetDefaultDevice(ttnn.GetDefaultDevice() and None),
    "config": lambda: setattr(ttnn.CONFIG, "enable_logging", not ttnn.CONFIG.enable_logging),
    "numpy": lambda: numpy.seterr(all="raise"),
    "builtin": lambda: setattr(builtins, "hex", None),
    "sleep": lambda: setattr(time, "sleep", None),
    "operation": lambda: setattr(ttnn, "add", None),
    "tensor": lambda: setattr(ttnn.Tensor, "to_list", None),
    "import": lambda: sys.modules.pop("json"),
    "stdout": lambda: setattr(sys, "stdout", None),
    "random": lambda: (random.random(), numpy.random.rand()),
    "gauss": lambda: random.gauss(0, 1),
    "seed": lambda: random.seed(2),
    "thread": lambda: threading.Thread(target=threading.Event().wait, args=(300,), daemon=True).start(),
}


def run(way, *, device):
    import json

    state = [
        signal.getitimer(signal.ITIMER_REAL), signal.getsignal(signal.SIGUSR1), signal.pthread_sigmask(0, []),
        resource.getrlimit(resource.RLIMIT_NOFILE), sys.getrecursionlimit(), sys.getprofile(), os.getcwd(),
        os.environ.get("LEFT_BEHIND"), os.umask(0o22), list(sys.path), list(warnings.filters), logging.root.handlers[:],
        logging.root.manager.disable, gc.isenabled(), decimal.getcontext().prec, ttnn.GetDefaultDevice(),
        ttnn.CONFIG.enable_logging, numpy.geterr(), hex, time.sleep, ttnn.add, ttnn.Tensor.to_list, sys.stdout,
        random.random(), random.gauss(0, 1), numpy.random.rand(), id(json),
    ]
    os.umask(state[8])
    if way != "none":
        ways[way]()
    return True, str(state)
"""
WAYS = re.findall(r'^    "(\w+)": ', STATE, re.MULTILINE)


def test_a_vector_finds_the_state_that_its_module_began_with(modules: Modules) -> None:
    first = modules.run(STATE)
    assert first.verdict is Verdict.PASS
    for way in WAYS:
        outcome = modules.run(STATE, way)
        assert (outcome.verdict, outcome.message) == (Verdict.PASS, first.message), way
        notes = ("left threads behind: the next vector runs in a new process",) if way == "thread" else ()
        assert outcome.measuring_notes == notes, way
        if way == "variable":
            assert outcome.left_behind == ("environment variables",)
        assert modules.runner.spent is (way == "thread"), way
    assert len(WAYS) > 20


REPLACED = """
import os, random

parameters = {"nightly": {"way": ["none"]}}
os.environ = dict(os.environ, PLAIN="1")


def run(way, *, device):
    if way == "change":
        os.environ["PLAIN"] = "2"
    return True, os.environ["PLAIN"]
"""


def test_a_module_may_replace_the_environment_when_it_is_imported(modules: Modules) -> None:
    for way, text in (("none", "1"), ("change", "2"), ("none", "1")):
        outcome = modules.run(REPLACED, way)
        assert (outcome.verdict, outcome.message) == (Verdict.PASS, text)


def test_the_state_of_random_is_read_from_memory() -> None:
    from farm.worker import aspects

    assert aspects._read_words is aspects._random_words


LASTING = """
import os, threading, time, json

parameters = {"nightly": {"way": ["none"]}}
dumps, json.dumps = json.dumps, None
if MODULE_THREAD:
    threading.Thread(target=threading.Event().wait, args=(300,), daemon=True).start()


def run(way, *, device):
    if way == "short thread":
        threading.Thread(target=time.sleep, args=(0.02,)).start()
    return json.dumps is None, "its own json.dumps"
"""


def test_threads_may_end_by_themselves(modules: Modules) -> None:
    text = LASTING.replace("MODULE_THREAD", "False")
    assert modules.run(text, "short thread").measuring_notes == ()
    assert not modules.runner.spent


def test_a_module_is_left_with_all_that_it_changed(modules: Modules) -> None:
    dumps = json.dumps
    assert modules.run(LASTING.replace("MODULE_THREAD", "True")).measuring_notes == (), "its own until it is left"
    assert not modules.runner.spent
    modules.runner.leave()
    assert json.dumps is dumps
    assert modules.runner.spent
