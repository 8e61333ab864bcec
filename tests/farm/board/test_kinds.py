"""The table of products."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.backends.silicon import Silicon
from farm.board.kinds import KINDS, box_of, kind_named, kind_of_card, kind_of_traced_cards
from farm.core.board import Board, BoardKind
from tracer.capture.openings import MACHINES, SERIES_VARIABLE


def test_a_kind_has_aliases_and_card_names() -> None:
    assert kind_named("N300") is KINDS["n300"]
    assert kind_named("p150b") is KINDS["p150"]
    assert kind_named("t3k") is KINDS["t3000"]
    assert kind_named("tt-galaxy-wh") is kind_named("galaxy-wormhole") is KINDS["galaxy"]
    assert kind_named("tt-galaxy-bh") is KINDS["galaxy-blackhole"]
    assert kind_named("P150x4") is KINDS["p150x4"]
    assert kind_named("quietbox2") is KINDS["p300x2"]


def test_no_name_is_of_two_kinds() -> None:
    names = [name for kind in KINDS.values() for name in {kind.name, *kind.cards, *kind.aliases}]
    assert len(names) == len({*names})


@pytest.mark.parametrize(
    ("cards", "kind"),
    [
        (["n150"] * 4, "n150x4"),
        (["n300"] * 4, "t3000"),
        (["p150a"] * 4, "p150x4"),
        (["p150b"] * 8, "p150x8"),
        (["p300c"] * 4, "p300x2"),
        (["galaxy-wormhole"] * 32, "galaxy"),
        (["galaxy-wormhole"] * 16, "galaxy"),
        (["galaxy-blackhole"] * 32, "galaxy-blackhole"),
        (["n150"] * 3, None),
        (["n300"] * 5, None),
        (["p150a", "p150a", "p150b", "p150b"], None),
        (["p300c"] * 2, None),
        (["galaxy-wormhole", "galaxy-blackhole"], None),
        (["unknown"] * 4, None),
        ([], None),
    ],
)
def test_cards_of_a_host_make_up_a_box(cards: list[str], kind: str | None) -> None:
    assert box_of(cards) is (None if kind is None else KINDS[kind])


@pytest.mark.parametrize(
    ("series", "cards", "kind"),
    [
        ("n150", 1, "n150"),
        ("n150", 4, "n150x4"),
        ("n300", 1, "n300"),
        ("N300", 4, "t3000"),
        ("tt-galaxy-wh", 32, "galaxy"),
        ("tt-galaxy-bh", 32, "galaxy-blackhole"),
        ("p100a", 1, "p100"),
        ("p150b", 1, "p150"),
        ("p150b", 4, "p150x4"),
        ("p150b", 8, "p150x8"),
        ("p300a", 1, "p300"),
        ("p300c", 4, "p300x2"),
        ("tt-galaxy-xx", 32, None),
        ("e150", 1, None),
    ],
)
def test_a_trace_names_the_kind_that_it_was_made_on(series: str, cards: int, kind: str | None) -> None:
    assert kind_of_traced_cards(series, cards) is (None if kind is None else KINDS[kind])


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_the_tracer_writes_of_a_board_names_its_kind(kind: BoardKind) -> None:
    assert kind_of_traced_cards(*MACHINES[kind.name]) is kind


@pytest.mark.parametrize(
    ("product", "kind"),
    [
        ("T3K", "t3000"),
        ("GALAXY", "galaxy"),
        ("BLACKHOLE_GALAXY", "galaxy-blackhole"),
        ("P150_X4", "p150x4"),
        ("P150_X8", "p150x8"),
        ("P300_X2", "p300x2"),
    ],
)
def test_what_ttnn_calls_a_product_is_traced_as_its_kind(product: str, kind: str) -> None:
    assert kind_of_traced_cards(*MACHINES[product.lower()]) is KINDS[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.box], ids=lambda kind: kind.name)
def test_a_trace_on_a_real_box_names_the_box(kind: BoardKind) -> None:
    environment = Silicon().trace_environment(Board("a:0000:01:00.0", "silicon", kind))
    assert kind_of_traced_cards(*MACHINES[environment[SERIES_VARIABLE]]) is kind


def test_every_card_of_the_driver_is_known_by_itself_or_in_a_box() -> None:
    boxed = {card for kind in KINDS.values() if kind.box is not None for card in kind.box.cards}
    alone = {card for kind in KINDS.values() for card in kind.cards}
    assert boxed - alone == {"galaxy-wormhole", "galaxy-blackhole"}
    assert {card for card in boxed | alone if kind_of_card(card) is None} == boxed - alone


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
