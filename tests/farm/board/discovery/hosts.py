"""Hosts as the kernel driver and the tools show them, built in folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farm.board.backends.silicon import Silicon
from farm.board.kinds import box_of


@dataclass(frozen=True)
class Card:
    """A device of a host: what the driver shows of it, and what tools know.

    Attributes:
        address: its PCI address; "" for a driver that is half loaded.
        card: the driver's name of it; "" for no file.
        board_id: the number of its board, which the driver doesn't show.
        umd: tt-umd's type of its board.
        remote: the number of chips behind it, on the same board.
    """

    address: str
    card: str
    board_id: int = 0
    umd: str = ""
    remote: int = 0


def build_host(folder: Path, cards: Sequence[Card]) -> Silicon:
    """Build what the driver shows of some cards, and the backend that looks there."""
    devices, sysfs = folder / "dev", folder / "class"
    (devices / "by-id").mkdir(parents=True)
    for number, card in enumerate(cards):
        (devices / str(number)).touch()
        node = sysfs / f"tenstorrent!{number}"
        node.mkdir(parents=True)
        if card.address:
            place = folder / "pci" / card.address
            place.mkdir(parents=True)
            (node / "device").symlink_to(place)
        if card.card:
            (node / "tt_card_type").write_text(card.card + "\n")
    return Silicon(devices, sysfs, folder / "version")


def galaxy(chips: int = 32, card: str = "galaxy-wormhole") -> list[Card]:
    """The devices of a galaxy: four trays of eight chips; those of one tray have one board number."""
    umd = "ubb" if card == "galaxy-wormhole" else "ubb_blackhole"
    buses = [first + place for first in (0xC0, 0x80, 0x00, 0x40) for place in range(1, 9)]
    return [Card(f"0000:{bus:02x}:00.0", card, 0x100035 << 36 | bus >> 6, umd) for bus in buses[:chips]]


N300S = [Card(f"0000:0{number}:00.0", "n300", 0x14 << 36 | number, "n300", remote=1) for number in range(1, 5)]
"""Four n300: a T3000, if they are linked."""


def snapshot(cards: Sequence[Card]) -> str:
    """What tt-smi prints of some cards, with the chips behind them."""
    entries: list[dict[str, Any]] = []
    for card in cards:
        board_id = f"{card.board_id:x}" if card.board_id else "N/A"
        for remote in range(card.remote + 1):
            address = "N/A" if remote else card.address
            side = " R" if remote else " L" if card.remote else ""
            board = {"bus_id": address, "board_type": card.card + side, "board_id": board_id}
            entries.append({"board_info": board, "telemetry": {"asic_temperature": "40.0"}})
    return json.dumps({"device_info": entries})


def put_tt_smi(folder: Path, output: str) -> None:
    """Write a fake tt-smi that prints an output."""
    (folder / "output").write_text(output)
    program = folder / "tt-smi"
    program.write_text(f"#!/bin/sh\ncat '{folder}/output'\n")
    program.chmod(0o755)


@dataclass(frozen=True)
class FakeUmd:
    """What a fake tt_umd says of a host.

    Attributes:
        cards: the devices that it enumerates.
        linked: whether each card has a link to the next one; the chips of a galaxy are linked as the product's.
        lost_links: how many links are missing, however.
        undiscovered: addresses that it enumerates and doesn't discover.
        errors: errors by address.
        body: Python that runs in its place, for one that hangs or crashes; "" for nothing.
    """

    cards: Sequence[Card]
    linked: bool = True
    lost_links: int = 0
    undiscovered: Sequence[str] = ()
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: str = ""

    def put(self, folder: Path) -> None:
        """Write the module into a folder that Python's path has."""
        chips: list[dict[str, Any]] = []
        links: list[tuple[int, int]] = []
        for card in self.cards:
            if card.address in self.undiscovered:
                continue
            first = len(chips)
            chips += [
                {
                    "address": "" if remote else card.address,
                    "type": card.umd,
                    "board": card.board_id,
                    "errors": [] if remote else list(self.errors.get(card.address, ())),
                }
                for remote in range(card.remote + 1)
            ]
            links += [(first, first + remote) for remote in range(1, card.remote + 1)]
            if self.linked and first:
                links.append((first - 1, first))
        kind = box_of([card.card for card in self.cards[:1]])
        if self.linked and kind is not None and kind.mock.trays:
            links = [(link.chip, link.far_chip) for link in kind.mock.links if link.far_chip < len(chips)]
        links = links[self.lost_links :]
        world = {"devices": [card.address for card in self.cards], "chips": chips, "links": links}
        source = Path(__file__).with_name("fake_tt_umd.py").read_text()
        (folder / "tt_umd.py").write_text(f"{self.body}\n{source}\nWORLD.update({world!r})\n")
