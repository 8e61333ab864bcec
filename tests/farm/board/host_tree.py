"""A folder that looks like a host's driver: devices, sysfs, and the PCI devices behind them."""

from __future__ import annotations

from pathlib import Path

from farm.board.backends.silicon import Silicon


class HostTree:
    """Builds the folder.

    Attributes:
        sysfs: the driver's folder in sysfs.
        devices: the folder of devices.
    """

    def __init__(self, folder: Path) -> None:
        self.sysfs = folder / "sys"
        self.devices = folder / "dev"
        self._pci = folder / "pci"
        for each in (self.sysfs, self.devices, self._pci):
            each.mkdir(parents=True)

    @property
    def backend(self) -> Silicon:
        """The backend of this host's boards."""
        return Silicon(self.devices, self.sysfs)

    def add_chip(self, number: int, address: str, card: str = "", firmware: str | None = None) -> None:
        """Add a chip.

        Args:
            number: of its device.
            address: its PCI address.
            card: the driver's name of its card.
            firmware: the version that its firmware answers; None for a driver that can't ask.
        """
        (self._pci / address).mkdir(exist_ok=True)
        node = self.sysfs / f"tenstorrent!{number}"
        node.mkdir()
        (node / "device").symlink_to(self._pci / address)
        (node / "tt_card_type").write_text(f"{card}\n", encoding="utf-8")
        if firmware is not None:
            (node / "tt_fw_bundle_ver").write_text(f"{firmware}\n", encoding="utf-8")
        self.device(number).touch()

    def device(self, number: int) -> Path:
        """The file of a device."""
        return self.devices / str(number)
