"""Print what tt-umd says of this host as one JSON document: the fields of `farm.board.discovery.facts.UmdReport`.

It runs in a process of its own, which may hang or crash: tt-umd opens the chips that it discovers.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":  # this folder's modules are not for tt-umd to import
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).parent)]

import importlib
import importlib.metadata
import json
import os
from collections.abc import Mapping
from typing import Any


def report() -> dict[str, Any]:
    """What tt-umd says."""
    try:
        umd = importlib.import_module("tt_umd")
    except ImportError as error:
        return {"troubles": [] if isinstance(error, ModuleNotFoundError) else [f"it can't be imported: {_line(error)}"]}
    document: dict[str, Any] = {"version": _version(), "devices": [], "chips": [], "links": [], "troubles": []}
    try:
        document["devices"] = sorted(info.pci_bdf for info in umd.PCIDevice.enumerate_devices_info().values())
        if document["devices"]:
            descriptor, devices = umd.TopologyDiscovery.discover(_options(umd))
            document.update(topology(umd, descriptor, devices))
    except Exception as error:  # noqa: BLE001 - whatever a driver library raises is its answer
        document["troubles"].append(_line(error))
    return document


def _options(umd: Any) -> Any:
    """Options that let trouble with one chip cost no other; every one that this version has."""
    options = umd.TopologyDiscoveryOptions()
    ignore = umd.TopologyDiscoveryOptions.Action.IGNORE
    for name in (
        "cmfw_mismatch_action",
        "cmfw_unsupported_action",
        "eth_fw_mismatch_action",
        "unexpected_routing_firmware_config",
        "eth_fw_heartbeat_failure",
        "device_init_failure_action",
    ):
        if hasattr(options, name):
            setattr(options, name, ignore)
    return options


def topology(umd: Any, descriptor: Any, devices: Mapping[int, Any]) -> dict[str, Any]:
    """The chips, the pairs of chips with links, and the troubles of a `ClusterDescriptor`.

    Args:
        umd: the module `tt_umd`.
        descriptor: the descriptor.
        devices: the opened chips by number, which know their firmware.
    """
    addresses = descriptor.get_chip_pci_bdfs()
    errors = {chip: [_line(error) for error in each] for chip, each in descriptor.get_health_errors().items()}
    for chip in descriptor.get_unhealthy_devices():
        errors.setdefault(chip, ["it is unhealthy"])
    known = descriptor.get_all_chips()
    chips = [
        {
            "chip": chip,
            "address": addresses.get(chip, ""),
            "board_type": _board_type(umd, descriptor, chip),
            "board_id": _asked(descriptor.get_board_id_for_chip, chip) or 0,
            "tray": _asked(descriptor.get_tray_id, chip),
            "location": _asked(descriptor.get_asic_location, chip) or 0,
            "firmware": _firmware(devices.get(chip)),
            "errors": errors.get(chip, []),
        }
        for chip in sorted(known)
    ]
    # a chip that failed early is in no list of chips
    lost = [f"chip {chip}: {'; '.join(lines)}" for chip, lines in sorted(errors.items()) if chip not in known]
    links = {
        tuple(sorted((chip, far_chip)))
        for chip, channels in descriptor.get_ethernet_connections().items()
        for far_chip, _ in channels.values()
    }
    return {"chips": chips, "links": sorted(links), "troubles": lost}


def _board_type(umd: Any, descriptor: Any, chip: int) -> str:
    board_type = _asked(descriptor.get_board_type, chip)
    name = None if board_type is None else _asked(umd.board_type_to_string, board_type)
    return "" if name in (None, "unknown") else str(name).lower()


def _firmware(device: Any) -> str:
    if device is None:
        return ""
    version = _asked(lambda each: each.get_firmware_info_provider().get_firmware_version().to_string(), device)
    return str(version or "")


def _asked(question: Any, subject: Any) -> Any:
    """The answer to a question about one chip; None if it raises."""
    try:
        return question(subject)
    except Exception:  # noqa: BLE001 - one chip that doesn't answer costs no other
        return None


def _version() -> str:
    try:
        return importlib.metadata.version("tt-umd")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _line(error: Any) -> str:
    """An error's first line: tt-umd adds a stack."""
    message = getattr(error, "message", None)
    text = str(message() if callable(message) else error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def main() -> None:
    """Print the report on the real stdout; what tt-umd itself prints goes to stderr."""
    document = os.dup(1)
    os.dup2(2, 1)
    text = json.dumps(report())
    with os.fdopen(document, "w", encoding="utf-8") as output:
        output.write(text + "\n")


if __name__ == "__main__":
    main()
