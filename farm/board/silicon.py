"""Silicon: the Tenstorrent boards of this host.

The kernel driver lists every chip it reaches under `/dev/tenstorrent`; which card it is, and where it sits, stands in
`/sys/class/tenstorrent`. A board is named by host and PCI address, since device numbers change over a reset.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.board.kinds import KINDS, kind_named
from farm.core.board import Board, BoardKind
from farm.core.errors import FarmError, NotRunnable

DEVICES = Path("/dev/tenstorrent")
SYSFS = Path("/sys/class/tenstorrent")
VISIBLE_VARIABLE = "TT_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class PciDevice:
    """One chip that the host reaches by PCIe.

    Attributes:
        address: PCI address, `0000:61:00.0`.
        card: the driver's card name, `n300`, `p150b`, or "" where it doesn't tell.
    """

    address: str
    card: str


def pci_devices(devices: Path = DEVICES, sysfs: Path = SYSFS) -> list[PciDevice]:
    """The Tenstorrent chips of this host by PCI address; only numbered entries are devices, `by-id` is not."""
    if not devices.is_dir():
        return []
    found = []
    for entry in devices.iterdir():
        if not entry.name.isdecimal():
            continue
        node = sysfs / f"tenstorrent!{entry.name}"
        address = (node / "device").resolve().name if (node / "device").exists() else ""
        if not address:
            raise NotRunnable(
                f"{entry} has no PCI address in {sysfs}: the driver is half loaded; reload tenstorrent or name --boards"
            )
        card_file = node / "tt_card_type"
        card = card_file.read_text(encoding="utf-8").strip() if card_file.is_file() else ""
        found.append(PciDevice(address, card))
    return sorted(found, key=lambda device: device.address)


def silicon_boards(
    found: Sequence[PciDevice], wanted: BoardKind | None = None, environment: Mapping[str, str] | None = None
) -> list[Board]:
    """Groups a host's chips into boards.

    A host with four n300 cards is a t3000, one with 32 galaxy chips a galaxy: one board, opened as one mesh. `wanted`
    overrides that, to use the cards of such a host one by one. `TT_VISIBLE_DEVICES`, where it is set to PCI addresses,
    limits which chips count.

    Raises:
        NotRunnable: the driver doesn't say what a card is.
        FarmError: `TT_VISIBLE_DEVICES` holds something other than PCI addresses.
    """
    visible = _visible(os.environ if environment is None else environment)
    chips = [device for device in found if visible is None or device.address.startswith(visible)]
    kinds = [_kind_of(device) for device in chips]
    host = socket.gethostname()
    whole = _whole_box(kinds) if wanted is None else None
    if whole is not None:
        return [_board(host, whole, [device.address for device in chips])]
    boards = []
    pending: dict[str, list[str]] = {}
    for device, kind in zip(chips, kinds, strict=True):
        # a p300 card is two PCI devices next to each other; every other card is one
        group = pending.setdefault(kind.name, [])
        group.append(device.address)
        if len(group) == (2 if kind.name == "p300" else 1):
            boards.append(_board(host, kind, pending.pop(kind.name)))
    return [board for board in boards if wanted is None or board.kind == wanted]


def _visible(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    given = environment.get(VISIBLE_VARIABLE)
    if given is None:
        return None
    parts = tuple(part.strip() for part in given.split(",") if part.strip())
    if any(":" not in part for part in parts):
        raise FarmError(
            f"{VISIBLE_VARIABLE}={given}: device numbers change over a reset; give PCI addresses such as 0000:61:00.0"
        )
    return parts


def _kind_of(device: PciDevice) -> BoardKind:
    if not device.card:
        raise NotRunnable(f"the driver doesn't say which card {device.address} is: update tt-kmd, or name --boards")
    return kind_named(device.card)


def _whole_box(kinds: Sequence[BoardKind]) -> BoardKind | None:
    names = [kind.name for kind in kinds]
    if names == ["n300"] * 4:
        return KINDS["t3000"]
    if names and set(names) == {"galaxy"}:
        return KINDS["galaxy"]
    return None


def _board(host: str, kind: BoardKind, addresses: Sequence[str]) -> Board:
    joined = ",".join(addresses)
    return Board(id=f"{host}:{joined}", backend="silicon", kind=kind, environment={VISIBLE_VARIABLE: joined})
