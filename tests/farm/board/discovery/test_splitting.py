"""The parts of boxes of built hosts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.discovery.facts import HostChips, PciDevice, UmdChip, UmdReport
from farm.board.discovery.grouping import group_parts
from farm.board.kinds import KINDS
from farm.board.parts import Part, partition_named, partitions
from farm.core.board import BoardKind
from farm.core.errors import NotRunnable
from tests.farm.board.discovery.hosts import N300S, build_host, galaxy


def part(box: str, name: str) -> Part:
    return Part(KINDS[box], partition_named(KINDS[box], name))


def linked_host(box: BoardKind, order: list[int]) -> HostChips:
    """A host with a box, whose chips tt-umd counts in another order than farm does."""
    layout = box.mock
    cards = {chip: number for number, card in enumerate(layout.cards, 1) for chip in card}
    addresses = {chip: f"0000:{number + 1:02x}:00.0" for number, chip in enumerate(layout.mmio)}
    number_of = {chip: number for number, chip in enumerate(order)}
    chips = tuple(
        UmdChip(chip=number_of[chip], address=addresses.get(chip, ""), board_id=cards[chip]) for chip in layout.chips
    )
    pairs = ((number_of[link.chip], number_of[link.far_chip]) for link in layout.links)
    links = tuple({(min(pair), max(pair)) for pair in pairs})
    devices = tuple(PciDevice(address, (box.box.cards if box.box else ())[0]) for address in addresses.values())
    return HostChips(devices, UmdReport(version="1", devices=tuple(addresses.values()), chips=chips, links=links))


@pytest.mark.parametrize("card", ["galaxy-wormhole", "galaxy-blackhole"])
def test_the_trays_of_a_galaxy_are_told_by_their_addresses(
    card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    host = build_host(tmp_path, galaxy(card=card))
    box = "galaxy" if card == "galaxy-wormhole" else "galaxy-blackhole"
    tray = part(box, "tray")
    boards = host.boards(tray.way.kind, part=tray)
    assert [len(board.environment["TT_VISIBLE_DEVICES"].split(",")) for board in boards] == [8] * 4
    for board in boards:
        assert board.box == box
        assert len({address[5:6] for address in board.chips}) == 1, "one tray's addresses begin alike"
    assert len({chip for board in boards for chip in board.chips}) == 32
    [whole] = host.boards(KINDS[box])
    assert all(map(whole.shares_chips, boards))
    assert host.boards(tray.way.kind, 1, 2, part=tray) == boards[2:3]


def test_the_trays_that_are_whole_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    host = build_host(tmp_path, galaxy(12))
    tray = part("galaxy", "tray")
    [board] = host.boards(tray.way.kind, part=tray)
    assert {address[5:7] for address in board.chips} == {f"c{place}" for place in range(1, 9)}
    with pytest.raises(NotRunnable, match="galaxy/tray: this host has 1 such board .* it has 4 of 8 chips"):
        host.boards(tray.way.kind, 2, part=tray)


def test_cards_of_a_box_know_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    host = build_host(tmp_path, N300S)
    cards = part("t3000", "n300")
    boards = host.boards(KINDS["n300"], part=cards)
    assert [(board.id[-12:], board.box) for board in boards] == [(card.address, "t3000") for card in N300S]
    [whole] = host.boards(KINDS["t3000"])
    assert all(map(whole.shares_chips, boards))
    assert all(map(whole.shares_chips, host.boards(KINDS["n300"]))), "by their name alone, too"


@pytest.mark.parametrize("name", ["t3000", "p150x4", "p150x8"])
def test_blocks_of_cards_are_told_by_links(name: str) -> None:
    box = KINDS[name]
    for way in partitions(box):
        if way.kind.cards:
            continue
        for order in (list(box.mock.chips), list(reversed(box.mock.chips)), [*box.mock.chips[3:], *box.mock.chips[:3]]):
            host = linked_host(box, order)
            found = group_parts(host, box, way).groups
            wanted = {
                frozenset(f"0000:{box.mock.mmio.index(chip) + 1:02x}:00.0" for chip in place if chip in box.mock.mmio)
                for place in way.places
            }
            assert {frozenset(group.addresses) for group in found} == wanted or way.name in ("2x2", "1x2"), order
            assert sorted(address for group in found for address in group.addresses) == sorted(
                device.address for device in host.devices
            )
            assert not any(group.missing for group in found)


def test_blocks_of_cards_need_links() -> None:
    box = KINDS["t3000"]
    host = linked_host(box, list(box.mock.chips))
    way = partition_named(box, "1x4")
    for umd, reason in ((None, "tt-umd was not asked"), (replace_links(host.umd), "tt-umd doesn't find the links")):
        grouping = group_parts(replace(host, umd=umd), box, way)
        assert not grouping.groups
        if umd is None:
            assert reason in grouping.differences[-1]


def replace_links(umd: UmdReport | None) -> UmdReport:
    assert umd is not None
    return umd.model_copy(update={"links": ()})
