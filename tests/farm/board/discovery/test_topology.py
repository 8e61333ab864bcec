"""What tt-umd's own descriptors come to: those of the mock boards, and of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from farm.board.backends.mock import descriptor
from farm.board.discovery import umd_script
from farm.board.discovery.facts import Grouping, HostChips, PciDevice, UmdReport
from farm.board.discovery.grouping import group_chips
from farm.board.kinds import KINDS, P150, kind_of_card
from farm.core.board import BoardKind

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
CABLED = [kind for kind in KINDS.values() if kind.box is not None and not kind.box.presumed]
"""The boxes whose cards people cable themselves."""
every_cabled_box = pytest.mark.parametrize("box", CABLED, ids=lambda kind: kind.name)
REAL = {
    "wormhole_N150": "n150",
    "wormhole_N300": "n300",
    "t3k_cluster_desc": "t3000",
    "6u_cluster_desc": "galaxy",
    "blackhole_P100": "p100",
    "blackhole_P150": "p150",
    "blackhole_4xP150": "p150x4",
    "blackhole_P300_both_mmio": "p300",
}


def host_of(raw: dict[str, Any], kind: BoardKind) -> HostChips:
    """The host of a descriptor, as tt-umd reads it, with the driver's devices."""
    # not at the head of this file: a process that has tt-umd can't import ttnn 0.66
    umd = pytest.importorskip("tt_umd", reason="tt-umd has wheels for Linux alone")
    chips = sorted(chip for each in raw["chips_with_mmio"] for chip in each)
    raw = {**raw, "chip_pci_bdfs": {chip: f"0000:{chip + 1:02x}:00.0" for chip in chips}}
    cluster = umd.ClusterDescriptor.create_from_yaml_content(yaml.safe_dump(raw))
    addresses = raw["chip_pci_bdfs"].values()
    report = UmdReport.model_validate(
        {"version": "0.9.14", "devices": list(addresses)} | umd_script.topology(umd, cluster, {})
    )
    card = (kind.cards or (kind.box.cards if kind.box else ()))[-1]
    devices = tuple(PciDevice(address, card, number) for number, address in enumerate(addresses))
    return HostChips(devices, report)


def mock_host(kind: BoardKind, cut: int | None = 0) -> HostChips:
    """The host of a mock board.

    Args:
        kind: of the board.
        cut: how many pairs of cards lose their links; None for all.
    """
    raw = yaml.safe_load(descriptor(kind))
    card_of = {chip: number for number, chips in enumerate(kind.mock.cards) for chip in chips}
    pairs = [frozenset(card_of[end["chip"]] for end in link) for link in raw["ethernet_connections"]]
    between = sorted({pair for pair in pairs if len(pair) > 1}, key=sorted)
    lost = between[:cut]
    raw["ethernet_connections"] = [
        link for link, pair in zip(raw["ethernet_connections"], pairs, strict=True) if pair not in lost
    ]
    return host_of(raw, kind)


def names(grouping: Grouping) -> list[str]:
    assert not grouping.unknown
    assert [group.missing for group in grouping.groups] == [""] * len(grouping.groups)
    return [group.kind.name for group in grouping.groups]


@every_kind
def test_the_descriptor_of_a_mock_comes_to_its_kind(kind: BoardKind) -> None:
    host = mock_host(kind)
    grouping = group_chips(host)
    assert names(grouping) == [kind.name]
    assert grouping.differences == ()
    assert len(grouping.groups[0].addresses) == len(kind.mock.mmio)
    assert host.umd is not None
    assert len(host.umd.chips) == kind.chips
    assert len(host.umd.links) == len({frozenset((link.chip, link.far_chip)) for link in kind.mock.links})
    assert {chip.tray for chip in host.umd.chips} == ({1, 2, 3, 4} if kind.mock.trays else {None})


@pytest.mark.parametrize("name", REAL)
def test_the_descriptor_of_a_real_board_comes_to_its_kind(name: str, shared_data: Path) -> None:
    raw = yaml.safe_load((shared_data / "cluster_descriptors" / f"{name}.yaml").read_text())
    grouping = group_chips(host_of(raw, KINDS[REAL[name]]))
    assert names(grouping) == [REAL[name]]
    assert grouping.differences == ()


@every_cabled_box
def test_cards_without_cables_are_single_boards(box: BoardKind) -> None:
    host = mock_host(box, cut=None)
    single = single_of(box)
    alone = group_chips(host)
    assert names(alone) == [single.name] * len(box.mock.cards)
    assert alone.differences == ()
    assert all(group.reason.endswith("tt-umd finds no link to another card") for group in alone.groups)
    asked = group_chips(host, box)
    assert asked.groups == ()
    assert asked.differences[0].startswith(f"no {box.name}: tt-umd finds no link between 0000:")


@pytest.mark.parametrize("box", [box for box in CABLED if len(box.mock.cards) > 2], ids=lambda kind: kind.name)
def test_cards_whose_cables_are_not_all_there_are_single_boards(box: BoardKind) -> None:
    for kind in (None, box):
        grouping = group_chips(mock_host(box, cut=1), kind)
        assert names(grouping) == ([] if kind else [single_of(box).name] * len(box.mock.cards))
        assert grouping.differences[0].startswith(f"no {box.name}: tt-umd finds links between ")


@every_cabled_box
def test_cards_whose_links_nothing_tells_are_a_box_for_whoever_asks(box: BoardKind) -> None:
    host = HostChips(mock_host(box).devices)
    single = single_of(box)
    grouping = group_chips(host)
    assert names(grouping) == [single.name] * len(box.mock.cards)
    assert all(f"--boards silicon:{box.name} takes all of them" in group.reason for group in grouping.groups)
    assert names(group_chips(host, box)) == [box.name]
    assert names(group_chips(host, single)) == [single.name] * len(box.mock.cards)


@every_cabled_box
def test_a_linked_box_is_split_for_whoever_asks(box: BoardKind) -> None:
    single = single_of(box)
    grouping = group_chips(mock_host(box), single)
    assert names(grouping) == [single.name] * len(box.mock.cards)
    assert grouping.differences == ()


def test_a_t3000_that_misses_a_cable_is_a_t3000() -> None:
    assert names(group_chips(mock_host(KINDS["t3000"], cut=1))) == ["t3000"]
    assert names(group_chips(HostChips(mock_host(KINDS["t3000"]).devices))) == ["t3000"]
    assert names(group_chips(mock_host(KINDS["t3000"], cut=None))) == ["n300"] * 4


def test_a_report_that_lacks_a_chip_tells_of_no_links() -> None:
    host = mock_host(KINDS["p150x4"])
    assert host.umd is not None
    short = host.umd.model_copy(update={"chips": host.umd.chips[1:]})
    assert names(group_chips(HostChips(host.devices, short))) == ["p150"] * 4
    assert P150[-1] in group_chips(host).groups[0].reason


def single_of(box: BoardKind) -> BoardKind:
    """The kind of one card of a box."""
    assert box.box is not None
    single = kind_of_card(box.box.cards[0])
    assert single is not None
    return single
