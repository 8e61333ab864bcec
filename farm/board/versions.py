"""The versions of what drives a board, beside its ttnn: the kernel driver and its firmware, as the driver tells."""

from __future__ import annotations

from pathlib import Path

from farm.board.silicon import SYSFS, VISIBLE_VARIABLE
from farm.core.board import Board

DRIVER_VERSION = Path("/sys/module/tenstorrent/version")
FIRMWARE_FILE = "tt_fw_bundle_ver"


def driver_version(path: Path = DRIVER_VERSION) -> str:
    """The version of this host's kernel driver; "" where it has none."""
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def board_versions(board: Board, sysfs: Path = SYSFS, driver: Path = DRIVER_VERSION) -> dict[str, str]:
    """`driver` and `firmware` of a silicon board of this host, as far as they tell; nothing of others."""
    if board.backend != "silicon":
        return {}
    addresses = board.environment.get(VISIBLE_VARIABLE, "").split(",")
    found = {"driver": driver_version(driver), "firmware": ", ".join(_bundles(addresses, sysfs))}
    return {name: version for name, version in found.items() if version}


def _bundles(addresses: list[str], sysfs: Path) -> list[str]:
    """The firmware bundles of the chips at these PCI addresses, each once: a board has one, if all is well."""
    found = set()
    for node in sysfs.iterdir() if sysfs.is_dir() else ():
        file = node / FIRMWARE_FILE
        if (node / "device").resolve().name in addresses and file.is_file():
            found.add(file.read_text(encoding="utf-8").strip())
    return sorted(found)
