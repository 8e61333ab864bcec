"""The chips of a board that the driver shows and whose firmware answers: the facts after a reset.

The driver's folder in sysfs tells them without opening a chip.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.board.sysfs import SYSFS, driver_nodes
from farm.core.plain_words import counted

RETURN_SECONDS = 60.0
"""How long chips may take to come back after a reset command has ended."""
_POLL_SECONDS = 0.5
_NO_ANSWERS = frozenset({"", "0.0.0.0", "255.255.255.255"})  # noqa: S104 - versions, not addresses


@dataclass(frozen=True, slots=True)
class ChipPresence:
    """One chip as the driver shows it.

    Attributes:
        number: of its device, `/dev/tenstorrent/N`; it may change over a reset.
        card: the driver's name of its card; "" if it doesn't say.
        firmware: the version that its firmware answers; "" if it doesn't answer, None if the driver can't ask.
    """

    number: int
    card: str = ""
    firmware: str | None = None


Chips = Mapping[str, ChipPresence]
"""The chips that are there, by PCI address."""


def present_chips(sysfs: Path = SYSFS) -> dict[str, ChipPresence]:
    """The chips that the driver shows, by PCI address."""
    return {
        address: ChipPresence(node.number, node.card, _answer(node.firmware))
        for node in driver_nodes(sysfs)
        if (address := node.address)
    }


def _answer(firmware: str | None) -> str | None:
    return "" if firmware in _NO_ANSWERS else firmware


def lost_chips(addresses: Collection[str], before: Chips, after: Chips) -> str:
    """What a board lacks after a reset, in words; "" if all of it is back.

    Args:
        addresses: the PCI addresses of the board.
        before: the chips before the reset.
        after: the chips now.
    """
    missing = sorted(address for address in addresses if address not in after)
    if missing:
        return f"{len(missing)} of {counted(len(addresses), 'chip')} did not come back: {', '.join(missing)}"
    for address in sorted(addresses):
        old, new = before.get(address), after[address]
        if old is not None and old.card and new.card != old.card:
            return f"{address} came back as another card: {new.card or 'unknown'}, it was {old.card}"
        if new.firmware == "" or (new.firmware is None and old is not None and old.firmware):
            return f"the firmware of {address} doesn't answer"
    return ""


def await_return(
    addresses: Collection[str],
    before: Chips,
    look: Callable[[], Chips],
    seconds: float = RETURN_SECONDS,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> str:
    """Wait until all chips of a board are back after a reset; return what it lacks in the end, "" for nothing.

    Args:
        addresses: the PCI addresses of the board.
        before: the chips before the reset.
        look: returns the chips that are there.
        seconds: how long they may take.
        clock: a clock in seconds.
        sleep: waits for some seconds.
    """
    deadline = clock() + seconds
    while (lost := lost_chips(addresses, before, look())) and clock() < deadline:
        sleep(_POLL_SECONDS)
    return lost
