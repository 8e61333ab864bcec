"""What a host brings to a farm: its boards under names of their own, and the versions of what drives them."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from farm.board.backends import backend_of, discovered_boards
from farm.board.backends.silicon import driver_version, pci_devices
from farm.board.holders import broker, holders
from farm.board.selection import select_boards
from farm.board.selectors import AUTO, parse_kinds
from farm.cluster.hosts.board_memory import Memory
from farm.cluster.placement import resources_of
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable

NONE = "none"
ASK_SECONDS = 60.0
"""How long an interpreter, or tt-smi, may take to tell its versions."""
_ASK = """
import json, platform
from importlib import metadata
told = {"python": platform.python_version()}
for name in ("ttnn", "torch"):
    try:
        told[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class Inventory:
    """A host's boards.

    Attributes:
        boards: those it offers.
        notes: why others are left out.
    """

    boards: tuple[Board, ...]
    notes: tuple[str, ...] = ()

    def resources(self) -> dict[str, float]:
        """The Ray resources of a node that has these boards."""
        total: Counter[str] = Counter()
        for board in self.boards:
            total.update(resources_of(board))
        return dict(total)

    def labels(self, host: str) -> dict[str, str]:
        """Ray's labels for such a node: what it is, for those who look at Ray itself."""
        labels = {"farm-host": _label(host)}
        for name, values in (
            ("farm-kind", [board.kind.name for board in self.boards]),
            ("farm-arch", [board.kind.arch for board in self.boards]),
            ("farm-pci", [address for board in self.boards for address in backend_of(board).addresses(board)]),
        ):
            if values:
                labels[name] = _label("-".join(dict.fromkeys(values)))
        return labels


def take_inventory(text: str, host: str, python: str | None, expected: str | None = None) -> Inventory:
    """The boards that a host offers.

    Args:
        text: `auto` for the host's silicon, `none`, or a list as `--boards` takes it.
        host: the host's name in the farm.
        python: the interpreter whose ttnn opens them; None for the one that farm runs in.
        expected: the boards that must be there, `n300*4`; a host with fewer is faulty.

    Raises:
        FarmError: the text doesn't read as one of these.
        NotRunnable: what it names, or what is expected, is not there.
    """
    if text.strip() == NONE:
        found: list[Board] = []
    elif text.strip() == AUTO:
        found = discovered_boards()
    else:
        found = select_boards(text)
    if expected:
        _require(expected, found)
    held = Memory().held()
    boards, notes = _unheld([board for board in found if board.id not in held])
    notes += [f"{board.id} is left out: {held[board.id].why}" for board in found if board.id in held]
    if not found and text.strip() == AUTO:
        notes.append("no board in /dev/tenstorrent: --boards mock:n300*2 offers mocks")
    return Inventory(tuple(_renamed(board, host, python or sys.executable) for board in boards), tuple(notes))


def versions(python: str | None) -> dict[str, str]:
    """The versions of farm, of the boards' Python and ttnn, of the driver and the firmware, as far as they tell.

    Raises:
        FarmError: the interpreter doesn't run.
    """
    try:
        asked = subprocess.run(
            [python or sys.executable, "-c", _ASK], capture_output=True, text=True, timeout=ASK_SECONDS, check=True
        )
        told: dict[str, str] = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise FarmError(f"--python {python}: it doesn't run: {error}") from error
    told["farm"] = importlib.metadata.version("ttnn-farm")
    told["system"] = f"{platform.system()} {platform.release()}"
    if driver := driver_version():
        told["driver"] = driver
    if firmware := _firmware():
        told["firmware"] = firmware
    return told


def firmware_of(snapshot: object) -> str:
    """The firmware bundles in what `tt-smi -s` prints, each once; "" where there are none."""
    devices = snapshot.get("device_info") if isinstance(snapshot, dict) else None
    found = []
    for device in devices if isinstance(devices, list) else []:
        firmwares = device.get("firmwares") if isinstance(device, dict) else None
        bundle = firmwares.get("fw_bundle_version") if isinstance(firmwares, dict) else None
        if isinstance(bundle, str):
            found.append(bundle)
    return ", ".join(sorted(set(found)))


def default_name() -> str:
    """What a host is called in the farm unless it says otherwise."""
    return socket.gethostname().partition(".")[0]


def _firmware() -> str:
    tool = shutil.which("tt-smi")
    if tool is None or not pci_devices():
        return ""
    try:
        asked = subprocess.run([tool, "-s"], capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
        return firmware_of(json.loads(asked.stdout))
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""


def _unheld(found: Sequence[Board]) -> tuple[list[Board], list[str]]:
    """Leaves out boards that someone else has."""
    silicon = [board for board in found if backend_of(board).addresses(board)]
    if not silicon:
        return list(found), []
    if there := broker():
        note = f"{there.name} (pid {there.pid}) hands out this host's devices: its {len(silicon)} boards are left to it"
        return [board for board in found if board not in silicon], [note]
    taken: Mapping[str, str] = {holder.address: str(holder) for holder in holders()}
    boards, notes = [], []
    for board in found:
        held = [taken[address] for address in backend_of(board).addresses(board) if address in taken]
        held += [taken[""]] if "" in taken and board in silicon else []
        if held:
            notes.append(f"{board.id} is left out: {held[0]}")
        else:
            boards.append(board)
    return boards, notes


def _require(expected: str, found: Sequence[Board]) -> None:
    for selector in parse_kinds(expected, "--expect"):
        boards = [board for board in found if selector.matches(board)]
        least = selector.count or 1
        if len(boards) < least:
            kind = selector.kind.name if selector.kind else "any"
            raise NotRunnable(
                f"--expect {expected}: this host has {len(boards)} boards of kind {kind}, {least} expected: "
                "look at `tt-smi -s` and the kernel's log"
            )


def _renamed(board: Board, host: str, python: str) -> Board:
    """The board under a name that is unique over hosts."""
    return replace(board, id=backend_of(board).name_on(board, host), host=host, python=python)


def _label(text: str) -> str:
    """Ray's labels are Kubernetes': 63 letters, digits, dots, dashes and underscores, beginning and ending well."""
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "." for letter in text)
    return kept[:63].strip("._-")
