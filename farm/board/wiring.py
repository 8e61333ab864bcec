"""The ethernet links between the chips of each product, and the trays of galaxies.

Channels and places are those that real boards report. Chips are numbered row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from farm.core.board import ChipLink, Tray

# A ring of four cards, two by two, each cabled from its first port to the second port of the next.
N150_X4 = tuple(ChipLink(chip, (6, 7), following, (0, 1)) for chip, following in ((0, 1), (1, 3), (3, 2), (2, 0)))

N300 = (ChipLink(0, (8, 9), 1, (0, 1)),)

# Four n300 cards of two chips each: the inner chip of a card, at x = 1 or 2, is the one with PCIe.
T3000 = (
    *(ChipLink(inner, (8, 9), outer, (0, 1)) for inner, outer in ((1, 0), (2, 3), (5, 4), (6, 7))),
    ChipLink(1, (6, 7), 2, (6, 7)),
    ChipLink(5, (0, 1), 6, (0, 1)),
    *(ChipLink(upper, (14, 15), upper + 4, (14, 15)) for upper in (1, 2)),
    *(ChipLink(upper, (6, 7), upper + 4, (6, 7)) for upper in (0, 3)),
)

P300 = (ChipLink(0, (2, 3), 1, (9, 8)),)

# A ring of four cards, two by two: two cables of two links from each card to either neighbour.
P150_X4 = (
    *(ChipLink(left, (8, 9, 10, 11), left + 1, (8, 9, 10, 11)) for left in (0, 2)),
    *(ChipLink(upper, (4, 5, 6, 7), upper + 2, (4, 5, 6, 7)) for upper in (0, 1)),
)

# Two rows of four cards: one cable of two links between neighbours.
P150_X8 = (
    *(ChipLink(left, (9, 11), left + 1, (4, 6)) for left in (0, 1, 2, 4, 5, 6)),
    ChipLink(0, (4, 6), 4, (4, 6)),
    ChipLink(1, (5, 7), 5, (5, 7)),
    ChipLink(2, (8, 10), 6, (8, 10)),
    ChipLink(3, (9, 11), 7, (9, 11)),
)

# Two p300 cards, one in each row, with a bridge on top that joins left to left and right to right.
P300_X2 = (
    *(ChipLink(left, (2, 3), left + 1, (9, 8)) for left in (0, 2)),
    ChipLink(0, (7, 9), 2, (7, 9)),
    ChipLink(1, (3, 6), 3, (3, 6)),
)

_TRAY_ROWS, _TRAY_COLUMNS, _GALAXY_COLUMNS = 2, 4, 8


@dataclass(frozen=True, slots=True)
class Galaxy:
    """Four trays, two by two, each of two rows of four chips.

    Trays sit mirrored, edge to edge, so that a location's number is that of the same corner in each of them.

    Attributes:
        buses: the first PCI bus number of each tray, in the order of their places.
        east: the channels of a chip of the first tray to its neighbour in the next column.
        west: those in the column before.
        south: those in the next row.
        north: those in the row before.
    """

    buses: tuple[int, int, int, int]
    east: tuple[int, ...]
    west: tuple[int, ...]
    south: tuple[int, ...]
    north: tuple[int, ...]

    def trays(self) -> tuple[Tray, ...]:
        """The four trays."""
        return tuple(
            Tray(bus, tuple(_tray_chips(*divmod(place, _GALAXY_COLUMNS // _TRAY_COLUMNS))))
            for place, bus in enumerate(self.buses)
        )

    def links(self) -> tuple[ChipLink, ...]:
        """Each chip's links to its neighbours. A mirrored tray's sides are swapped."""
        chips = [divmod(chip, _GALAXY_COLUMNS) for chip in range(sum(len(tray.chips) for tray in self.trays()))]
        links = []
        for chip, (row, column) in enumerate(chips):
            if (row, column + 1) in chips:
                links.append(ChipLink(chip, self._east_of(column), chip + 1, self._west_of(column + 1)))
            if (row + 1, column) in chips:
                links.append(ChipLink(chip, self._south_of(row), chip + _GALAXY_COLUMNS, self._north_of(row + 1)))
        return tuple(links)

    def _east_of(self, column: int) -> tuple[int, ...]:
        return self.east if column < _TRAY_COLUMNS else self.west

    def _west_of(self, column: int) -> tuple[int, ...]:
        return self.west if column < _TRAY_COLUMNS else self.east

    def _south_of(self, row: int) -> tuple[int, ...]:
        return self.south if row < _TRAY_ROWS else self.north

    def _north_of(self, row: int) -> tuple[int, ...]:
        return self.north if row < _TRAY_ROWS else self.south


# By the bus numbers of its trays, UMD counts them as tray 1, 4, 3 and 2.
WORMHOLE_GALAXY = Galaxy(
    (0xC0, 0x40, 0x00, 0x80), east=(8, 9, 10, 11), west=(4, 5, 6, 7), south=(12, 13, 14, 15), north=(0, 1, 2, 3)
)
# Trays 1 to 4 by UMD's count. In galaxies of revision C, those at 0x40 and 0xC0 have changed places.
BLACKHOLE_GALAXY = Galaxy((0x00, 0x40, 0xC0, 0x80), east=(4, 5), west=(2, 3), south=(6, 7), north=(0, 1))


def _tray_chips(tray_row: int, tray_column: int) -> Iterator[int]:
    """The chips of a tray in the order of their locations, which start at the corner of the galaxy."""
    rows = range(tray_row * _TRAY_ROWS, (tray_row + 1) * _TRAY_ROWS)
    columns = range(tray_column * _TRAY_COLUMNS, (tray_column + 1) * _TRAY_COLUMNS)
    for row in reversed(rows) if tray_row else rows:
        for column in reversed(columns) if tray_column else columns:
            yield row * _GALAXY_COLUMNS + column
