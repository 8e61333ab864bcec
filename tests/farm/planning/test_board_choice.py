"""The boards of a sweep: the interpreter that opens them, and the environment that measurements need."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farm.core.errors import FarmError, NotRunnable
from farm.core.ttnn_install import TtnnInstall
from farm.planning.board_choice import boards_of, require_ttnn, with_environment


def test_the_interpreter_of_the_settings_opens_this_host_s_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FARM_PYTHON", raising=False)
    [mock] = boards_of("mock:n300", None)
    assert mock.python == ""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NotRunnable, match="ttnn can't be imported"):
        require_ttnn([mock])
    monkeypatch.setenv("FARM_PYTHON", sys.executable)
    mock, fake = boards_of("mock:n300,fake:n150", None)
    assert mock.python == sys.executable
    assert not fake.python
    require_ttnn([mock, fake])  # farm's own interpreter then needs no ttnn


def test_an_interpreter_that_cant_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_PYTHON", "/nowhere/python3")
    with pytest.raises(FarmError, match="FARM_PYTHON /nowhere/python3 can't be run: name an interpreter"):
        boards_of("mock:n300", None)


def test_only_boards_with_a_chosen_ttnn_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FARM_PYTHON", raising=False)
    versions = {"": "0.81.1", sys.executable: "0.66.0"}
    monkeypatch.setattr(
        "farm.planning.board_choice.installed_ttnn", lambda python: TtnnInstall(Path("ttnn"), versions[python])
    )
    notes: list[str] = []
    [mock] = boards_of("mock:n300,fake:n150", None, notes.append, ttnn=">=0.80")
    assert (mock.backend, mock.ttnn) == ("mock", "0.81.1")
    assert notes == ["1 board with ttnn unknown is left out"], "no ttnn opens a fake"
    monkeypatch.setenv("FARM_PYTHON", sys.executable)
    with pytest.raises(NotRunnable, match=r"'>=0.80' accepts: this host's ttnn is 0.66.0 \(1 board\); FARM_PYTHON"):
        boards_of("mock:n300", None, ttnn=">=0.80")
    monkeypatch.setattr("farm.planning.board_choice.installed_ttnn", lambda _python: None)
    with pytest.raises(NotRunnable, match="ttnn is unknown"):
        boards_of("mock:n300", None, ttnn=">=0")


def test_measurements_and_the_watcher_need_variables() -> None:
    boards = boards_of("fake:n300", None)
    assert with_environment(boards, ["perf", "memory"]) == boards
    [profiled] = with_environment(boards, ["device_perf"])
    assert profiled.environment["TT_METAL_DEVICE_PROFILER"] == "1"
    [watched] = with_environment(boards, [], watcher=True)
    assert set(watched.environment) - set(boards[0].environment) == {"TT_METAL_WATCHER"}


def test_a_runtime_root_of_the_users_own_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "ttnn"
    monkeypatch.setattr("farm.board.backends.mock.installed_ttnn", lambda _python: TtnnInstall(package, "0.81.1"))
    notes: list[str] = []
    monkeypatch.delenv("TT_METAL_RUNTIME_ROOT", raising=False)
    boards_of("mock:n300*2", None, notes.append)
    assert notes == []
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", "/own")
    boards_of("mock:n300*2", None, notes.append)
    assert notes == ["TT_METAL_RUNTIME_ROOT=/own is kept: mock boards use the compiler that is in it"]
