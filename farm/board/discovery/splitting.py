"""The parts of a box from facts: which chips of a host are which card, tray or block. No IO.

The PCI address of a galaxy's chip tells its tray and its place on it. Only links tell which cards of a box are
neighbors, so blocks of several cards or trays need what tt-umd says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from farm.board.discovery.facts import ChipGroup, UmdReport
from farm.board.parts import Partition
from farm.core.board import BoardKind, MockLayout
from farm.core.plain_words import counted
from farm.core.shortfall import Shortfall, Trait

_BUS = re.compile(r"[0-9a-f]{4}:([0-9a-f]{2}):[0-9a-f]{2}\.[0-9]")


@dataclass(frozen=True, slots=True)
class Split:
    """A box that is split.

    Attributes:
        parts: its parts, whole or not.
        troubles: why there are not more, a line each.
    """

    parts: tuple[ChipGroup, ...] = ()
    troubles: tuple[str, ...] = field(default=())


def needs_links(box: BoardKind, way: Partition) -> bool:
    """Whether only links tell which chips are a part: of blocks of several cards, or over several trays."""
    units = [{*tray.chips} for tray in box.mock.trays] or [{*card} for card in box.mock.cards]
    return not all(any({*place} <= unit for unit in units) for place in way.places)


def split_box(box: ChipGroup, way: Partition, umd: UmdReport | None) -> Split:
    """Split a box into blocks or trays; its cards are told apart without it.

    Args:
        box: all of its chips that are there.
        way: how to split it.
        umd: what tt-umd says; None if it was not asked.
    """
    kind = box.kind
    what = f"{kind.name}/{way.name}"
    if kind.mock.trays:
        places = _places_by_bus(kind.mock, box.addresses)
        if needs_links(kind, way) and not (umd and _are_linked(kind.mock, places, umd)):
            return Split(troubles=(f"no {what}: tt-umd doesn't tell that its trays are linked as the product's are",))
    else:
        numbered = _places_by_links(kind.mock, umd) if umd else None
        if numbered is None:
            cause = "doesn't find the links of the box" if umd else "was not asked, which alone tells of links"
            return Split(troubles=(f"no {what}: tt-umd {cause}; silicon:{kind.name}/CARD needs none",))
        places = numbered
    parts = tuple(
        ChipGroup(
            way.kind,
            addresses,
            f"{box.reason}; part {number} of it",
            _shortfalls(kind, way.kind, place, addresses),
            kind,
        )
        for number, place in enumerate(way.places)
        if (addresses := tuple(places[chip] for chip in place if chip in places))
    )
    lost = len(box.addresses) - len(places)
    trouble = f"{counted(lost, 'chip')} of the {kind.name}: the PCI address tells no place in it"
    return Split(parts, (trouble,) if kind.mock.trays and lost else ())


def as_parts(cards: Collection[ChipGroup], box: BoardKind) -> tuple[ChipGroup, ...]:
    """The cards of a box, which know it."""
    return tuple(replace(card, box=box) for card in cards)


def _shortfalls(
    box: BoardKind, part: BoardKind, place: tuple[int, ...], addresses: tuple[str, ...]
) -> tuple[Shortfall, ...]:
    expected = sum(chip in box.mock.mmio for chip in place)
    if len(addresses) == expected:
        return ()
    whole = counted(expected, "chip")
    return (Shortfall(Trait.CHIPS, part.name, f"{len(addresses)} of {whole}", whole),)


def _places_by_bus(layout: MockLayout, addresses: Collection[str]) -> dict[int, str]:
    """The PCI address of each chip of a galaxy, by the chip's number in it."""
    chips = {tray.bus + location: chip for tray in layout.trays for location, chip in tray.located()}
    buses = ((_BUS.fullmatch(address), address) for address in addresses)
    return {
        chips[int(match[1], 16)]: address
        for match, address in buses
        if match is not None and int(match[1], 16) in chips
    }


def _are_linked(layout: MockLayout, places: Mapping[int, str], umd: UmdReport) -> bool:
    """Whether tt-umd finds each link of a galaxy between those of its chips that are there."""
    numbers = {chip.address: chip.chip for chip in umd.chips if chip.address}
    present = {chip: numbers[address] for chip, address in places.items() if address in numbers}
    pairs = {tuple(sorted(pair)) for pair in umd.links}
    wanted = ((link.chip, link.far_chip) for link in layout.links)
    return len(present) == len(places) and all(
        tuple(sorted((present[near], present[far]))) in pairs
        for near, far in wanted
        if near in present and far in present
    )


def _places_by_links(layout: MockLayout, umd: UmdReport) -> dict[int, str] | None:
    """The PCI addresses of a box's chips by their numbers in it; None if its links are not all there.

    A box that looks the same from several sides has several such numberings; this is always the first one.
    """
    numbering = next(_numberings(layout, umd, {}), None)
    if numbering is None:
        return None
    addresses = {chip.chip: chip.address for chip in umd.chips}
    return {chip: addresses[umd_chip] for chip, umd_chip in numbering.items() if chip in layout.mmio}


def _numberings(layout: MockLayout, umd: UmdReport, chosen: dict[int, int]) -> Iterator[dict[int, int]]:
    """Give the box's chips, in order, tt-umd's chips that have the same links to those before them."""
    chip = len(chosen)
    if chip == len(layout.chips):
        yield dict(chosen)
        return
    cards = {each: number for number, card in enumerate(layout.cards) for each in card}
    pairs = {frozenset(pair) for pair in umd.links}
    boards = {each.chip: each.board_id for each in umd.chips}
    links = [link.chip + link.far_chip - chip for link in layout.links if chip in (link.chip, link.far_chip)]
    for candidate in umd.chips:
        fits = (
            candidate.chip not in chosen.values()
            and bool(candidate.address) == (chip in layout.mmio)
            and all(frozenset((chosen[near], candidate.chip)) in pairs for near in links if near in chosen)
            and all((cards[near] == cards[chip]) == (boards[far] == candidate.board_id) for near, far in chosen.items())
        )
        if fits:
            yield from _numberings(layout, umd, {**chosen, chip: candidate.chip})
