"""`TT_VISIBLE_DEVICES`, in the forms that UMD takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from farm.board.discovery.facts import PciDevice
from farm.core.errors import NotRunnable

VISIBLE_VARIABLE = "TT_VISIBLE_DEVICES"
_SHOWN = 8
"""The most addresses that a message names."""


def visible_devices(devices: Sequence[PciDevice], environment: Mapping[str, str]) -> list[PciDevice]:
    """The devices that a process with this environment may see.

    Each entry of the list is a number, which counts the devices by PCI address, or a part of PCI addresses with a colon
    or a dot in it: `0000:c1:00.0`, `c1:00.0`, `:c1:`. An empty list hides all devices.

    >>> host = [PciDevice("0000:c1:00.0", "n300"), PciDevice("0000:21:00.0", "n300")]
    >>> [device.address for device in visible_devices(host, {"TT_VISIBLE_DEVICES": "c1:00.0"})]
    ['0000:c1:00.0']

    Args:
        devices: all devices of the host.
        environment: that of the process; without the variable, all devices are visible.

    Raises:
        NotRunnable: an entry has no such form, or matches no device; UMD opens nothing then.
    """
    text = environment.get(VISIBLE_VARIABLE)
    if text is None:
        return list(devices)
    if not devices:
        return []
    by_address = sorted((device for device in devices if device.address), key=lambda device: device.address)
    visible: set[str] = set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        matches = _matches(entry.lower(), [device.address for device in by_address])
        if not matches:
            raise NotRunnable(f"{VISIBLE_VARIABLE}={text}: {_no_match(entry, by_address)}")
        visible.update(matches)
    return [device for device in by_address if device.address in visible]


def hidden_note(devices: Sequence[PciDevice], visible: Sequence[PciDevice], environment: Mapping[str, str]) -> str:
    """How many devices the variable hides; "" for none."""
    hidden = len(devices) - len(visible)
    if not hidden or VISIBLE_VARIABLE not in environment:
        return ""
    return f"{VISIBLE_VARIABLE}={environment[VISIBLE_VARIABLE]} hides {hidden} of {len(devices)} devices"


def _matches(entry: str, addresses: Sequence[str]) -> Sequence[str]:
    if entry.isdecimal() and entry.isascii():
        number = int(entry) if len(entry) < _SHOWN else len(addresses)
        return addresses[number : number + 1]
    return [address for address in addresses if entry in address] if ":" in entry or "." in entry else []


def _no_match(entry: str, devices: Sequence[PciDevice]) -> str:
    addresses = [device.address for device in devices]
    more = ", ..." if len(addresses) > _SHOWN else ""
    form = (
        ""
        if any(mark in entry for mark in ":.") or entry.isdecimal()
        else "is neither a number nor part of a PCI address, "
    )
    return f"{entry!r} {form}matches no device; there are {', '.join(addresses[:_SHOWN])}{more}"
