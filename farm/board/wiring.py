"""The ethernet links between the chips of each product, and the trays of a galaxy.

Channels and places are those that real boards report. Chips are numbered row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

from farm.core.board import ChipLink, Tray

N300 = (ChipLink(0, (8, 9), 1, (0, 1)),)
P300 = (ChipLink(0, (2, 3), 1, (9, 8)),)

# Four n300 cards of two chips each: the inner chip of a card, at x = 1 or 2, is the one with PCIe.
T3000 = (
    *(ChipLink(inner, (8, 9), outer, (0, 1)) for inner, outer in ((1, 0), (2, 3), (5, 4), (6, 7))),
    ChipLink(1, (6, 7), 2, (6, 7)),
    ChipLink(5, (0, 1), 6, (0, 1)),
    *(ChipLink(upper, (14, 15), upper + 4, (14, 15)) for upper in (1, 2)),
    *(ChipLink(upper, (6, 7), upper + 4, (6, 7)) for upper in (0, 3)),
)

_EAST, _WEST, _SOUTH, _NORTH = (8, 9, 10, 11), (4, 5, 6, 7), (12, 13, 14, 15), (0, 1, 2, 3)
_TRAY_ROWS, _TRAY_COLUMNS, _GALAXY_COLUMNS = 2, 4, 8
# The first bus number of each tray, two by two; the tray on it counts as tray 1, 4, 3 and 2.
_TRAY_BUSES = (0xC0, 0x40, 0x00, 0x80)


def galaxy_trays() -> tuple[Tray, ...]:
    """The four trays of a galaxy, two by two, each of two rows of four chips.

    Trays sit mirrored, edge to edge, so that a location's number is that of the same corner in each of them.
    """
    return tuple(
        Tray(bus, tuple(_tray_chips(*divmod(number, _GALAXY_COLUMNS // _TRAY_COLUMNS))))
        for number, bus in enumerate(_TRAY_BUSES)
    )


def galaxy_links() -> tuple[ChipLink, ...]:
    """The links of a galaxy: each chip with its neighbours, by four channels. A mirrored tray's sides are swapped."""
    chips = [divmod(chip, _GALAXY_COLUMNS) for chip in range(sum(len(tray.chips) for tray in galaxy_trays()))]
    links = []
    for chip, (row, column) in enumerate(chips):
        if (row, column + 1) in chips:
            links.append(ChipLink(chip, _east_of(column), chip + 1, _west_of(column + 1)))
        if (row + 1, column) in chips:
            links.append(ChipLink(chip, _south_of(row), chip + _GALAXY_COLUMNS, _north_of(row + 1)))
    return tuple(links)


def _tray_chips(tray_row: int, tray_column: int) -> Iterator[int]:
    """The chips of a tray in the order of their locations, which start at the corner of the galaxy."""
    rows = range(tray_row * _TRAY_ROWS, (tray_row + 1) * _TRAY_ROWS)
    columns = range(tray_column * _TRAY_COLUMNS, (tray_column + 1) * _TRAY_COLUMNS)
    for row in reversed(rows) if tray_row else rows:
        for column in reversed(columns) if tray_column else columns:
            yield row * _GALAXY_COLUMNS + column


def _east_of(column: int) -> tuple[int, ...]:
    return _EAST if column < _TRAY_COLUMNS else _WEST


def _west_of(column: int) -> tuple[int, ...]:
    return _WEST if column < _TRAY_COLUMNS else _EAST


def _south_of(row: int) -> tuple[int, ...]:
    return _SOUTH if row < _TRAY_ROWS else _NORTH


def _north_of(row: int) -> tuple[int, ...]:
    return _NORTH if row < _TRAY_ROWS else _SOUTH
