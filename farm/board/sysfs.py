"""What the kernel driver shows of its devices in sysfs. Reading it opens no chip.

`/sys/class/tenstorrent/tenstorrent!N` belongs to `/dev/tenstorrent/N`: `device` is a link to the PCI device,
`tt_card_type` names the card, and `tt_fw_bundle_ver` is asked of the firmware (drivers before 2.0 have no such file).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEVICES = Path("/dev/tenstorrent")
SYSFS = Path("/sys/class/tenstorrent")
DRIVER_VERSION = Path("/sys/module/tenstorrent/version")
_PREFIX = "tenstorrent!"


@dataclass(frozen=True, slots=True)
class DriverNode:
    """The folder of one device. Every look reads it anew, since a reset changes it.

    Attributes:
        folder: where it is.
        number: of its device, which may change over a reset.
    """

    folder: Path
    number: int

    @property
    def address(self) -> str:
        """The PCI address, `0000:61:00.0`; "" if the driver doesn't say, as while it is half loaded."""
        link = self.folder / "device"
        return link.resolve().name if link.exists() else ""

    @property
    def card(self) -> str:
        """The driver's name of the card in lower case, `n300`; "" if it doesn't say."""
        return read_text(self.folder / "tt_card_type").lower()

    @property
    def firmware(self) -> str | None:
        """The version of the firmware bundle; "" if the firmware doesn't answer, None if the driver can't ask."""
        file = self.folder / "tt_fw_bundle_ver"
        return read_text(file) if file.exists() else None


def driver_node(number: int, sysfs: Path = SYSFS) -> DriverNode:
    """The folder of the device of this number, which need not exist."""
    return DriverNode(sysfs / f"{_PREFIX}{number}", number)


def driver_nodes(sysfs: Path = SYSFS) -> list[DriverNode]:
    """The folders of all devices, by number; none without a driver."""
    names = [folder.name.removeprefix(_PREFIX) for folder in sysfs.iterdir()] if sysfs.is_dir() else []
    return [driver_node(number, sysfs) for number in sorted(int(name) for name in names if name.isdecimal())]


def driver_version(path: Path = DRIVER_VERSION) -> str:
    """The version of this host's kernel driver; "" if it has none."""
    return read_text(path)


def read_text(file: Path) -> str:
    """What a file of sysfs says; "" if it can't be read, as while its chip is being reset."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip(" \t\r\n\0")
    except OSError:
        return ""
