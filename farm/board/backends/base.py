"""The interface of every backend.

A backend is one way to drive boards: real ones (`silicon`), tt-metal's simulator (`sim`), ttnn's mock cluster (`mock`)
and a double without ttnn for tests (`fake`). It owns everything that differs between them: no other code asks for a
backend's name. A new one is a file beside this one with a subclass of `Backend`, and one line in the registry of
`farm.board.backends`.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from farm.board.discovery.survey import Survey
from farm.board.kinds import KINDS
from farm.board.parts import Part
from farm.board.signals import SignalLadder
from farm.core.board import Board, BoardKind, ResetScope
from farm.core.errors import FarmError
from farm.core.lacks import Lack, lacking_functions
from farm.core.telemetry import Telemetry
from scheduler.costs import SetupCosts
from tracer.capture.lacking import LACKING_VARIABLE
from tracer.capture.openings import COMPUTES_VARIABLE, SERIES_VARIABLE

if TYPE_CHECKING:
    from farm.board.chip_presence import Chips
    from farm.board.holders import Holder
    from farm.board.protocol import Deadlines, Worker
    from farm.board.terminal import Terminal

RESET_VARIABLE = "FARM_RESET_COMMAND"
"""Environment variable with a reset command; in a board's own environment, it is that board's."""


class Backend(ABC):
    """One way to drive boards. The defaults are those of a board that computes and belongs to one host.

    Attributes:
        name: its name in `--boards` and in records.
        computes: whether its boards compute numbers, so that outputs can be compared; if not, calls are only validated.
        compiles_kernels: whether ttnn compiles kernels for its boards, which are worth caching.
        canary_by_default: whether the memory around outputs is watched where a run doesn't say. On a board whose memory
            is read and written at the speed of PCIe, that costs less than a twentieth of a vector's time.
        uses_ttnn: whether its worker imports ttnn. Only then can an interpreter be set for it.
        keeps_state: whether one process can leave a board broken for the next one. Only such a board is checked before
            a process that checks nothing itself, and only its trust is remembered by its host.
        extendable: whether `--boards auto` may add boards of more kinds: they cost nothing.
        anywhere: whether a board is created from its kind alone, so that any host can recreate a run's boards.
        setup: the costs of opening a board and of an operation's first call, until they have been measured.
        lacks: what its boards lack although the products have it. A vector that needs it is `not_run`.
    """

    name: ClassVar[str]
    computes: ClassVar[bool] = True
    compiles_kernels: ClassVar[bool] = True
    canary_by_default: ClassVar[bool] = True
    uses_ttnn: ClassVar[bool] = True
    keeps_state: ClassVar[bool] = True
    extendable: ClassVar[bool] = False
    anywhere: ClassVar[bool] = False
    setup: ClassVar[SetupCosts] = SetupCosts(switch=5.0, first=1.0)  # firmware and fabric; kernels are compiled
    lacks: ClassVar[tuple[Lack, ...]] = ()

    # --- discovery ---

    def survey(self, kind: BoardKind | None = None, *, opening: bool = False) -> Survey:  # noqa: ARG002 - see below
        """The boards that exist on this host, which `--boards auto` and `farm up` use, and how they came about.

        Args:
            kind: only boards of this kind.
            opening: also asks libraries that open chips, unless somebody uses one.
        """
        return Survey()

    @abstractmethod
    def boards(
        self,
        kind: BoardKind | None,
        count: int | None = None,
        first: int = 0,
        held: Collection[str] = (),
        *,
        part: Part | None = None,
    ) -> list[Board]:
        """The boards that one entry of `--boards` names, `backend:kind*count` or `backend:box/part*count`.

        Args:
            kind: their kind; None if the entry names none.
            count: their number; None if the entry gives none.
            first: the number of boards of this backend and kind that earlier entries took.
            held: ids of boards that may not be used.
            part: the parts of a box that they are; None if the entry names none. Without a count, all parts of one box.

        Raises:
            FarmError: the entry is not valid for this backend.
            NotRunnable: this host doesn't have these boards.
        """

    def boards_elsewhere(self, kind: BoardKind, count: int, host: str) -> list[Board]:
        """Return boards of a kind on another host, to plan for; this host need not have them, and they can't be opened.

        Args:
            kind: their kind.
            count: their number.
            host: a placeholder for the host's name.
        """
        return [
            Board(f"{host}:{self.name}:{kind.name}:{number}", self.name, kind, computes=self.computes, host=host)
            for number in range(count)
        ]

    # --- names, addresses, versions ---

    def name_on(self, board: Board, host: str) -> str:
        """The board's id in a farm of many hosts."""
        return f"{host}:{board.id}"

    def addresses(self, board: Board) -> tuple[str, ...]:  # noqa: ARG002 - for those that have some
        """The PCI addresses of the board's devices; none if it has no device."""
        return ()

    def versions(self, board: Board) -> dict[str, str]:  # noqa: ARG002 - for those that have some
        """The versions of the board's driver and firmware, by name: `driver`, `firmware`."""
        return {}

    def telemetry(self, board: Board) -> Telemetry | None:  # noqa: ARG002 - see above
        """What the board's chips say of themselves, asked within a time limit; None for a board that has no chips."""
        return None

    # --- its processes ---

    def worker(self, board: Board, workdir: Path, deadlines: Deadlines, terminal: Terminal | None = None) -> Worker:
        """The worker that opens the board, not started yet.

        Args:
            board: one of this backend.
            workdir: a folder for what the process leaves behind.
            deadlines: the time limits.
            terminal: attaches it to this process's terminal.
        """
        from farm.board.worker_handle import WorkerProcess  # it imports backends itself

        return WorkerProcess(board, workdir, deadlines, board.python or sys.executable, terminal)

    def ladder(self, configured: SignalLadder) -> SignalLadder:
        """The signals that end a process with such a board open; `configured` is the ladder for real devices."""
        return configured

    def ttnn_environment(
        self,
        board: Board,  # noqa: ARG002 - for backends that ttnn can't open without help
        environment: Mapping[str, str],  # noqa: ARG002
        python: str,  # noqa: ARG002
    ) -> dict[str, str]:
        """The variables without which the ttnn of the board's process can't open it; they replace the board's own.

        Args:
            board: one of this backend.
            environment: what the process inherits.
            python: its interpreter.

        Raises:
            NotRunnable: something that it needs can't be written.
        """
        return {}

    def ttnn_note(self, environment: Mapping[str, str], python: str) -> str:  # noqa: ARG002 - see above
        """What a user should know of how ttnn opens these boards on this host; "" for nothing.

        Args:
            environment: what their processes inherit.
            python: their interpreter.
        """
        return ""

    def trace_environment(self, board: Board) -> dict[str, str]:
        """The variables that tell the tracer in a model's process its product, if there is no device to ask."""
        functions = ",".join(name for name, _ in lacking_functions(self.lacks))
        return {
            SERIES_VARIABLE: board.kind.name,
            COMPUTES_VARIABLE: str(int(board.computes)),
            LACKING_VARIABLE: functions,
        }

    # --- resets ---

    def reset_template(self, board: Board, environment: Mapping[str, str]) -> str | None:  # noqa: ARG002 - see above
        """The command that a user set to reset the board, with placeholders; None if none is set, blank for none.

        Args:
            board: one of this backend.
            environment: this host's.
        """
        return board.environment.get(RESET_VARIABLE)

    def reset_scope(self, board: Board) -> ResetScope | None:  # noqa: ARG002 - for those that have some
        """What Tenstorrent's tools reset to reset the board; None for a board that they don't know."""
        return None

    def chips(self) -> Chips | None:
        """The chips that this host's driver shows, by PCI address; None where nothing tells."""
        return None

    def users(self, board: Board) -> Sequence[Holder]:  # noqa: ARG002 - for those that have some
        """The processes that a reset of the board would take it from."""
        return ()


SLOW_DISPATCH_LACK = Lack(
    "this board dispatches slowly, from the host, which can't do this",
    r"(not supported|unsupported|prohibited).{0,40}slow dispatch|only supported (for|in) fast dispatch|"
    r"fast dispatch must be enabled|requires fast dispatch",
)
"""Of boards that are opened with tt-metal's slow dispatch: simulated ones, and mocks of some versions."""


class VirtualBackend(Backend):
    """A backend that creates its boards on demand, numbered by kind: `mock:n300:0`."""

    def boards(
        self,
        kind: BoardKind | None,
        count: int | None = None,
        first: int = 0,
        held: Collection[str] = (),
        *,
        part: Part | None = None,
    ) -> list[Board]:
        """See `Backend`."""
        if kind is None:
            raise FarmError(f"{self.name}: say which kind, such as {self.name}:n300; kinds are {', '.join(KINDS)}")
        number = count or (1 if part is None else len(part.way.places))
        boards = [self._board(kind, part, each) for each in range(first, first + number)]
        return [board for board in boards if board.id not in held]

    def _board(self, kind: BoardKind, part: Part | None, number: int) -> Board:
        """A board by its number among those of its kind, or among the parts of all boxes."""
        environment = self.environment(kind)
        if part is None:
            name = f"{self.name}:{kind.name}:{number}"
            chips = self._chips(kind, number, kind.mock.chips) if kind.box else ()
            return Board(name, self.name, kind, environment, self.computes, chips=chips)
        box, place = divmod(number, len(part.way.places))
        chips = self._chips(part.box, box, part.way.places[place])
        name = f"{self.name}:{part}:{number}"
        return Board(name, self.name, kind, environment, self.computes, chips=chips, box=part.box.name)

    def _chips(self, box: BoardKind, number: int, chips: Iterable[int]) -> tuple[str, ...]:
        """The names of chips of a box by its number."""
        return tuple(f"{self.name}:{box.name}:{number}/{chip}" for chip in chips)

    @abstractmethod
    def environment(self, kind: BoardKind) -> dict[str, str]:
        """The environment variables that make ttnn see a board of this kind.

        Raises:
            NotRunnable: something that such a board needs is missing on this host.
        """
