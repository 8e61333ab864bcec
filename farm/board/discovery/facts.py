"""What the driver and the tools say of a host's chips, as plain data; and the boards that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from farm.board.tt_smi import SmiReport
from farm.core.board import BoardKind
from farm.core.shortfall import Shortfall


@dataclass(frozen=True, slots=True)
class PciDevice:
    """One chip that the host reaches by PCIe, as the kernel driver shows it.

    Attributes:
        address: PCI address, `0000:61:00.0`; "" if the driver doesn't say.
        card: the driver's card name, `n300`, `p150b`; "" if it doesn't say.
        number: the driver's number of the device, which changes over a reset.
    """

    address: str
    card: str
    number: int = 0


class UmdChip(BaseModel):
    """One chip, as tt-umd finds it.

    Attributes:
        chip: tt-umd's number of it.
        address: its PCI address; "" for a chip that is reached through another one.
        board_type: tt-umd's name of its board: n150, n300, p100, p150, p300, ubb, ubb_blackhole; "" if unknown.
        board_id: the number of its board; 0 if unknown.
        tray: the tray of a galaxy that it is in, 1 to 4; None elsewhere.
        location: its place on its board; 0 if unknown.
        firmware: the version of its firmware bundle; "" if unknown.
        errors: what tt-umd finds wrong with it, a line each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    chip: int
    address: str = ""
    board_type: str = ""
    board_id: int = 0
    tray: int | None = None
    location: int = 0
    firmware: str = ""
    errors: tuple[str, ...] = ()


class UmdReport(BaseModel):
    """What tt-umd says of a host.

    Attributes:
        version: of tt-umd; "" if it is not installed.
        devices: the PCI addresses that it enumerates, without opening any.
        chips: the chips that it discovered; they were opened for that.
        links: the pairs of chips with an ethernet link, by tt-umd's numbers, smaller first.
        troubles: what went wrong, a line each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str = ""
    devices: tuple[str, ...] = ()
    chips: tuple[UmdChip, ...] = ()
    links: tuple[tuple[int, int], ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def is_installed(self) -> bool:
        """Whether there is a tt-umd that could be asked."""
        return bool(self.version or self.troubles)

    def chip_at(self, address: str) -> UmdChip | None:
        """The chip with a PCI address; None if there is none."""
        return next((chip for chip in self.chips if address and chip.address == address), None)


@dataclass(frozen=True, slots=True)
class HostChips:
    """All that is known of a host's chips.

    Attributes:
        devices: what the kernel driver shows, by PCI address; only those that this process may see.
        umd: what tt-umd says; None if it was not asked.
        smi: what tt-smi says; None if it was not asked.
    """

    devices: tuple[PciDevice, ...]
    umd: UmdReport | None = None
    smi: SmiReport | None = None


@dataclass(frozen=True, slots=True)
class ChipGroup:
    """Chips that are a board, or a part of one.

    Attributes:
        kind: the product.
        addresses: the PCI addresses of its chips.
        reason: how it came about.
        shortfalls: what it lacks of the product.
        box: the box that it is a part of; None if it is none.
    """

    kind: BoardKind
    addresses: tuple[str, ...]
    reason: str
    shortfalls: tuple[Shortfall, ...] = ()
    box: BoardKind | None = None

    @property
    def missing(self) -> str:
        """What it lacks, in words; "" for nothing."""
        return "; ".join(f"it has {each.present}" for each in self.shortfalls)

    @property
    def can_be_used(self) -> bool:
        """Whether it can be opened, if a person wants it used as it is."""
        return all(each.trait.releasable for each in self.shortfalls)


@dataclass(frozen=True, slots=True)
class UnknownCard:
    """A device that is no board that farm knows.

    Attributes:
        name: its PCI address, or its device file.
        reason: what is known of it, and what to do.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """The boards of a host.

    Attributes:
        groups: boards, whole or not, by their first address.
        unformed: the boxes that all cards of the host would make up if they were linked: what they lack, and the links
            that they should have.
        unknown: devices that are part of none.
        differences: where the driver and the tools disagree, and unhealthy chips that are part of no board, a line
            each.
    """

    groups: tuple[ChipGroup, ...] = ()
    unknown: tuple[UnknownCard, ...] = ()
    differences: tuple[str, ...] = field(default=())
    unformed: tuple[Shortfall, ...] = ()
