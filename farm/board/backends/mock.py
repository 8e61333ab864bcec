"""Mock boards: ttnn's mock cluster, fed with cluster descriptors that are generated here.

A descriptor is UMD's YAML: chips, their places, the ethernet links between them, what is harvested, and which
boards they make up. `TT_METAL_MOCK_CLUSTER_DESC_PATH` naming one makes every device of a process a mock: ttnn checks
arguments, lays out memory and builds programs for real, and computes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import yaml
from packaging.specifiers import SpecifierSet

from farm.board.backends.base import SLOW_DISPATCH_LACK, VirtualBackend
from farm.board.null_toolchain import ROOT_VARIABLE, Toolchain, mock_toolchain, toolchain_environment
from farm.board.signals import QUICK_LADDER, SignalLadder
from farm.core.board import Board, BoardKind
from farm.core.errors import NotRunnable
from farm.core.files import write_atomically
from farm.core.lacks import Lack
from farm.core.ttnn_install import installed_ttnn
from scheduler.costs import SetupCosts

DESCRIPTOR_VARIABLE = "TT_METAL_MOCK_CLUSTER_DESC_PATH"
SLOW_DISPATCH = SpecifierSet(">=0.67.0.dev0,<0.75.0.dev0", prereleases=True)
"""The versions of ttnn that crash where they load a mock board's dispatch kernels. Slow dispatch has none."""
WITHOUT_DISPATCH = {"TT_METAL_SLOW_DISPATCH_MODE": "1", "TT_METAL_INSPECTOR": "0"}
"""Slow dispatch, and no inspector of tt-metal: that of 0.67.4 crashes without fast dispatch."""


LACKS = (
    Lack(
        "a mock board has no device traces",
        functions=("begin_trace_capture", "end_trace_capture", "execute_trace", "release_trace"),
    ),
    Lack("a mock board has no events between command queues", functions=("wait_for_event",)),
    Lack(
        "a mock board can't hand its cores from one command queue to another",
        r"in use by cq \d+\. Can't enqueue program from cq \d+",
    ),
    Lack("a mock board can't send from one chip to another", functions=("point_to_point",)),
    Lack("a mock board has no sub-devices", functions=("MeshDevice.load_sub_device_manager",)),
    Lack(
        "a mock board has no fabric unless it is opened with one",
        r"un-?initialized fabric (context|router)|querying num initialized routers|"
        r"sockets with fabric enabled|fabric router config is uninitialized",
    ),
    SLOW_DISPATCH_LACK,
)
"""Where ttnn 0.66.0 to 0.81.1 raise on a mock board, abort or crash, although the call is right on the product."""


class Mock(VirtualBackend):
    """Boards that validate calls and compute nothing. Each process has a fresh one."""

    name = "mock"
    computes = False
    compiles_kernels = False
    keeps_state = False
    extendable = True
    anywhere = True
    setup = SetupCosts(switch=0.8, first=0.002)
    lacks = LACKS

    def environment(self, kind: BoardKind) -> dict[str, str]:
        """See `VirtualBackend`."""
        return {DESCRIPTOR_VARIABLE: str(descriptor_file(kind))}

    def ttnn_environment(self, board: Board, environment: Mapping[str, str], python: str) -> dict[str, str]:
        """See `Backend`; the null toolchain, and slow dispatch for the versions that know no other on a mock."""
        install = installed_ttnn(python)
        if install is None:
            return {}
        toolchain = toolchain_environment(install, {**environment, **board.environment})
        if install.release is None or install.release not in SLOW_DISPATCH:
            return toolchain
        descriptor = descriptor_file(without_dispatch(board.kind))
        return {**toolchain, **WITHOUT_DISPATCH, DESCRIPTOR_VARIABLE: str(descriptor)}

    def ttnn_note(self, environment: Mapping[str, str], python: str) -> str:
        """See `Backend`."""
        install = installed_ttnn(python) if environment.get(ROOT_VARIABLE) else None
        if install is None or mock_toolchain(install, environment) is not Toolchain.USERS:
            return ""
        return f"{ROOT_VARIABLE}={environment[ROOT_VARIABLE]} is kept: mock boards use the compiler that is in it"

    def ladder(self, configured: SignalLadder) -> SignalLadder:  # noqa: ARG002 - there is no device to release
        """See `Backend`."""
        return QUICK_LADDER


def mock_boards(kind: BoardKind, count: int, first: int = 0) -> list[Board]:
    """`count` mock boards of a kind, numbered from `first`."""
    return Mock().boards(kind, count, first)


def mock_environment(kind: BoardKind, environment: Mapping[str, str] = os.environ, python: str = "") -> dict[str, str]:
    """The variables that make a process of one's own see a mock board: its descriptor and its compiler.

    Args:
        kind: the board's kind.
        environment: what the process inherits.
        python: its interpreter; "" for this one.

    Raises:
        NotRunnable: they can't be written.
    """
    [board] = mock_boards(kind, 1)
    return {**board.environment, **Mock().ttnn_environment(board, environment, python)}


def without_dispatch(kind: BoardKind) -> BoardKind:
    """The kind for slow dispatch: a Wormhole chip has one row less, which else is dispatch's.

    So the compute grid is the product's. A Blackhole chip, which can't lose more columns than it has, shows one more.
    """
    if kind.arch != "wormhole_b0":
        return kind
    harvest = kind.mock.harvest
    return replace(kind, mock=replace(kind.mock, harvest=harvest | (harvest + 1)))  # the lowest row that is there


def descriptor(kind: BoardKind) -> str:
    """The cluster descriptor of one board of this kind, as YAML text."""
    layout = kind.mock
    raw: dict[str, Any] = {
        "arch": dict.fromkeys(layout.chips, kind.arch),
        # ethernet coordinates are [x, y, rack, shelf]; chips without them have only ids
        "chips": {
            chip: [chip % layout.columns, chip // layout.columns, 0, 0] for chip in layout.chips if layout.coordinates
        },
        "chip_unique_ids": {chip: chip + 1 for chip in layout.chips},
        "ethernet_connections": [
            [{"chip": link.chip, "chan": channel}, {"chip": link.far_chip, "chan": far_channel}]
            for link in layout.links
            for channel, far_channel in link.pairs()
        ],
        "ethernet_connections_to_remote_devices": [],
        "chips_with_mmio": [{chip: device} for device, chip in enumerate(layout.mmio)],
        "io_device_type": "PCIe",
        "harvesting": {chip: _harvesting(kind, place) for card in layout.cards for place, chip in enumerate(card)},
        "boards": [
            [{"board_id": (layout.product << 36) + number + 1}, {"board_type": layout.card}, {"chips": list(chips)}]
            for number, chips in enumerate(layout.cards)
        ],
    }
    if layout.trays:
        raw["chip_to_bus_id"] = {
            chip: f"0x{tray.bus + location:04x}" for tray in layout.trays for location, chip in tray.located()
        }
    if kind.arch == "blackhole":  # counts from 1 on a tray, from 0 on a card
        groups = [tray.located() for tray in layout.trays] or [enumerate(card) for card in layout.cards]
        raw["asic_locations"] = {chip: location for group in groups for location, chip in group}
    return yaml.dump(raw, Dumper=_PlainDumper, sort_keys=False, default_flow_style=None)


def _harvesting(kind: BoardKind, place: int) -> dict[str, Any]:
    """What is switched off on the chip at this place of a card."""
    layout = kind.mock
    units: dict[str, Any] = {
        "noc_translation": True,
        "harvest_mask": layout.harvest,
        "dram_harvesting_mask": layout.dram_harvest,
        "eth_harvesting_mask": layout.eth_harvest,
        "pcie_harvesting_mask": layout.pcie_harvest[place] if layout.pcie_harvest else 0,
    }
    if kind.arch == "blackhole":
        units["l2cpu_harvesting_mask"] = 0
    return units


def descriptor_file(kind: BoardKind, folder: Path | None = None) -> Path:
    """A file that holds the kind's descriptor; written once per user and content, then shared.

    Raises:
        NotRunnable: it can't be written.
    """
    text = descriptor(kind)
    folder = folder or platformdirs.user_cache_path("farm") / "mock"
    path = folder / f"{kind.name.replace('/', '-')}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        except OSError as error:
            raise NotRunnable(f"can't write the mock board's descriptor {path}: {error.strerror}") from error
    return path


class _PlainDumper(yaml.SafeDumper):
    """UMD's reader knows no YAML anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's signature
        return True
