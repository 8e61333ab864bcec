"""The parts of boxes: which chips they have, and what they are as boards."""

from __future__ import annotations

import math

import pytest
import yaml

from farm.board.backends.mock import descriptor, mock_boards
from farm.board.kinds import KINDS
from farm.board.parts import is_linked, kind_or_part_named, partitions, resets_more
from farm.core.board import BoardKind
from farm.core.errors import FarmError

BOXES = [kind for kind in KINDS.values() if kind.box]
every_box = pytest.mark.parametrize("box", BOXES, ids=lambda kind: kind.name)


@every_box
def test_parts_are_disjoint_linked_and_all_of_the_box(box: BoardKind) -> None:
    for way in partitions(box):
        assert sorted(chip for place in way.places for chip in place) == list(box.mock.chips), way.name
        for place in way.places:
            assert len(place) == way.kind.chips
            assert is_linked(box.mock, place)
            cards = [{*card} for card in box.mock.cards] if not box.mock.trays else []
            assert all(card <= {*place} or not card & {*place} for card in cards), "no card is in two parts"


@every_box
def test_a_part_is_a_kind_of_its_own(box: BoardKind) -> None:
    for way in partitions(box):
        kind = way.kind
        assert (kind.arch, kind.dram_banks, kind.grids, kind.reset) == (box.arch, box.dram_banks, box.grids, box.reset)
        assert math.prod(kind.meshes[0]) == kind.chips == len(kind.mock.chips)
        assert {*kind.meshes} <= {*box.meshes}
        assert len({chip for card in kind.mock.cards for chip in card}) == kind.chips
        assert kind_or_part_named(f"{box.name}/{way.name}") is kind


def test_the_parts_have_their_products_names() -> None:
    names = {box.name: [way.name for way in partitions(box)] for box in BOXES}
    assert names["t3000"] == ["1x4", "2x2", "n300"]
    assert names["p150x4"] == ["1x2", "p150"]
    assert names["p300x2"] == ["p300"]
    assert names["galaxy"] == ["2x8", "4x4", "1x8", "tray", "1x4", "2x2", "1x2", "1x1"]
    assert kind_or_part_named("T3K/N300") is KINDS["n300"]
    assert kind_or_part_named("p150x4/p150b") is KINDS["p150"]
    assert not partitions(KINDS["n300"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t3000/tray", "t3000 has no part 'tray'; its parts are 1x4, 2x2, n300 and auto"),
        ("n300/1x1", "n300/1x1: n300 is one card and has no parts"),
        ("t4000/n300", "no board kind 't4000'"),
    ],
)
def test_a_part_that_is_not_there_is_said(name: str, message: str) -> None:
    with pytest.raises(FarmError, match=message):
        kind_or_part_named(name)


def test_only_trays_and_blocks_of_a_galaxy_are_reset_with_others() -> None:
    assert resets_more(kind_or_part_named("galaxy/tray"))
    assert not resets_more(KINDS["galaxy"])
    assert not any(resets_more(kind_or_part_named(name)) for name in ("t3000/n300", "t3000/1x4", "p150x8/2x2"))


def test_the_chips_of_a_part_keep_their_places_in_trays() -> None:
    """A block of the second row of a tray: its locations don't begin with 1."""
    kind = kind_or_part_named("galaxy/1x8")
    raw = yaml.safe_load(descriptor(kind))
    assert raw["chip_to_bus_id"] == {chip: raw["chip_to_bus_id"][chip] for chip in range(8)}
    assert len({*raw["chip_to_bus_id"].values()}) == 8
    tray = yaml.safe_load(descriptor(kind_or_part_named("galaxy/tray")))
    assert [int(bus, 16) for _, bus in sorted(tray["chip_to_bus_id"].items())] == [*range(0xC1, 0xC9)]


def test_a_board_and_a_part_of_it_share_chips() -> None:
    [box, other] = mock_boards(KINDS["t3000"], 2)
    assert box.chips
    assert not box.shares_chips(box)
    assert not box.shares_chips(other)
    [card] = mock_boards(KINDS["n300"], 1)
    assert not card.chips
    assert not card.shares_chips(card)
