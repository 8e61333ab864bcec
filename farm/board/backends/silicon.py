"""Silicon: the Tenstorrent boards of this host.

The kernel driver lists every chip it reaches under `/dev/tenstorrent`; its card and its PCI address are in
`/sys/class/tenstorrent`. A board is named by host and PCI address, since device numbers change over a reset.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.board.backends.base import RESET_VARIABLE, Backend
from farm.board.chip_presence import Chips, present_chips
from farm.board.chip_telemetry import board_telemetry
from farm.board.holders import Holder, users_of
from farm.board.kinds import box_of, kind_of_card
from farm.board.tt_smi import tt_smi_snapshot
from farm.core.board import Board, BoardKind, ResetScope
from farm.core.errors import FarmError, NotRunnable
from farm.core.plain_words import counted
from farm.core.telemetry import Telemetry

DEVICES = Path("/dev/tenstorrent")
SYSFS = Path("/sys/class/tenstorrent")
DRIVER_VERSION = Path("/sys/module/tenstorrent/version")
FIRMWARE_FILE = "tt_fw_bundle_ver"
TELEMETRY_SECONDS = 20.0
"""How long chips may take to say how they are; a galaxy takes some ten seconds."""
VISIBLE_VARIABLE = "TT_VISIBLE_DEVICES"


class Silicon(Backend):
    """Real boards, found by the kernel driver.

    Attributes:
        devices: the folder of the driver's devices.
        sysfs: the driver's folder in sysfs.
        driver: the file with the driver's version.
    """

    name = "silicon"

    def __init__(self, devices: Path = DEVICES, sysfs: Path = SYSFS, driver: Path = DRIVER_VERSION) -> None:
        self.devices = devices
        self.sysfs = sysfs
        self.driver = driver

    def discover(self) -> list[Board]:
        """See `Backend`.

        Raises:
            NotRunnable: the driver is half loaded, or doesn't say what a card is.
        """
        return silicon_boards(pci_devices(self.devices, self.sysfs))

    def boards(
        self, kind: BoardKind | None, count: int | None = None, first: int = 0, held: Collection[str] = ()
    ) -> list[Board]:
        """See `Backend`; without a kind, the boards are all that there are, and without a count all of that kind."""
        boards = silicon_boards(pci_devices(self.devices, self.sysfs), kind)[first:]
        minimum = count or 1
        if len(boards) < minimum:
            present = counted(len(boards), "such board")
            raise NotRunnable(
                f"silicon{f':{kind.name}' if kind else ''}: this host has {present} in {self.devices}, "
                f"{minimum} requested; --boards mock:n300 needs no hardware"
            )
        usable = [board for board in boards if board.id not in held]
        return usable[:count]

    def name_on(self, board: Board, host: str) -> str:
        """See `Backend`; the host's name in the farm takes the place of its own."""
        return f"{host}:{board.id.removeprefix(f'{socket.gethostname()}:')}"

    def addresses(self, board: Board) -> tuple[str, ...]:
        """See `Backend`."""
        return tuple(board.environment[VISIBLE_VARIABLE].split(","))

    def versions(self, board: Board) -> dict[str, str]:
        """See `Backend`; of a board of this host."""
        bundles = firmware_bundles(self.addresses(board), self.sysfs)
        versions = {"driver": driver_version(self.driver), "firmware": ", ".join(bundles)}
        return {name: version for name, version in versions.items() if version}

    def telemetry(self, board: Board) -> Telemetry:
        """See `Backend`."""
        return board_telemetry(tt_smi_snapshot(TELEMETRY_SECONDS), self.addresses(board))

    def trace_environment(self, board: Board) -> dict[str, str]:  # noqa: ARG002 - the tracer asks the device
        """See `Backend`."""
        return {}

    def reset_template(self, board: Board, environment: Mapping[str, str]) -> str | None:
        """See `Backend`; the board's own command, or the host's."""
        own = super().reset_template(board, environment)
        return environment.get(RESET_VARIABLE) if own is None else own

    def reset_scope(self, board: Board) -> ResetScope:
        """See `Backend`."""
        return board.kind.reset

    def chips(self) -> Chips | None:
        """See `Backend`; None where the driver's folder can't be seen, as in some containers."""
        return present_chips(self.sysfs) if self.sysfs.is_dir() else None

    def users(self, board: Board) -> Sequence[Holder]:
        """See `Backend`; of a galaxy, all chips of the host are reset."""
        galaxy = board.kind.reset is ResetScope.GALAXY
        return users_of(None if galaxy else self.addresses(board), sysfs=self.sysfs, devices=self.devices)


@dataclass(frozen=True, slots=True)
class PciDevice:
    """One chip that the host reaches by PCIe.

    Attributes:
        address: PCI address, `0000:61:00.0`.
        card: the driver's card name, `n300`, `p150b`; "" if it doesn't say.
    """

    address: str
    card: str


def pci_devices(devices: Path = DEVICES, sysfs: Path = SYSFS) -> list[PciDevice]:
    """The Tenstorrent chips of this host by PCI address; only numbered entries are devices, `by-id` is not.

    Raises:
        NotRunnable: a device has no PCI address.
    """
    if not devices.is_dir():
        return []
    chips = []
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
        chips.append(PciDevice(address, card))
    return sorted(chips, key=lambda device: device.address)


def silicon_boards(
    devices: Sequence[PciDevice], kind: BoardKind | None = None, environment: Mapping[str, str] | None = None
) -> list[Board]:
    """Group a host's chips into boards.

    Cards that make up a box by their kind's row (four n300 a t3000) are one board, opened as one mesh.

    Args:
        devices: the chips.
        kind: only boards of this kind; that of a single card takes the cards of a box one by one.
        environment: its `TT_VISIBLE_DEVICES`, a list of PCI addresses, limits the chips if set; None for this
            process's environment.

    Raises:
        NotRunnable: the driver doesn't say what a card is, or it is not a product that farm knows.
        FarmError: `TT_VISIBLE_DEVICES` holds something other than PCI addresses.
    """
    visible = _visible(os.environ if environment is None else environment)
    chips = [device for device in devices if visible is None or device.address.startswith(visible)]
    host = socket.gethostname()
    box = box_of([device.card for device in chips])
    if box is not None and kind in (None, box):
        return [_board(host, box, [device.address for device in chips])]
    boards = []
    pending: dict[str, list[str]] = {}
    for device in chips:
        card_kind = _kind_of(device)
        group = pending.setdefault(card_kind.name, [])
        group.append(device.address)
        if len(group) == card_kind.pci_devices:
            boards.append(_board(host, card_kind, pending.pop(card_kind.name)))
    return [board for board in boards if kind in (None, board.kind)]


def driver_version(path: Path = DRIVER_VERSION) -> str:
    """The version of this host's kernel driver; "" if it has none."""
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def firmware_bundles(addresses: Collection[str], sysfs: Path = SYSFS) -> list[str]:
    """The firmware bundles of the chips at these PCI addresses, each once: a sound board has one."""
    bundles = set()
    for node in sysfs.iterdir() if sysfs.is_dir() else ():
        file = node / FIRMWARE_FILE
        if (node / "device").resolve().name in addresses and file.is_file():
            bundles.add(file.read_text(encoding="utf-8").strip())
    return sorted(bundles)


def _visible(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    text = environment.get(VISIBLE_VARIABLE)
    if text is None:
        return None
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(":" not in part for part in parts):
        raise FarmError(
            f"{VISIBLE_VARIABLE}={text}: device numbers change over a reset; give PCI addresses such as 0000:61:00.0"
        )
    return parts


def _kind_of(device: PciDevice) -> BoardKind:
    if not device.card:
        raise NotRunnable(f"the driver doesn't say which card {device.address} is: update tt-kmd, or name --boards")
    kind = kind_of_card(device.card)
    if kind is None:
        raise NotRunnable(f"{device.address} is a {device.card!r}, a product that farm doesn't know: name --boards")
    return kind


def _board(host: str, kind: BoardKind, addresses: Sequence[str]) -> Board:
    joined = ",".join(addresses)
    return Board(id=f"{host}:{joined}", backend=Silicon.name, kind=kind, environment={VISIBLE_VARIABLE: joined})
