"""The products: what one board is, whatever host it is in. A new product is one row of this table."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence

from farm.board import wiring
from farm.core.board import BoardKind, Box, MockLayout, ResetScope
from farm.core.errors import FarmError

P150 = ("p150", "p150a", "p150b", "p150c")
P300 = ("p300", "p300a", "p300b", "p300c")
WORMHOLE, BLACKHOLE = ("wormhole_b0", "Wormhole"), ("blackhole", "Blackhole")

# What dispatch runs on: Wormhole's spare rows, its ethernet cores, or a column of it. ttnn's default is the ethernet
# cores of an n300 and a t3000, since no row of theirs is spare; elsewhere it is rows.
_N150 = ((None, None, (8, 8)), ("ETH", None, (8, 8)), (None, "COL", (7, 9)))
_N300 = ((None, None, (8, 8)), ("ETH", None, (8, 8)), ("WORKER", None, (8, 7)), (None, "COL", (7, 8)))
_GALAXY = ((None, None, (8, 9)), ("ETH", None, (8, 10)), (None, "COL", (7, 10)))
_BLACKHOLE = ((None, None, (11, 10)), (None, "COL", (11, 10)))
_BLACKHOLE_GALAXY = ((None, None, (12, 10)), (None, "COL", (12, 10)))


def _meshes(*shapes: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The shapes, each followed by its transpose, which opens too."""
    return tuple(dict.fromkeys(mesh for rows, columns in shapes for mesh in ((rows, columns), (columns, rows))))


_UP_TO_4 = ((2, 2), (1, 4), (1, 2), (1, 1))
_UP_TO_8 = ((1, 8), *_UP_TO_4)
_GALAXY_MESHES = _meshes((4, 8), (1, 32), (4, 4), (2, 8), (1, 16), (2, 4), *_UP_TO_8)

# Harvested: one Tensix row of an n150's chip, none of a galaxy's; two columns of a Blackhole card's chip and one of a
# Blackhole Galaxy's, whichever: here always the same. Two rows of a real
# n300's chips are; of a mock's it is one, since mocks of two rows don't get the 8 x 8 grid of a real one: ttnn 0.66
# doesn't know what they are and dispatches from rows (8 x 7), and 0.81 opens 8 x 8 but checks programs against 8 x 7.
KINDS: dict[str, BoardKind] = {
    kind.name: kind
    for kind in (
        BoardKind(
            "n150",
            *WORMHOLE,
            chips=1,
            dram_banks=12,
            meshes=_meshes((1, 1)),
            grids=_N150,
            cards=("n150",),
            mock=MockLayout(1, 1, "n150", 0x18, cards=((0,),), mmio=(0,), harvest=0x40, coordinates=True),
        ),
        BoardKind(
            "n150x4",
            *WORMHOLE,
            chips=4,
            dram_banks=12,
            meshes=_meshes(*_UP_TO_4),
            grids=_N150,
            box=Box(("n150",), devices=4),
            mock=MockLayout(
                2,
                2,
                "n150",
                0x18,
                cards=((0,), (1,), (2,), (3,)),
                mmio=(0, 1, 2, 3),
                harvest=0x40,
                coordinates=True,
                links=wiring.N150_X4,
            ),
        ),
        BoardKind(
            "n300",
            *WORMHOLE,
            chips=2,
            dram_banks=12,
            meshes=_meshes((1, 2), (1, 1)),
            grids=_N300,
            cards=("n300",),
            mock=MockLayout(
                1,
                2,
                "n300",
                0x14,
                cards=((0, 1),),
                mmio=(0,),
                harvest=0x1,
                coordinates=True,
                links=wiring.N300,
            ),
        ),
        BoardKind(
            "t3000",
            *WORMHOLE,
            chips=8,
            dram_banks=12,
            meshes=_meshes((2, 4), *_UP_TO_8),
            grids=_N300,
            box=Box(("n300",), devices=4, presumed=True),
            aliases=("t3k",),
            mock=MockLayout(
                2,
                4,
                "n300",
                0x14,
                cards=((0, 1), (2, 3), (4, 5), (6, 7)),
                mmio=(1, 2, 5, 6),
                harvest=0x1,
                coordinates=True,
                links=wiring.T3000,
            ),
        ),
        BoardKind(
            "galaxy",
            *WORMHOLE,
            chips=32,
            dram_banks=12,
            meshes=_GALAXY_MESHES,
            grids=_GALAXY,
            box=Box(("galaxy-wormhole",), presumed=True),
            aliases=("galaxy-wormhole", "tt-galaxy-wh", "6u"),
            reset=ResetScope.GALAXY,
            mock=MockLayout(
                4,
                8,
                "ubb",
                0x35,
                cards=(tuple(range(32)),),
                mmio=tuple(range(32)),
                harvest=0,
                links=wiring.WORMHOLE_GALAXY.links(),
                trays=wiring.WORMHOLE_GALAXY.trays(),
            ),
        ),
        BoardKind(
            "p100",
            *BLACKHOLE,
            chips=1,
            dram_banks=7,
            meshes=_meshes((1, 1)),
            grids=_BLACKHOLE,
            cards=("p100", "p100a"),
            mock=MockLayout(
                1,
                1,
                "p100",
                0x43,
                cards=((0,),),
                mmio=(0,),
                harvest=0xC0,
                dram_harvest=8,
                eth_harvest=0x3FFF,
                pcie_harvest=(2,),
            ),
        ),
        BoardKind(
            "p150",
            *BLACKHOLE,
            chips=1,
            dram_banks=8,
            meshes=_meshes((1, 1)),
            grids=_BLACKHOLE,
            cards=P150,
            mock=MockLayout(
                1, 1, "p150", 0x40, cards=((0,),), mmio=(0,), harvest=0xC0, eth_harvest=0x120, pcie_harvest=(2,)
            ),
        ),
        BoardKind(
            "p150x4",
            *BLACKHOLE,
            chips=4,
            dram_banks=8,
            meshes=_meshes(*_UP_TO_4),
            grids=_BLACKHOLE,
            box=Box(P150, devices=4),
            mock=MockLayout(
                2,
                2,
                "p150",
                0x41,
                cards=((0,), (1,), (2,), (3,)),
                mmio=(0, 1, 2, 3),
                harvest=0xC0,
                eth_harvest=0x120,
                pcie_harvest=(2,),
                links=wiring.P150_X4,
            ),
        ),
        BoardKind(
            "p150x8",
            *BLACKHOLE,
            chips=8,
            dram_banks=8,
            meshes=_meshes((2, 4), *_UP_TO_8),
            grids=_BLACKHOLE,
            box=Box(P150, devices=8),
            mock=MockLayout(
                2,
                4,
                "p150",
                0x41,
                cards=tuple((chip,) for chip in range(8)),
                mmio=tuple(range(8)),
                harvest=0xC0,
                eth_harvest=0x120,
                pcie_harvest=(2,),
                links=wiring.P150_X8,
            ),
        ),
        BoardKind(
            "p300",
            *BLACKHOLE,
            chips=2,
            dram_banks=8,
            meshes=_meshes((1, 2), (1, 1)),
            grids=_BLACKHOLE,
            cards=P300,
            pci_devices=2,
            mock=MockLayout(
                1,
                2,
                "p300",
                0x45,
                cards=((0, 1),),
                mmio=(0, 1),
                harvest=0x110,
                eth_harvest=0x120,
                pcie_harvest=(2, 1),  # of the left and the right chip
                links=wiring.P300,
            ),
        ),
        BoardKind(
            "p300x2",
            *BLACKHOLE,
            chips=4,
            dram_banks=8,
            meshes=_meshes(*_UP_TO_4),
            grids=_BLACKHOLE,
            box=Box(P300, devices=4),
            aliases=("quietbox2", "qb2"),
            mock=MockLayout(
                2,
                2,
                "p300",
                0x46,
                cards=((0, 1), (2, 3)),
                mmio=(0, 1, 2, 3),
                harvest=0x110,
                eth_harvest=0x120,
                pcie_harvest=(2, 1),
                links=wiring.P300_X2,
            ),
        ),
        BoardKind(
            "galaxy-blackhole",
            *BLACKHOLE,
            chips=32,
            dram_banks=8,
            meshes=_GALAXY_MESHES,
            grids=_BLACKHOLE_GALAXY,
            box=Box(("galaxy-blackhole",), presumed=True),
            aliases=("tt-galaxy-bh", "bhglx"),
            reset=ResetScope.GALAXY,
            mock=MockLayout(
                4,
                8,
                "ubb_blackhole",
                0x47,
                cards=(tuple(range(32)),),
                mmio=tuple(range(32)),
                harvest=0x1,
                eth_harvest=0x120,
                pcie_harvest=(1,) * 32,
                links=wiring.BLACKHOLE_GALAXY.links(),
                trays=wiring.BLACKHOLE_GALAXY.trays(),
            ),
        ),
    )
}
"""Every kind by its name."""


def kind_named(name: str) -> BoardKind:
    """The kind of this name, card name or alias, in any case.

    Raises:
        FarmError: there is no such kind; offers the nearest names.
    """
    word = name.strip().lower()
    kind = next((kind for kind in KINDS.values() if _is_name_of(word, kind)), None)
    if kind is not None:
        return kind
    near = difflib.get_close_matches(word, KINDS, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"kinds are {', '.join(KINDS)}"
    raise FarmError(f"no board kind {name!r}: {hint}")


def kind_of_card(card: str) -> BoardKind | None:
    """The kind that one card is by itself, by the driver's name of it; None for a card that farm doesn't know."""
    return next((kind for kind in KINDS.values() if card in kind.cards), None)


@functools.lru_cache(maxsize=1024)
def kind_of_traced_cards(series: str, cards: int) -> BoardKind | None:
    """The kind that a trace was made on.

    Args:
        series: the name of the cards, as a master's `machine_info` has it, such as `n300` or `tt-galaxy-wh`.
        cards: their number, counted as the host's PCI devices.

    Returns:
        None if farm doesn't know such cards.
    """
    word = series.strip().lower()
    return box_of((word,) * cards) or next((kind for kind in KINDS.values() if _is_name_of(word, kind)), None)


def box_of(cards: Sequence[str]) -> BoardKind | None:
    """The kind of the one board that all PCI devices of a host make up, by the driver's names of their cards.

    None if the cards are boards by themselves.
    """
    if len({*cards}) != 1:
        return None
    boxes = ((kind, kind.box) for kind in KINDS.values() if kind.box is not None)
    return next((kind for kind, box in boxes if cards[0] in box.cards and box.devices in (None, len(cards))), None)


def _is_name_of(word: str, kind: BoardKind) -> bool:
    return word in (kind.name, *kind.cards, *kind.aliases)
