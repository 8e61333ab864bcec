"""The devices that the kernel driver shows in `/dev/tenstorrent`, with what it says of them. No chip is opened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from farm.board.discovery.facts import PciDevice
from farm.board.sysfs import DEVICES, SYSFS, driver_node, driver_nodes


def pci_devices(devices: Path = DEVICES, sysfs: Path = SYSFS) -> list[PciDevice]:
    """The Tenstorrent chips of this host by PCI address; only numbered entries are devices, `by-id` is not."""
    names = [entry.name for entry in devices.iterdir()] if devices.is_dir() else []
    nodes = [driver_node(int(name), sysfs) for name in names if name.isdecimal()]
    chips = [PciDevice(node.address, node.card, node.number) for node in nodes]
    return sorted(chips, key=lambda device: (device.address, device.number))


def firmware_bundles(addresses: Collection[str], sysfs: Path = SYSFS) -> list[str]:
    """The firmware bundles of the chips at these PCI addresses, each once: a sound board has one."""
    return sorted({bundle for node in driver_nodes(sysfs) if node.address in addresses and (bundle := node.firmware)})
