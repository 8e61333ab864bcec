"""Boards from facts: which chips of a host make up which product, and why. No IO.

The driver's card name says what a chip is a part of; tt-umd's board type, or tt-smi's, where the driver doesn't know.
Cards of several chips are told apart by their board's number, which both tools know and the driver doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from farm.board.discovery.facts import ChipGroup, Grouping, HostChips, PciDevice, UmdReport, UnknownCard
from farm.board.discovery.splitting import as_parts, split_box
from farm.board.discovery.wholeness import complaints, is_part, shortfalls_of
from farm.board.kinds import KINDS, box_of, kind_of_card, kind_of_traced_cards
from farm.board.parts import Partition
from farm.core.board import BoardKind
from farm.core.plain_words import counted
from farm.core.shortfall import Shortfall, Trait

_SAYS_NOTHING = ("", "unknown")
"""What the driver says of a card that it doesn't know."""


@dataclass(frozen=True, slots=True)
class _Chip:
    """A device with what it is.

    Attributes:
        address: its PCI address.
        card: the driver's name of its card, or that of its kind.
        kind: the product that its card is, or is a part of.
        source: what says so.
        board_id: the number of its board; None if nothing tells.
    """

    address: str
    card: str
    kind: BoardKind
    source: str
    board_id: int | None


def group_parts(host: HostChips, box: BoardKind, way: Partition) -> Grouping:
    """Group a host's chips into the parts of a box; see `group_chips`.

    Args:
        host: what is known of the chips.
        box: the box that they make up.
        way: how it is split.
    """
    whole = group_chips(host, box)
    troubles: list[str] = []
    parts: list[ChipGroup] = []
    for group in whole.groups:
        if way.kind.cards:
            parts += as_parts(group_chips(host, way.kind).groups, box)
        else:
            split = split_box(group, way, host.umd)
            parts += split.parts
            troubles += split.troubles
    return replace(whole, groups=tuple(parts), differences=(*whole.differences, *troubles))


def group_chips(host: HostChips, kind: BoardKind | None = None) -> Grouping:
    """Group a host's chips into boards.

    Cards that make up a box by their kind's row (four n300 a t3000) are one board, opened as one mesh, if tt-umd finds
    the box's links. Where nothing tells of links, the row says whether they are presumed; cards that people cable
    themselves (four p150) are boards by themselves then, unless their box is asked for.

    Args:
        host: what is known of the chips.
        kind: only boards of this kind; that of a single card takes the cards of a box one by one.
    """
    differences = list(_differences(host))
    chips, unknown = [], []
    for device in host.devices:
        chip = _identified(device, host)
        if chip is None:
            unknown.append(_unknown(device, host))
        else:
            chips.append(chip)
    unformed: list[Shortfall] = []
    groups = list(_groups(chips, host, kind, differences, unformed))
    chosen = sorted((group for group in groups if kind in (None, group.kind)), key=lambda group: group.addresses[0])
    differences += _complaints_of_no_board(chips, host)
    return Grouping(tuple(chosen), tuple(unknown), tuple(differences), tuple(unformed))


def needs_board_ids(devices: Sequence[PciDevice], kind: BoardKind | None = None) -> bool:
    """Whether the driver's facts leave open which chips are on one card."""
    grouping = group_chips(HostChips(tuple(devices)), kind)
    several = [group for group in grouping.groups if group.kind.pci_devices > 1]
    return len(several) > 1


def _groups(
    chips: Sequence[_Chip],
    host: HostChips,
    kind: BoardKind | None,
    differences: list[str],
    unformed: list[Shortfall],
) -> Iterator[ChipGroup]:
    by_kind: dict[str, list[_Chip]] = {}
    for chip in chips:
        by_kind.setdefault(chip.kind.name, []).append(chip)
    box = box_of([chip.card for chip in chips])
    remark = ""
    if box is not None and box.box is not None and kind in (None, box):
        links = None if box.is_whole_host else _links(box, chips, host.umd)
        is_expected = box.box.presumed or kind is not None
        if links.complete if links else is_expected:
            yield _box(box, chips, host, linked=links is not None)
            return
        if links is not None:
            unformed.append(Shortfall(Trait.LINKS, box.name, links.lack, "all links of the box"))
        if links is None:
            remark = f"; no tool tells of its links: --boards silicon:{box.name} takes all of them as one board"
        elif is_expected or links.pairs:
            differences.append(f"no {box.name}: tt-umd finds {links.lack}")
        else:
            remark = "; tt-umd finds no link to another card"
    for name, members in by_kind.items():
        card_kind = KINDS[name]
        if card_kind.is_whole_host:
            yield _box(card_kind, members, host)
        elif card_kind.pci_devices == 1:
            for chip in members:
                reason = f"{chip.source} it {chip.card}{remark}"
                yield _group(card_kind, [chip], host, reason)
        else:
            yield from _cards_of_several(card_kind, members, host, differences, remark)


def _box(kind: BoardKind, chips: Sequence[_Chip], host: HostChips, *, linked: bool = False) -> ChipGroup:
    cards = dict.fromkeys(chip.card for chip in chips)
    reason = f"{chips[0].source} its {counted(len(chips), 'device')} {', '.join(cards)}"
    reason += ", which are linked, says tt-umd" if linked else ""
    return _group(kind, chips, host, reason)


def _group(kind: BoardKind, chips: Sequence[_Chip], host: HostChips, reason: str) -> ChipGroup:
    """The group of some chips, with what it lacks."""
    addresses = tuple(chip.address for chip in chips)
    boards = {chip.board_id for chip in chips if chip.board_id is not None}
    is_told = all(chip.board_id is not None for chip in chips)
    return ChipGroup(kind, addresses, reason, shortfalls_of(kind, addresses, boards if is_told else None, host))


@dataclass(frozen=True, slots=True)
class _Links:
    """The links between the cards of a box, as tt-umd finds them.

    Attributes:
        pairs: the number of pairs of chips on different cards with a link.
        lack: what the box's links lack; "" if they are complete.
    """

    pairs: int
    lack: str

    @property
    def complete(self) -> bool:
        """Whether they are those of the box."""
        return not self.lack


def _links(box: BoardKind, chips: Sequence[_Chip], umd: UmdReport | None) -> _Links | None:
    """The links between the cards of a box; None if tt-umd wasn't asked, or doesn't tell of all devices."""
    if umd is None or not all(umd.chip_at(chip.address) for chip in chips):
        return None
    boards = {each.chip: each.board_id or -1 - each.chip for each in umd.chips}
    between = [
        (near, far) for near, far in umd.links if near in boards and far in boards and boards[near] != boards[far]
    ]
    pairs, of_box = len({*between}), _pairs_between_cards(box)
    if lone := _unlinked(chips, umd, boards, between):
        return _Links(pairs, f"no link between {lone} and the other cards")
    is_presumed = box.box is not None and box.box.presumed
    few = "" if is_presumed or pairs >= of_box else f"links between {pairs} pairs of chips, and such a box has {of_box}"
    return _Links(pairs, few)


def _pairs_between_cards(box: BoardKind) -> int:
    """How many pairs of chips on different cards of a box are linked."""
    card_of = {chip: number for number, chips in enumerate(box.mock.cards) for chip in chips}
    return sum(card_of[link.chip] != card_of[link.far_chip] for link in box.mock.links)


def _unlinked(
    chips: Sequence[_Chip], umd: UmdReport, boards: Mapping[int, int], between: Sequence[tuple[int, int]]
) -> str:
    """The devices that no link joins to the first one's card, directly or over others; "" if all are joined.

    Args:
        chips: the devices.
        umd: what tt-umd says; it tells of all of them.
        boards: the number of each chip's board.
        between: the pairs of chips on different boards with a link.
    """
    board_at = {chip.address: boards[umd_chip.chip] for chip in chips if (umd_chip := umd.chip_at(chip.address))}
    reached = {board_at[chips[0].address]}
    size = 0
    while size != len(reached):
        size = len(reached)
        for pair in between:
            ends = {boards[chip] for chip in pair}
            if reached & ends:
                reached |= ends
    return ", ".join(address for address, board in board_at.items() if board not in reached)


def _cards_of_several(
    kind: BoardKind, chips: Sequence[_Chip], host: HostChips, differences: list[str], remark: str
) -> Iterator[ChipGroup]:
    """Cards with several PCI devices: by board number, and only without one by their order."""
    by_card: dict[tuple[str, int | None], list[_Chip]] = {}
    for chip in chips:
        by_card.setdefault((chip.card, chip.board_id), []).append(chip)
    size = kind.pci_devices
    for (card, board_id), members in by_card.items():
        parts = [members[begin : begin + size] for begin in range(0, len(members), size)]
        if len(parts) > 1:
            cause = "no tool tells their boards" if board_id is None else f"all say that their board is {board_id:x}"
            differences.append(
                f"{counted(len(members), 'chip')} of {card}: {cause}, so neighbors are taken for one card; "
                "tt-umd or tt-smi tells cards apart"
            )
        for part in parts:
            reason = f"{part[0].source} its {counted(len(part), 'device')} {card}"
            reason += ", paired as neighbors" if len(parts) > 1 else "" if board_id is None else f", board {board_id:x}"
            reason += remark
            yield _group(kind, part, host, reason)


def _identified(device: PciDevice, host: HostChips) -> _Chip | None:
    """A device with its product; None if nothing tells it."""
    umd = host.umd.chip_at(device.address) if host.umd else None
    smi = host.smi.chip_at(device.address) if host.smi else None
    board_id = (umd.board_id if umd else 0) or (smi.board_id if smi else None) or None
    tools = ((f"{tool} calls", kind, "") for tool, _, kind in _tools_names(device, host))
    for source, kind, card in (("the driver calls", _kind_of_driver_card(device.card), device.card), *tools):
        if kind is not None and device.address:
            return _Chip(device.address, card or (kind.cards or (kind.name,))[0], kind, source, board_id)
    return None


def _kind_of_driver_card(card: str) -> BoardKind | None:
    """The product of a card by the driver's name of it: the card itself, or the box of any number of such."""
    return kind_of_card(card) or box_of([card])


def _kind_of_umd(board_type: str) -> BoardKind | None:
    kinds = (kind for kind in KINDS.values() if kind.mock.card == board_type)
    return next((kind for kind in kinds if kind.cards or kind.is_whole_host), None)


def _kind_of_smi(card: str) -> BoardKind | None:
    return kind_of_traced_cards(card, 1) if card else None


def _unknown(device: PciDevice, host: HostChips) -> UnknownCard:
    if not device.address:
        return UnknownCard(
            f"/dev/tenstorrent/{device.number}",
            "it has no PCI address: the driver is half loaded, or its chip is being reset; reload tenstorrent",
        )
    if device.card in _SAYS_NOTHING:
        reason = "the driver doesn't say which card it is: update tt-kmd"
    else:
        reason = f"the driver calls it {device.card!r}, a product that farm doesn't know"
    facts = [f"{tool} calls it {name or 'unknown'}" for tool, name, _ in _tools_names(device, host)]
    return UnknownCard(device.address, "; ".join((reason, *facts)))


def _differences(host: HostChips) -> Iterator[str]:
    """Where the driver and the tools disagree, and what the tools find wrong."""
    addresses = [device.address for device in host.devices if device.address]
    umd, smi = host.umd, host.smi
    if umd is not None and umd.is_installed:
        yield from umd.troubles
        if umd.devices or not umd.troubles:
            only_driver = [address for address in addresses if address not in umd.devices]
            only_umd = [address for address in umd.devices if address not in addresses]
            undiscovered = [each for each in umd.devices if each in addresses and not umd.chip_at(each)]
            yield from _listed(only_driver, "the driver shows {} and tt-umd doesn't")
            yield from _listed(only_umd, "tt-umd shows {} and the driver doesn't")
            yield from _listed(undiscovered, "tt-umd lists {} and doesn't discover {}")
    if smi is not None:
        yield from smi.troubles
        if any(chip.address for chip in smi.chips):
            silent = [address for address in addresses if not smi.chip_at(address)]
            yield from _listed(silent, "the driver shows {} and tt-smi doesn't")
    for device in host.devices:
        kind = _kind_of_driver_card(device.card)
        for tool, name, other in _tools_names(device, host):
            if kind and other and kind != other:
                yield f"the driver calls {device.address} {device.card}, and {tool} calls it {name}"


def _tools_names(device: PciDevice, host: HostChips) -> Iterator[tuple[str, str, BoardKind | None]]:
    """Each tool that knows a device, with its name of the device's card and the product of that name."""
    if host.umd and (umd := host.umd.chip_at(device.address)):
        yield "tt-umd", umd.board_type, _kind_of_umd(umd.board_type)
    if host.smi and (smi := host.smi.chip_at(device.address)):
        yield "tt-smi", smi.card, _kind_of_smi(smi.card)


def _complaints_of_no_board(chips: Sequence[_Chip], host: HostChips) -> Iterator[str]:
    """What tt-umd finds wrong with chips that are part of no board."""
    addresses = {chip.address for chip in chips}
    boards = {chip.board_id for chip in chips if chip.board_id is not None}
    for chip in host.umd.chips if host.umd else ():
        if not is_part(chip, addresses, boards):
            yield from complaints(chip)


def _listed(addresses: Sequence[str], text: str) -> Iterator[str]:
    if addresses:
        names = ", ".join(addresses)
        yield text.replace("{}", names, 1).replace("{}", "it" if len(addresses) == 1 else "them")
