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


def test_parts_of_boxes() -> None:
    cards = select_boards("mock:t3000/n300")
    assert [board.id for board in cards] == [f"mock:t3000/n300:{number}" for number in range(4)]
    assert {(board.kind.name, board.box) for board in cards} == {("n300", "t3000")}
    assert [board.id for board in select_boards("fake:galaxy/tray*2,fake:galaxy/tray")][1:3] == [
        "fake:galaxy/tray:1",
        "fake:galaxy/tray:2",
    ]
    fifth = select_boards("fake:t3000/n300*5")[4]
    first, second = select_boards("fake:t3000*2")
    assert not first.shares_chips(fifth)
    assert second.shares_chips(fifth)


def test_a_box_with_all_its_parts() -> None:
    boards = select_boards("fake:t3000/auto*2")
    assert [board.id for board in boards[:2]] == ["fake:t3000:0", "fake:t3000:1"]
    assert len(boards) == 2 * (1 + 2 + 2 + 4)
    kept = select_boards("fake:t3000/auto", ["fake:t3000/n300:0"])
    assert [board.id.removeprefix("fake:t3000/") for board in kept] == ["1x4:1", "2x2:1", "n300:1", "n300:2", "n300:3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fake:t3000,fake:t3000/n300", "fake:t3000:0 and fake:t3000/n300:0 have the same chips"),
        ("fake:t3000/1x4,fake:t3000/n300*2", "fake:t3000/1x4:0 and fake:t3000/n300:0 have the same chips"),
        ("fake:t3000/auto,fake:t3000/n300", "have the same chips"),
        ("fake:n300/auto", "n300/auto: n300 is one card and has no parts"),
        ("fake:t3000/", "is not auto or backend:kind"),
        ("fake:t3000/3x3", "t3000 has no part '3x3'; its parts are 1x4, 2x2, n300 and auto"),
    ],
)
def test_what_can_not_be_split_so_is_said(text: str, message: str) -> None:
    with pytest.raises(FarmError, match=message):
        select_boards(text)
