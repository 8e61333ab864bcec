"""The table of products."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.kinds import KINDS, kind_named
from farm.core.board import BoardKind


def test_a_kind_has_aliases_and_card_names() -> None:
    assert kind_named("N300") is KINDS["n300"]
    assert kind_named("p150b") is KINDS["p150"]
    assert kind_named("t3k") is KINDS["t3000"]
    assert kind_named("tt-galaxy-wh") is KINDS["galaxy"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_row_is_consistent(kind: BoardKind) -> None:
    rows, columns = kind.meshes[0]
    assert rows * columns == kind.chips == len(kind.mock.chips)
    assert sorted(chip for card in kind.mock.cards for chip in card) == list(kind.mock.chips)
    assert bool(kind.cards) is (kind.box is None), "a kind is either a card or a box of cards"


def test_the_documentation_has_every_kind() -> None:
    rows = (Path(__file__).parents[3] / "docs" / "boards.md").read_text(encoding="utf-8").splitlines()
    for kind in KINDS.values():
        mesh, grid = kind.meshes[0], kind.grids[0][2]
        cells = (kind.name, kind.chips, f"{mesh[0]} x {mesh[1]}", f"{grid[0]} x {grid[1]}", kind.dram_banks)
        assert f"| {' | '.join(map(str, cells))} |" in rows
