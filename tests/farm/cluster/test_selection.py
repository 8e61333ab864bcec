"""The boards of a farm that a run takes."""

from __future__ import annotations

from farm.board.selection import select_boards
from farm.cluster.selection import FarmSelection

BOARDS = select_boards("fake:n300*3,fake:p150")


def kinds(text: str) -> list[str]:
    return [board.kind.name for board in FarmSelection.parse(text).pick(BOARDS)]


def test_auto_takes_every_board() -> None:
    assert FarmSelection.parse("auto").pick(BOARDS) == BOARDS


def test_a_list_takes_each_kind_up_to_its_count() -> None:
    assert kinds("fake:n300*2,fake:p150") == ["n300", "n300", "p150"]
    assert kinds("fake") == ["n300", "n300", "n300", "p150"]
    assert kinds("mock") == []


def test_a_board_that_joins_is_accepted_while_some_are_missing() -> None:
    selection = FarmSelection.parse("fake:n300*2")
    assert selection.accepts(BOARDS[1], BOARDS[:1])
    assert not selection.accepts(BOARDS[2], BOARDS[:2])
    assert not selection.accepts(BOARDS[3], [])
