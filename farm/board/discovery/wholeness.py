"""What a group of chips lacks of its product: chips, links, health. No IO."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from farm.board.discovery.facts import HostChips, UmdChip, UmdReport
from farm.core.board import BoardKind
from farm.core.plain_words import counted
from farm.core.shortfall import Shortfall, Trait


def shortfalls_of(
    kind: BoardKind, addresses: Collection[str], boards: Collection[int] | None, host: HostChips
) -> tuple[Shortfall, ...]:
    """What a group of chips lacks of its product, as far as the driver or a tool tells.

    Args:
        kind: the product.
        addresses: the PCI addresses of the group.
        boards: the numbers of its boards, by which chips behind its devices are told; None if nothing tells them.
        host: what is known of the host's chips.
    """
    lacking = [_chips(kind, addresses, boards, host)]
    if host.umd is not None:
        lacking += [_links(kind, addresses, host.umd), *_health(kind, addresses, boards, host.umd)]
    return tuple(each for each in lacking if each is not None)


def complaints(chip: UmdChip) -> Iterator[str]:
    """What tt-umd finds wrong with a chip."""
    name = chip.address or f"chip {chip.chip} of board {chip.board_id:x}"
    yield from (f"{name} is unhealthy, says tt-umd: {error}" for error in chip.errors)


def is_part(chip: UmdChip, addresses: Collection[str], boards: Collection[int] | None) -> bool:
    """Whether a chip is one of a group: a device of it, or behind one."""
    return chip.address in addresses if chip.address else chip.board_id in (boards or ())


def _chips(
    kind: BoardKind, addresses: Collection[str], boards: Collection[int] | None, host: HostChips
) -> Shortfall | None:
    is_by_device = kind.is_whole_host or kind.pci_devices > 1
    present = len(addresses) if is_by_device else _chips_of(addresses, boards, host)
    if present is None or present == kind.chips:
        return None
    trays = {chip.tray for chip in host.umd.chips if chip.tray is not None} if host.umd else set()
    where = f", in {counted(len(trays), 'tray')} ({', '.join(map(str, sorted(trays)))})" if trays else ""
    return Shortfall(
        Trait.CHIPS, kind.name, f"{present} of {counted(kind.chips, 'chip')}{where}", counted(kind.chips, "chip")
    )


def _chips_of(addresses: Collection[str], boards: Collection[int] | None, host: HostChips) -> int | None:
    """How many chips are on the cards of some devices; None if no tool tells of all of them."""
    if boards is None:
        return None
    if host.umd and all(host.umd.chip_at(address) for address in addresses):
        return sum(chip.board_id in boards for chip in host.umd.chips)
    if host.smi and all(host.smi.chip_at(address) for address in addresses):
        return sum(chip.board_id in boards for chip in host.smi.chips)
    return None


def _links(kind: BoardKind, addresses: Collection[str], umd: UmdReport) -> Shortfall | None:
    """The links of a galaxy, whose chips are all there. Those between cards decide whether they are a box at all."""
    chips = {chip.chip for chip in umd.chips if chip.address in addresses}
    if not kind.is_whole_host or len(chips) != kind.chips:
        return None
    present = sum(near in chips and far in chips for near, far in {*umd.links})
    whole = len({frozenset((link.chip, link.far_chip)) for link in kind.mock.links})
    if present >= whole:
        return None
    return Shortfall(Trait.LINKS, kind.name, f"links between {counted(present, 'pair')} of chips", f"{whole} pairs")


def _health(
    kind: BoardKind, addresses: Collection[str], boards: Collection[int] | None, umd: UmdReport
) -> Iterator[Shortfall]:
    for chip in umd.chips:
        if is_part(chip, addresses, boards):
            for complaint in complaints(chip):
                yield Shortfall(Trait.HEALTH, kind.name, f"an unhealthy chip: {complaint}", "healthy chips")
