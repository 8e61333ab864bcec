"""Fixtures and guards that all tests share."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from farm.board.backends.mock import mock_environment
from farm.board.environment import QUIET
from farm.board.kinds import KINDS

hypothesis.settings.register_profile("any machine", deadline=None)  # no test depends on the machine's speed
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads these options
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share the tests of folders between two processes; all tests of a file run in one of them.

    Named files, `--pdb` and a run without pytest-xdist have one process, and `-n` decides for itself.
    """
    options = config.option
    distributes = config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput")
    if not distributes or options.numprocesses is not None or options.usepdb:
        return
    if all(Path(argument.partition("::")[0]).is_file() for argument in config.args):
        return
    options.numprocesses = 2
    options.dist = "loadfile"
    options.loadscopereorder = False  # pytest_collection_modifyitems has put them in order


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that two processes end at about the same time.

    These are the files that start Ray, then those that open boards.
    """
    ray, ttnn = ({item.path for item in items if item.get_closest_marker(marker)} for marker in ("ray", "ttnn"))
    items.sort(key=lambda item: (item.path not in ray, item.path not in ttnn))


@atexit.register
def _end_quietly() -> None:
    """Keep nanobind's leak report at exit from following pytest's closing line."""
    if "ttnn" in sys.modules:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


SEALED = ("tt-smi", "ipmitool", "setpci", "reboot", "shutdown")
"""Commands that change a host's real boards. No test may start one; a fake belongs into `fake_programs`."""
_FAKES: set[Path] = set()


@pytest.fixture(scope="session")
def _refusals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with programs of the sealed names and a tt_umd, which refuse: what the children of a test find first."""
    folder = tmp_path_factory.mktemp("sealed")
    for name in SEALED:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho a test tried to run {name} >&2\nexit 97\n")
        program.chmod(0o755)
    (folder / "tt_umd.py").write_text('raise ImportError("a test tried to open the boards of this host")\n')
    return folder


@pytest.fixture
def fake_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _sealed_host: None) -> Iterator[Path]:
    """A folder, first on the PATH and for Python, for a test's own fakes of the sealed commands and of tt_umd."""
    folder = tmp_path / "fake programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{os.environ['PYTHONPATH']}")
    _FAKES.add(folder)
    yield folder
    _FAKES.discard(folder)


@pytest.fixture(autouse=True)
def _sealed_host(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, _refusals: Path) -> None:
    """Keep tests away from the host's boards and its saved state, in this process and its children."""
    monkeypatch.setenv("PATH", f"{_refusals}:{os.environ['PATH']}")
    inherited = os.environ.get("PYTHONPATH")  # children import tt_umd, which finds real boards, from there
    monkeypatch.setenv("PYTHONPATH", f"{_refusals}:{inherited}" if inherited else str(_refusals))
    monkeypatch.setenv("FARM_RESET_COMMAND", "false")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))  # for the logs of runs
    monkeypatch.setenv("FARM_STATE", str(tmp_path_factory.mktemp("state")))


def _tripwire(event: str, details: tuple[Any, ...]) -> None:
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn") and details:
        command = [str(details[0]), *map(str, details[1] or ())] if len(details) > 1 else [str(details[0])]
        if any(Path(word).name in SEALED and Path(word).parent not in _FAKES for word in command[:2]):
            raise RuntimeError(f"a test tried to run {command}")


sys.addaudithook(_tripwire)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real masters, which is not part of the repository."""
    configured = os.environ.get("FARM_SHARED_DATA")
    folder = Path(configured) if configured else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real masters at {folder}; name their folder in FARM_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def shared_cases(shared_data: Path) -> Path:
    """The folder of inputs from the field, which is not part of the repository."""
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases from the field at {folder}; they are beside the folder that FARM_SHARED_DATA names")
    return folder


@pytest.fixture(scope="session")
def mock_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A mock n300, opened in this process as a 1 x 2 mesh. ttnn can open a device in only one way per process."""
    os.environ.update({**QUIET, **os.environ})
    os.environ.update(mock_environment(KINDS["n300"]))
    ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    previous = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("ttnn"))  # ttnn writes files into the working directory
    config = ttnn.DispatchCoreConfig(type=ttnn.DispatchCoreType.ETH)
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 2), dispatch_core_config=config, l1_small_size=32768)
    try:
        yield device
    finally:
        ttnn.close_mesh_device(device)
        os.chdir(previous)
