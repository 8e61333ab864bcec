"""Silicon: the Tenstorrent boards of this host.

The kernel driver lists every chip it reaches under `/dev/tenstorrent`; its card and its PCI address are in
`/sys/class/tenstorrent`. A board is named by host and PCI address, since device numbers change over a reset.
`farm.board.discovery` makes boards of chips.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from farm.board.backends.base import RESET_VARIABLE, Backend
from farm.board.chip_presence import Chips, present_chips
from farm.board.chip_telemetry import board_telemetry
from farm.board.discovery.driver import firmware_bundles, pci_devices
from farm.board.discovery.facts import ChipGroup
from farm.board.discovery.survey import Survey, Tools, host_tools, survey_chips, surveyed
from farm.board.discovery.visible import VISIBLE_VARIABLE
from farm.board.holders import Holder, users_of
from farm.board.parts import Part
from farm.board.sysfs import DEVICES, DRIVER_VERSION, SYSFS, driver_version
from farm.board.trouble_snapshots import TroubleSnapshots
from farm.board.tt_smi import SmiReport
from farm.core.board import Board, BoardKind, ResetScope
from farm.core.errors import NotRunnable
from farm.core.plain_words import counted
from farm.core.telemetry import Telemetry
from tracer.capture.openings import SERIES_VARIABLE


class Silicon(Backend):
    """Real boards, found by the kernel driver.

    Attributes:
        devices: the folder of the driver's devices.
        sysfs: the driver's folder in sysfs.
        driver: the file with the driver's version.
        tools: what else may be asked of chips.
        snapshot: what tt-smi says of them at trouble.
    """

    name = "silicon"

    def __init__(
        self,
        devices: Path = DEVICES,
        sysfs: Path = SYSFS,
        driver: Path = DRIVER_VERSION,
        tools: Tools | None = None,
        snapshot: Callable[[], SmiReport] | None = None,
    ) -> None:
        self.devices = devices
        self.sysfs = sysfs
        self.driver = driver
        self.tools = tools or host_tools()
        self.snapshot = snapshot or TroubleSnapshots()

    def survey(self, kind: BoardKind | None = None, *, opening: bool = False) -> Survey:
        """See `Backend`."""
        chips = pci_devices(self.devices, self.sysfs)
        return surveyed(*survey_chips(chips, os.environ, kind, tools=self.tools, opening=opening), silicon_board)

    def boards(
        self,
        kind: BoardKind | None,
        count: int | None = None,
        first: int = 0,
        held: Collection[str] = (),
        *,
        part: Part | None = None,
    ) -> list[Board]:
        """See `Backend`; without a kind, the boards are all that there are, and without a count all of that kind."""
        survey = self.survey(kind) if part is None else self._parts(part)
        boards = survey.usable[first:]
        minimum = count or 1
        if len(boards) < minimum:
            present = counted(len(boards), "such board")
            what = f"silicon{f':{part or kind.name}' if kind else ''}"
            why = "; ".join((*survey.notes, "--boards mock:n300 needs no hardware"))
            raise NotRunnable(f"{what}: this host has {present} in {self.devices}, {minimum} requested; {why}")
        usable = [board for board in boards if board.id not in held]
        return usable[:count]

    def _parts(self, part: Part) -> Survey:
        """The parts of this host's box."""
        chips = pci_devices(self.devices, self.sysfs)
        grouped = survey_chips(chips, os.environ, part.way.kind, tools=self.tools, split=(part.box, part.way))
        return surveyed(*grouped, silicon_board)

    def name_on(self, board: Board, host: str) -> str:
        """See `Backend`; the host's name in the farm takes the place of its own."""
        return f"{host}:{board.id.removeprefix(f'{socket.gethostname()}:')}"

    def addresses(self, board: Board) -> tuple[str, ...]:
        """See `Backend`."""
        return tuple(board.environment[VISIBLE_VARIABLE].split(","))

    def versions(self, board: Board) -> dict[str, str]:
        """See `Backend`; of a board of this host."""
        bundles = firmware_bundles(self.addresses(board), self.sysfs)
        versions = {"driver": driver_version(self.driver), "firmware": ", ".join(bundles)}
        return {name: version for name, version in versions.items() if version}

    def telemetry(self, board: Board) -> Telemetry:
        """See `Backend`."""
        return board_telemetry(self.snapshot(), self.addresses(board))

    def trace_environment(self, board: Board) -> dict[str, str]:
        """See `Backend`; the tracer asks the device, which doesn't tell every box: ttnn calls four n150 `N150`."""
        return {} if board.kind.box is None else {SERIES_VARIABLE: board.kind.name}

    def reset_template(self, board: Board, environment: Mapping[str, str]) -> str | None:
        """See `Backend`; the board's own command, or the host's."""
        own = super().reset_template(board, environment)
        return environment.get(RESET_VARIABLE) if own is None else own

    def reset_scope(self, board: Board) -> ResetScope:
        """See `Backend`."""
        return board.kind.reset

    def chips(self) -> Chips | None:
        """See `Backend`; None where the driver's folder can't be seen, as in some containers."""
        return present_chips(self.sysfs) if self.sysfs.is_dir() else None

    def users(self, board: Board) -> Sequence[Holder]:
        """See `Backend`; of a galaxy, all chips of the host are reset."""
        galaxy = board.kind.reset is ResetScope.GALAXY
        return users_of(None if galaxy else self.addresses(board), sysfs=self.sysfs, devices=self.devices)


def silicon_board(group: ChipGroup) -> Board:
    """The board of some chips of this host."""
    joined = ",".join(group.addresses)
    environment = {VISIBLE_VARIABLE: joined}
    return Board(
        f"{socket.gethostname()}:{joined}",
        Silicon.name,
        group.kind,
        environment,
        chips=group.addresses,
        box=group.box.name if group.box else "",
    )
