"""The versions of what drives a host's boards."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys

from farm.board.backends.silicon import driver_version, pci_devices
from farm.core.errors import FarmError
from farm.core.interpreters import ANSWER_SECONDS, printed_json

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


def firmware_of(snapshot: object) -> str:
    """The firmware bundles in what `tt-smi -s` prints, each once; "" where there are none."""
    devices = snapshot.get("device_info") if isinstance(snapshot, dict) else None
    bundles = set()
    for device in devices if isinstance(devices, list) else []:
        firmwares = device.get("firmwares") if isinstance(device, dict) else None
        bundle = firmwares.get("fw_bundle_version") if isinstance(firmwares, dict) else None
        if isinstance(bundle, str):
            bundles.add(bundle)
    return ", ".join(sorted(bundles))


def _firmware() -> str:
    tool = shutil.which("tt-smi")
    if tool is None or not pci_devices():
        return ""
    try:
        process = subprocess.run([tool, "-s"], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
        return firmware_of(json.loads(process.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
