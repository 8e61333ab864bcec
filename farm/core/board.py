"""What every board has in common: its product, and the plain record that travels to its actor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

AUTO = "auto"
"""The selector of all existing boards, of this host or of the farm; mock boards if there are none."""


@dataclass(frozen=True, slots=True)
class ChipLink:
    """The ethernet links between two chips.

    Attributes:
        chip: one chip.
        channels: its ethernet channels.
        far_chip: the other chip.
        far_channels: the channels at the other ends, in the same order.
    """

    chip: int
    channels: tuple[int, ...]
    far_chip: int
    far_channels: tuple[int, ...]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """The channels at both ends of each link."""
        return zip(self.channels, self.far_channels, strict=True)


@dataclass(frozen=True, slots=True)
class Tray:
    """One tray of a galaxy. PCI bus numbers tell trays and locations apart: the tray's first, plus the location.

    Attributes:
        bus: the first of its bus numbers.
        chips: its chips, by ASIC location.
        locations: their locations, which count from 1; empty for all of them.
    """

    bus: int
    chips: tuple[int, ...]
    locations: tuple[int, ...] = ()

    def located(self) -> Iterator[tuple[int, int]]:
        """Each chip's location, and the chip."""
        return zip(self.locations or range(1, len(self.chips) + 1), self.chips, strict=True)


@dataclass(frozen=True, slots=True)
class MockLayout:
    """The arrangement of a product's chips, for the cluster descriptor that makes ttnn mock it.

    Attributes:
        rows: rows of the grid of chips, which are numbered row by row.
        columns: columns of that grid.
        card: UMD's name of the cards that carry the chips.
        product: UMD's product code of these cards: bits 36 and up of a board id.
        cards: the chips of each card.
        mmio: the chips that the host reaches by PCIe; the others are reached through them.
        harvest: mask of the Tensix rows (Wormhole) or columns (Blackhole) that are switched off, on each chip.
        dram_harvest: mask of the DRAM banks that are switched off.
        eth_harvest: mask of the ethernet channels that are switched off.
        pcie_harvest: mask of the PCIe cores that are switched off, for each chip of a card.
        coordinates: whether the chips have ethernet coordinates; chips of galaxies and of Blackhole cards do not.
        links: the ethernet links between the chips.
        trays: the trays of a galaxy of either architecture; none elsewhere.
    """

    rows: int
    columns: int
    card: str
    product: int
    cards: tuple[tuple[int, ...], ...]
    mmio: tuple[int, ...]
    harvest: int
    dram_harvest: int = 0
    eth_harvest: int = 0
    pcie_harvest: tuple[int, ...] = ()
    coordinates: bool = False
    links: tuple[ChipLink, ...] = ()
    trays: tuple[Tray, ...] = ()

    @property
    def chips(self) -> range:
        """The chips' numbers."""
        return range(self.rows * self.columns)


class ResetScope(str, Enum):
    """What Tenstorrent's tools reset at once."""

    CARDS = "cards"
    """The chips at the board's PCI addresses."""
    GALAXY = "galaxy"
    """All chips of a galaxy, and with it of its host."""


@dataclass(frozen=True, slots=True)
class Box:
    """The cards of one host that make up one board.

    Attributes:
        cards: the driver's names of the cards; those of one box all have the same.
        devices: the number of PCI devices that the host must have, all of such cards; None for any number.
        presumed: whether such cards are the box where no tool tells of the links between them. If not, they are boards
            by themselves then, unless a person names the kind: a mesh over cards without cables can't be opened.
    """

    cards: tuple[str, ...]
    devices: int | None = None
    presumed: bool = False


@dataclass(frozen=True, slots=True)
class BoardKind:
    """A product: a card or a box. All kinds are rows of `farm.board.kinds`.

    Attributes:
        name: what people call it: n150, t3000, p150x4.
        arch: wormhole_b0 or blackhole.
        board_type: tt-metal's word for the architecture in traces: Wormhole or Blackhole.
        chips: the number of chips of one board.
        dram_banks: the number of DRAM banks of a chip.
        meshes: every mesh shape that opens, largest first.
        grids: for each way of dispatching that opens (core type, axis), ttnn's default first, the columns and rows of
            compute cores that it leaves on a chip of a real board. A mock leaves at least as many.
        mock: the arrangement of the chips of a mock.
        cards: the driver's names (`tt_card_type`) of a card that is a board of this kind by itself.
        pci_devices: the number of PCI devices of one such card.
        box: the cards of a host that make up one board of this kind together; None if a card is a board.
        aliases: other names that people and tools use, in lower case.
        reset: what is reset at once.
    """

    name: str
    arch: str
    board_type: str
    chips: int
    dram_banks: int
    meshes: tuple[tuple[int, int], ...]
    grids: tuple[tuple[str | None, str | None, tuple[int, int]], ...]
    mock: MockLayout
    cards: tuple[str, ...] = ()
    pci_devices: int = 1
    box: Box | None = None
    aliases: tuple[str, ...] = ()
    reset: ResetScope = ResetScope.CARDS

    @property
    def is_whole_host(self) -> bool:
        """Whether all such devices of a host are one board, however many there are."""
        return self.box is not None and self.box.devices is None


@dataclass(frozen=True, slots=True)
class Board:
    """One board of one host, and what its worker needs to open it. Plain data: it travels to the board's actor.

    Attributes:
        id: `mock:n300:0`, or the host and PCI addresses; a reset doesn't change it.
        backend: the name of its backend: `silicon`, `sim`, `mock` or `fake`; see `farm.board.backends`.
        kind: the product.
        environment: environment variables that make ttnn see this board and no other.
        computes: whether it computes results; a mock only validates.
        host: the host of the farm that has it; "" for this one.
        python: the interpreter whose ttnn opens it; "" for farm's own.
        ttnn: the version of that ttnn, as the board's host says; None where it is not known, was not looked up, or no
            ttnn opens the board.
        chips: names of its chips that are the same for all boards of a host: PCI addresses, or a box and a number. Two
            boards that share a chip are never used at once. Empty where no other board can have them.
        box: the product that the board is a part of; "" where it is none.
    """

    id: str
    backend: str
    kind: BoardKind
    environment: dict[str, str] = field(default_factory=dict)
    computes: bool = True
    host: str = ""
    python: str = ""
    ttnn: str | None = None
    chips: tuple[str, ...] = ()
    box: str = ""

    def shares_chips(self, other: Board) -> bool:
        """Whether a board is another one with some of the same chips: a box and its part, or two ways to split it."""
        return self.id != other.id and self.host == other.host and not {*self.chips}.isdisjoint(other.chips)


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A supervisor's report about the worker that it started.

    Attributes:
        ttnn: the version of the ttnn that opens the board; None if there is none.
        python: the version of the worker's Python.
        pid: the worker's process id.
        versions: versions of the board's driver and firmware, by name: `driver`, `firmware`.
        host_view: what the worker sees of its host, in words; "" if it is not isolated from the host.
    """

    ttnn: str | None = None
    python: str = ""
    pid: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    host_view: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the details of a board that the store keeps."""
        view = {"host_view": self.host_view} if self.host_view else {}
        return {"ttnn": self.ttnn, "python": self.python, "pid": self.pid, **self.versions, **view}
