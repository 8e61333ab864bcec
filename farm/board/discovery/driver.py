"""What the kernel driver shows of its devices in `/dev/tenstorrent` and sysfs. No chip is opened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from farm.board.discovery.facts import PciDevice

DEVICES = Path("/dev/tenstorrent")
SYSFS = Path("/sys/class/tenstorrent")
DRIVER_VERSION = Path("/sys/module/tenstorrent/version")
FIRMWARE_FILE = "tt_fw_bundle_ver"
CARD_FILE = "tt_card_type"


def pci_devices(devices: Path = DEVICES, sysfs: Path = SYSFS) -> list[PciDevice]:
    """The Tenstorrent chips of this host by PCI address; only numbered entries are devices, `by-id` is not."""
    if not devices.is_dir():
        return []
    chips = []
    for entry in devices.iterdir():
        if not entry.name.isdecimal():
            continue
        node = sysfs / f"tenstorrent!{entry.name}"
        address = (node / "device").resolve().name if (node / "device").exists() else ""
        chips.append(PciDevice(address, _text(node / CARD_FILE), int(entry.name)))
    return sorted(chips, key=lambda device: (device.address, device.number))


def driver_version(path: Path = DRIVER_VERSION) -> str:
    """The version of this host's kernel driver; "" if it has none."""
    return _text(path)


def firmware_bundles(addresses: Collection[str], sysfs: Path = SYSFS) -> list[str]:
    """The firmware bundles of the chips at these PCI addresses, each once: a sound board has one."""
    nodes = sysfs.iterdir() if sysfs.is_dir() else ()
    bundles = {_text(node / FIRMWARE_FILE) for node in nodes if (node / "device").resolve().name in addresses}
    return sorted(bundles - {""})


def _text(path: Path) -> str:
    """What a file of sysfs says; "" if it can't be read, as while its chip is being reset."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
