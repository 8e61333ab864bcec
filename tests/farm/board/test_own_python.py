"""The interpreter that the settings name opens this host's boards."""

from __future__ import annotations

import sys

import pytest

from farm.core.errors import FarmError
from farm.planning.board_choice import boards_of, require_ttnn


def test_boards_of_this_host_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [board.python for board in boards_of("mock:n300", None)] == [""]
    monkeypatch.setenv("FARM_PYTHON", sys.executable)
    mock, fake = boards_of("mock:n300,fake:n150", None)
    assert mock.python == sys.executable
    assert not fake.python
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    require_ttnn([mock])  # farm's own interpreter needs none then


def test_one_that_cant_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_PYTHON", "/nowhere/python3")
    with pytest.raises(FarmError, match="FARM_PYTHON /nowhere/python3 can't be run"):
        boards_of("mock:n300", None)
