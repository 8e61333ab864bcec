"""The versions of what drives a host's boards."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys

from farm.board.discovery.driver import firmware_bundles, pci_devices
from farm.board.sysfs import driver_version
from farm.board.tt_smi import tt_smi_snapshot
from farm.core.errors import FarmError
from farm.core.interpreters import printed_json

_PRINT_VERSIONS = """
import json, platform
from importlib import metadata
versions = {"python": platform.python_version()}
for name in ("ttnn", "torch"):
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(versions))
"""


def host_versions(python: str | None) -> dict[str, str]:
    """The versions of farm, of the boards' Python and ttnn, and of the driver and firmware where they are known.

    Args:
        python: the interpreter whose ttnn opens the boards; None for the one that farm runs in.

    Raises:
        FarmError: the interpreter doesn't run.
    """
    versions = python_versions(python)
    versions["farm"] = importlib.metadata.version("ttnn-farm")
    versions["system"] = f"{platform.system()} {platform.release()}"
    if driver := driver_version():
        versions["driver"] = driver
    if firmware := _firmware():
        versions["firmware"] = firmware
    return versions


def python_versions(python: str | None) -> dict[str, str]:
    """The versions of the boards' Python, and of its ttnn and torch if it has them.

    Args:
        python: see `host_versions`.

    Raises:
        FarmError: the interpreter doesn't run.
    """
    try:
        versions: dict[str, str] = printed_json(python or sys.executable, _PRINT_VERSIONS)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise FarmError(f"--python {python}: it doesn't run: {error}") from error
    return versions


def _firmware() -> str:
    """The firmware bundles of this host's chips, each once: the driver's word, or tt-smi's where that has none."""
    addresses = [device.address for device in pci_devices()]
    if not addresses:
        return ""
    bundles = set(firmware_bundles(addresses)) or {chip.firmware for chip in tt_smi_snapshot().chips}
    return ", ".join(sorted(bundles - {""}))
