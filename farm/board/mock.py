"""Mock boards: ttnn's mock cluster, fed with cluster descriptors that are generated here.

A descriptor is UMD's YAML: chips, where they stand, the ethernet links between them, what is harvested, and which
boards they make up. `TT_METAL_MOCK_CLUSTER_DESC_PATH` naming one makes every device of a process a mock: ttnn checks
arguments, lays out memory and builds programs for real, and computes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import yaml

from farm.core.board import Board, BoardKind
from farm.core.errors import NotRunnable
from farm.core.files import write_atomically

DESCRIPTOR_VARIABLE = "TT_METAL_MOCK_CLUSTER_DESC_PATH"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the chips of a kind stand and connect.

    Attributes:
        rows, columns: the grid the chips stand in, numbered row by row.
        card: UMD's name of the cards that carry the chips.
        cards: the chips of each card.
        mmio: the chips that the host reaches by PCIe; the others are reached through them.
        harvest: mask of the Tensix rows (Wormhole) or columns (Blackhole) switched off, for each chip.
        eth_harvest: mask of the ethernet channels switched off.
        east, west: the ethernet channels at the two ends of a link to the next column.
        south, north: the same of a link to the next row.
    """

    rows: int
    columns: int
    card: str
    cards: tuple[tuple[int, ...], ...]
    mmio: tuple[int, ...]
    harvest: int
    eth_harvest: int = 0
    east: tuple[int, ...] = ()
    west: tuple[int, ...] = ()
    south: tuple[int, ...] = ()
    north: tuple[int, ...] = ()

    @property
    def chips(self) -> range:
        return range(self.rows * self.columns)

    def links(self) -> Iterator[tuple[int, int, int, int]]:
        """Every ethernet link as (chip, channel, chip, channel)."""
        for chip in self.chips:
            if chip % self.columns + 1 < self.columns:
                yield from ((chip, east, chip + 1, west) for east, west in zip(self.east, self.west, strict=True))
            if chip + self.columns < len(self.chips):
                below = chip + self.columns
                yield from ((chip, south, below, north) for south, north in zip(self.south, self.north, strict=True))


# Two rows of an n300's chips are switched off, one of an n150's, none of a galaxy's; two columns of a Blackhole's.
_LAYOUTS: dict[str, _Layout] = {
    "n150": _Layout(1, 1, "n150", cards=((0,),), mmio=(0,), harvest=0x40),
    "n300": _Layout(1, 2, "n300", cards=((0, 1),), mmio=(0,), harvest=0x41, east=(8, 9), west=(0, 1)),
    "t3000": _Layout(
        2,
        4,
        "n300",
        cards=((0, 1), (2, 3), (4, 5), (6, 7)),
        mmio=(1, 2, 5, 6),
        harvest=0x201,
        east=(8, 9),
        west=(0, 1),
        south=(14, 15),
        north=(6, 7),
    ),
    "galaxy": _Layout(
        4,
        8,
        "ubb",
        cards=(tuple(range(32)),),
        mmio=tuple(range(32)),
        harvest=0,
        east=(8, 9, 10, 11),
        west=(4, 5, 6, 7),
        south=(12, 13, 14, 15),
        north=(0, 1, 2, 3),
    ),
    "p100": _Layout(1, 1, "p100", cards=((0,),), mmio=(0,), harvest=0xC0, eth_harvest=0x3FFF),
    "p150": _Layout(1, 1, "p150", cards=((0,),), mmio=(0,), harvest=0xC0, eth_harvest=0x120),
    "p300": _Layout(
        1, 2, "p300", cards=((0, 1),), mmio=(0, 1), harvest=0x110, eth_harvest=0x120, east=(2, 3), west=(9, 8)
    ),
}


# UMD knows a card by the product code in bits 36 and up of its board id.
_PRODUCT = {"n150": 0x18, "n300": 0x14, "ubb": 0x35, "p100": 0x43, "p150": 0x40, "p300": 0x45}


def descriptor(kind: BoardKind) -> str:
    """The cluster descriptor of one board of this kind, as YAML text."""
    layout = _LAYOUTS[kind.name]
    wormhole = kind.arch == "wormhole_b0"
    harvesting: dict[str, Any] = {
        "noc_translation": True,
        "harvest_mask": layout.harvest,
        "dram_harvesting_mask": 8 if kind.name == "p100" else 0,
        "eth_harvesting_mask": layout.eth_harvest,
        "pcie_harvesting_mask": 0 if wormhole else 2,
    }
    if not wormhole:
        harvesting["l2cpu_harvesting_mask"] = 0
    raw: dict[str, Any] = {
        "arch": dict.fromkeys(layout.chips, kind.arch),
        # Wormhole cards have ethernet coordinates [x, y, rack, shelf]; a galaxy's and Blackhole's chips have ids
        "chips": {
            chip: [chip % layout.columns, chip // layout.columns, 0, 0]
            for chip in layout.chips
            if wormhole and layout.card != "ubb"
        },
        "chip_unique_ids": {chip: chip + 1 for chip in layout.chips},
        "ethernet_connections": [
            [{"chip": chip, "chan": channel}, {"chip": far, "chan": far_channel}]
            for chip, channel, far, far_channel in layout.links()
        ],
        "ethernet_connections_to_remote_devices": [],
        "chips_with_mmio": [{chip: device} for device, chip in enumerate(layout.mmio)],
        "harvesting": dict.fromkeys(layout.chips, harvesting),
        "boards": [
            [
                {"board_id": (_PRODUCT[layout.card] << 36) + number + 1},
                {"board_type": layout.card},
                {"chips": list(chips)},
            ]
            for number, chips in enumerate(layout.cards)
        ],
    }
    if not wormhole:
        raw["asic_locations"] = {chip: chip for chip in layout.chips}
    return yaml.dump(raw, Dumper=_PlainDumper, sort_keys=False, default_flow_style=None)


def mock_boards(kind: BoardKind, count: int, first: int = 0) -> list[Board]:
    """`count` mock boards of a kind, numbered from `first`."""
    path = descriptor_file(kind)
    return [
        Board(
            id=f"mock:{kind.name}:{number}",
            backend="mock",
            kind=kind,
            environment={DESCRIPTOR_VARIABLE: str(path)},
            computes=False,
        )
        for number in range(first, first + count)
    ]


def descriptor_file(kind: BoardKind, folder: Path | None = None) -> Path:
    """A file that holds the kind's descriptor; written once per user and content, then shared."""
    text = descriptor(kind)
    folder = folder or platformdirs.user_cache_path("farm") / "mock"
    path = folder / f"{kind.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        except OSError as error:
            raise NotRunnable(f"can't write the mock board's descriptor {path}: {error.strerror}") from error
    return path


class _PlainDumper(yaml.SafeDumper):
    """UMD's reader knows no YAML anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's signature
        return True
