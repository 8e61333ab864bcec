"""The boards that `--boards` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.discovery.facts import PciDevice
from farm.board.selection import select_boards
from farm.core.errors import FarmError, NotRunnable


def test_a_list_of_mocks() -> None:
    boards = select_boards("mock:n300*2,mock:p150,mock:n300")
    assert [board.id for board in boards] == ["mock:n300:0", "mock:n300:1", "mock:p150:0", "mock:n300:2"]
    assert not any(board.computes for board in boards)


def test_auto_is_mock_without_silicon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("farm.board.backends.silicon.pci_devices", lambda *_: [])
    assert {board.backend for board in select_boards("auto")} == {"mock"}
    monkeypatch.setattr("farm.board.backends.silicon.pci_devices", lambda *_: [PciDevice("0000:61:00.0", "n150")])
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    assert [(board.backend, board.kind.name) for board in select_boards("auto")] == [("silicon", "n150")]


def test_a_mock_board_needs_a_kind() -> None:
    with pytest.raises(FarmError, match="say which kind"):
        select_boards("mock")


def test_missing_silicon_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.board.backends.silicon.pci_devices", lambda *_: [])
    with pytest.raises(NotRunnable, match="this host has 0"):
        select_boards("silicon")
