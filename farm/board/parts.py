"""The parts of boxes: cards, trays and blocks of chips that can be boards of their own. No IO.

A part is a card of the box, a tray of a galaxy, or a block of neighboring chips: `t3000/n300`, `galaxy/tray`,
`t3000/1x4`. A block consists of whole cards, since two processes can't share one; of a galaxy, of any chips.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from farm.board.kinds import KINDS, kind_named, kind_of_card
from farm.core.board import BoardKind, ChipLink, MockLayout, ResetScope, Tray
from farm.core.errors import FarmError

AUTO_PART = "auto"
"""The part of a box that lets each run choose the parts by the meshes that it needs."""
TRAY = "tray"
_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class Partition:
    """A way to split a box into parts of one kind.

    Attributes:
        name: what people call such a part: a card, `tray`, or a block's rows and columns.
        kind: what each part is as a board. A card is what it is outside of a box.
        places: the chips of each part, by their numbers in the box.
    """

    name: str
    kind: BoardKind
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Parts of a box, as a person names them.

    Attributes:
        box: the box.
        way: how it is split.
    """

    box: BoardKind
    way: Partition

    def __str__(self) -> str:
        return f"{self.box.name}{_SEPARATOR}{self.way.name}"


@functools.cache
def partitions(box: BoardKind) -> tuple[Partition, ...]:
    """The ways to split a box, those with the largest parts first; none for a kind that is no box."""
    if box.box is None:
        return ()
    named = [each for each in (_cards(box), _trays(box)) if each is not None]
    sets = {frozenset(map(frozenset, each.places)) for each in named}
    blocks = (each for each in _blocks(box) if frozenset(map(frozenset, each.places)) not in sets)
    return tuple(sorted((*named, *blocks), key=lambda each: (-each.kind.chips, each.name)))


def partition_named(box: BoardKind, name: str) -> Partition:
    """A way to split a box by the name of its parts.

    Raises:
        FarmError: the kind is no box, or has no such parts.
    """
    word = name.strip().lower()
    ways = partitions(box)
    if not ways:
        raise FarmError(f"{box.name}{_SEPARATOR}{name}: {box.name} is one card and has no parts")
    for way in ways:
        if word == way.name or word in way.kind.cards:
            return way
    names = ", ".join(way.name for way in ways)
    raise FarmError(f"{box.name} has no part {name!r}; its parts are {names} and {AUTO_PART}")


def kind_or_part_named(name: str) -> BoardKind:
    """The kind of this name, or that of a part: `n300`, `galaxy/tray`.

    Raises:
        FarmError: there is none.
    """
    box, separator, part = name.partition(_SEPARATOR)
    return partition_named(kind_named(box), part).kind if separator else kind_named(box)


def _cards(box: BoardKind) -> Partition | None:
    """The cards of a box; None for a galaxy, which has trays."""
    kind = kind_of_card(box.box.cards[0]) if box.box else None
    return None if kind is None else Partition(kind.name, kind, box.mock.cards)


def _trays(box: BoardKind) -> Partition | None:
    if not box.mock.trays:
        return None
    places = tuple(tuple(sorted(tray.chips)) for tray in box.mock.trays)
    rows, columns = _sides(box.mock, places[0])
    return Partition(TRAY, _part_kind(box, TRAY, rows, columns, places[0]), places)


def _blocks(box: BoardKind) -> Iterator[Partition]:
    """Every way to tile a box with equal blocks of whole cards, or of a galaxy's chips."""
    layout = box.mock
    units = [{chip} for chip in layout.chips] if layout.trays else [{*card} for card in layout.cards]
    for rows in _divisors(layout.rows):
        for columns in _divisors(layout.columns):
            if rows > columns or rows * columns == len(layout.chips):
                continue
            places = tuple(_tiles(layout, rows, columns))
            whole_cards = all(any(unit <= {*place} for place in places) for unit in units)
            if whole_cards and all(is_linked(layout, place) for place in places):
                name = f"{rows}x{columns}"
                yield Partition(name, _part_kind(box, name, rows, columns, places[0]), places)


def is_linked(layout: MockLayout, place: Collection[int]) -> bool:
    """Whether each two neighbors among some chips of a box have an ethernet link."""
    linked = {frozenset((link.chip, link.far_chip)) for link in layout.links}
    pairs = (
        {chip, neighbor}
        for chip in place
        for neighbor in ((chip + 1) if (chip + 1) % layout.columns else None, chip + layout.columns)
        if neighbor in place
    )
    return all(frozenset(pair) in linked for pair in pairs)


def _tiles(layout: MockLayout, rows: int, columns: int) -> Iterator[tuple[int, ...]]:
    for top in range(0, layout.rows, rows):
        for left in range(0, layout.columns, columns):
            yield tuple(
                row * layout.columns + column
                for row in range(top, top + rows)
                for column in range(left, left + columns)
            )


def _divisors(number: int) -> list[int]:
    return [each for each in range(1, number + 1) if number % each == 0]


def _sides(layout: MockLayout, place: Collection[int]) -> tuple[int, int]:
    rows, columns = {chip // layout.columns for chip in place}, {chip % layout.columns for chip in place}
    return len(rows), len(columns)


def _part_kind(box: BoardKind, name: str, rows: int, columns: int, place: tuple[int, ...]) -> BoardKind:
    """What a block of chips of a box is as a board; all such blocks are alike."""
    return replace(
        box,
        name=f"{box.name}{_SEPARATOR}{name}",
        chips=len(place),
        meshes=tuple(mesh for mesh in box.meshes if _opens(rows, columns, mesh)),
        box=None,
        aliases=(),
        pci_devices=sum(chip in box.mock.mmio for chip in place),
        mock=_part_layout(box.mock, rows, columns, place),
    )


def _opens(rows: int, columns: int, mesh: tuple[int, int]) -> bool:
    """Whether a block of chips opens a mesh: turned or not, or as a line that winds through its rows."""
    short, long = sorted(mesh)
    if short <= rows and long <= columns:
        return True
    return short == 1 and rows > 1 and long <= rows * columns


def _part_layout(box: MockLayout, rows: int, columns: int, place: tuple[int, ...]) -> MockLayout:
    """The arrangement of some chips of a box, numbered anew."""
    number = {chip: index for index, chip in enumerate(place)}

    def renumbered(chips: Collection[int]) -> tuple[int, ...]:
        return tuple(number[chip] for chip in chips if chip in number)

    return replace(
        box,
        rows=rows,
        columns=columns,
        cards=tuple(card for card in map(renumbered, box.cards) if card),
        mmio=renumbered(box.mmio),
        links=tuple(
            ChipLink(number[link.chip], link.channels, number[link.far_chip], link.far_channels)
            for link in box.links
            if link.chip in number and link.far_chip in number
        ),
        trays=tuple(filter(None, (_part_of_tray(tray, number) for tray in box.trays))),
    )


def _part_of_tray(tray: Tray, number: Mapping[int, int]) -> Tray | None:
    """The chips of a tray that are in a part; None if none is."""
    located = [(location, number[chip]) for location, chip in tray.located() if chip in number]
    if not located:
        return None
    locations, chips = zip(*located, strict=True)
    return Tray(tray.bus, chips, locations)


def resets_more(kind: BoardKind) -> bool:
    """Whether a reset of a part takes down other chips, too: Tenstorrent's tools reset a galaxy as a whole."""
    return kind.reset is ResetScope.GALAXY and kind.name not in KINDS
