"""The boards of a sweep: the interpreter that opens them, and the environment that measurements need."""

from __future__ import annotations

import sys

import pytest

from farm.core.errors import FarmError, NotRunnable
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


def test_measurements_and_the_watcher_need_variables() -> None:
    boards = boards_of("fake:n300", None)
    assert with_environment(boards, ["perf", "memory"]) == boards
    [profiled] = with_environment(boards, ["device_perf"])
    assert profiled.environment["TT_METAL_DEVICE_PROFILER"] == "1"
    [watched] = with_environment(boards, [], watcher=True)
    assert set(watched.environment) - set(boards[0].environment) == {"TT_METAL_WATCHER"}
