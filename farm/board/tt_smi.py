"""What `tt-smi -s` says of a host's chips, read tolerantly.

The snapshot is one JSON object with `device_info`, a list with an entry for each chip: `board_info`, `firmwares`,
`telemetry`, and `smbus_telem` with the raw registers. The forms differ by version: log lines come first, an object
follows another, the list stands alone, and what a chip doesn't answer is null, empty, `N/A`, or missing. Each part that
can be read is read, and the rest is told of in one line.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from farm.board.external_tools import ask_tool
from farm.core.plain_words import counted

PROGRAM = "tt-smi"
SNAPSHOT_SECONDS = 60.0
"""The time limit of a snapshot: a galaxy's takes some ten seconds."""

_NOTHING = frozenset({"", "n/a", "na", "none", "null", "unknown", "-"})
_SIDES = ("L", "R")
_BUNDLE_PREFIX = "fw_pack-"
_CHIP_PARTS = frozenset({"board_info", "board_type", "telemetry", "smbus_telem", "firmwares"})
"""What tells an entry of a chip from other objects."""
_JSON_BEGINS = re.compile(r'[{\[]\s*(["{}\[\]]|$)')
"""The begin of JSON, as a snapshot has it: a log line goes on otherwise after a bracket."""
_UNANSWERED = 0xFFFFFFFF
"""What a register reads as if the chip doesn't answer."""


@dataclass(frozen=True, slots=True)
class SmiChip:
    """One chip of a snapshot. What it doesn't say is "" or None.

    Attributes:
        address: its PCI address; "" for a chip that is reached through another one.
        card: the tool's name of its card: `n300`, `p150b`, `tt-galaxy-wh`.
        side: L or R, of two chips on one Wormhole card.
        board_id: the number of its board; all chips of one board have the same.
        coordinates: its ethernet coordinates, as printed.
        firmware: the version of its firmware bundle.
        temperature: of the ASIC, in degrees Celsius.
        power: in watts.
        heartbeat: a counter of its firmware, which stands still where that hangs.
        registers: its raw registers by the tool's names, such as `THROTTLER`, `FAULTS` and `DDR_STATUS`.
    """

    address: str = ""
    card: str = ""
    side: str = ""
    board_id: int | None = None
    coordinates: str = ""
    firmware: str = ""
    temperature: float | None = None
    power: float | None = None
    heartbeat: int | None = None
    registers: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all is known of it, as of a chip whose management processor hangs."""
        return self == SmiChip()


@dataclass(frozen=True, slots=True)
class SmiReport:
    """A snapshot.

    Attributes:
        chips: its chips, in the tool's order.
        driver: the version of the kernel driver; "" if it doesn't say.
        troubles: what could not be read, a line each.
        timed_out: whether the tool was killed at its limit.
    """

    chips: tuple[SmiChip, ...] = ()
    driver: str = ""
    troubles: tuple[str, ...] = ()
    timed_out: bool = False

    def chip_at(self, address: str) -> SmiChip | None:
        """The chip with a PCI address; None if it names none."""
        return next((chip for chip in self.chips if address and chip.address == address), None)


def tt_smi_snapshot(limit: float = SNAPSHOT_SECONDS) -> SmiReport:
    """Ask this host's `tt-smi` for a snapshot. It reads registers of all chips, also of those in use.

    Args:
        limit: the seconds that it may take.

    Returns:
        An empty report that says why where the program is missing, fails or hangs.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return SmiReport(troubles=(f"{PROGRAM} is not installed",))
    answer = ask_tool([program, "-s"], limit)
    trouble = (answer.trouble,) if answer.trouble else ()
    if trouble and not answer.output.strip():
        return SmiReport(troubles=trouble, timed_out=answer.timed_out)
    report = read_snapshot(answer.output)
    return replace(report, troubles=(*trouble, *report.troubles), timed_out=answer.timed_out)


def read_snapshot(text: str) -> SmiReport:
    """Read what `tt-smi -s` printed, in any of its forms."""
    troubles: list[str] = []
    chips: list[SmiChip] = []
    driver = ""
    for document in _documents(text, troubles):
        entries = _entries(document, troubles)
        chips += [_chip(entry) for entry in entries]
        driver = driver or _driver(document)
    if not chips and not troubles:
        troubles.append("it lists no chip")
    by_identity: dict[Hashable, SmiChip] = {}
    for number, chip in enumerate(chips):
        by_identity.setdefault(_identity(chip, number), chip)
    unique = tuple(by_identity.values())
    if silent := sum(chip.is_silent for chip in unique):
        troubles.append(f"nothing is said of {silent} of {counted(len(unique), 'chip')}")
    return SmiReport(unique, driver, tuple(f"{PROGRAM}: {trouble}" for trouble in troubles))


def _identity(chip: SmiChip, number: int) -> Hashable:
    """What tells one chip from others: an object may be printed twice. A chip without names is like no other."""
    if chip.address:
        return chip.address
    has_place = chip.board_id is not None and bool(chip.side or chip.coordinates)
    return (chip.board_id, chip.side, chip.coordinates) if has_place else number


def _documents(text: str, troubles: list[str]) -> Iterator[Any]:
    """The JSON values of a text that are a snapshot's, or a part of one; log lines between them are passed over."""
    decoder = json.JSONDecoder()
    position, documents, others, broken = 0, 0, 0, False
    while (begin := _next_bracket(text, position)) >= 0:
        try:
            value, position = decoder.raw_decode(text, begin)
        except RecursionError:
            troubles.append("what it printed is nested too deeply")
            return
        except ValueError:
            broken = broken or _begins_document(text, begin)
            position = begin + 1
            continue
        if _is_snapshot(value):
            documents += 1
            yield value
        else:
            others += 1
    if broken:
        troubles.append("what it printed is not all JSON, or is cut off")
    elif not documents:
        nothing = "its JSON has no device_info" if others else "it printed no JSON"
        troubles.append(nothing if text.strip() else "it printed nothing")


def _next_bracket(text: str, position: int) -> int:
    places = [place for mark in "{[" if (place := text.find(mark, position)) >= 0]
    return min(places, default=-1)


def _begins_document(text: str, begin: int) -> bool:
    """Whether a bracket looks like the begin of a document, rather than a part of a log line."""
    return _JSON_BEGINS.match(text, begin) is not None and not text[text.rfind("\n", 0, begin) + 1 : begin].strip()


def _is_snapshot(value: Any) -> bool:
    """Whether a value is a snapshot, its list of chips, or the entry of a chip from a snapshot that is cut off."""
    if isinstance(value, list):
        return any(isinstance(each, dict) and _CHIP_PARTS & each.keys() for each in value)
    return isinstance(value, dict) and ("device_info" in value or bool(_CHIP_PARTS & value.keys()))


def _entries(document: Any, troubles: list[str]) -> list[Mapping[str, Any]]:
    """The entries of chips of one document."""
    if isinstance(document, dict):
        if "device_info" not in document:  # the entry of a chip
            return [document]
        document = document["device_info"]
        if not document:
            troubles.append("its device_info is empty: it reaches no chip")
            return []
    if isinstance(document, dict):  # by number
        document = list(document.values())
    if not isinstance(document, list):
        troubles.append("its device_info is not a list")
        return []
    return [entry if isinstance(entry, dict) else {} for entry in document]


def _chip(entry: Mapping[str, Any]) -> SmiChip:
    board = _part(entry, "board_info") or entry  # the old flat form has no parts
    telemetry, registers = _part(entry, "telemetry"), _part(entry, "smbus_telem")
    card, _, side = _word(board.get("board_type")).rpartition(" ")
    if side not in _SIDES:
        card, side = f"{card} {side}".strip(), ""
    return SmiChip(
        address=_word(board.get("bus_id")).lower(),
        card=card.strip().lower(),
        side=side,
        board_id=_board_id(board.get("board_id")),
        coordinates=_word(board.get("coords")),
        firmware=_word(_part(entry, "firmwares").get("fw_bundle_version")).removeprefix(_BUNDLE_PREFIX),
        temperature=_number(telemetry.get("asic_temperature")),
        power=_number(telemetry.get("power")),
        heartbeat=_integer(telemetry.get("heartbeat")),
        registers={
            str(name): value for name, raw in registers.items() if (value := _integer(raw)) not in (None, _UNANSWERED)
        },
    )


def _part(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = entry.get(name)
    return part if isinstance(part, dict) else {}


def _driver(document: Any) -> str:
    if not isinstance(document, dict):
        return ""
    return _word(_part(document, "host_info").get("Driver")).removeprefix("TT-KMD").strip()


def _word(value: Any) -> str:
    """A value as one word; "" for every way to say that there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    word = str(value).strip()
    return "" if word.lower() in _NOTHING else word


def _number(value: Any) -> float | None:
    try:
        number = float(_word(value) or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _integer(value: Any) -> int | None:
    word = _word(value)
    try:
        return int(word, 16 if word.lower().startswith("0x") else 10)
    except ValueError:
        return None


def _board_id(value: Any) -> int | None:
    """The number of a board, which is printed in hexadecimal; None for one that was never written or read."""
    word = _word(value)
    try:
        number = int(word, 16)
    except ValueError:
        return None
    never = number == 0 or set(word.lower().removeprefix("0x")) == {"f"}
    return None if never else number
