"""Fake boards, for tests of everything around ttnn: they run nothing, and fail as their script says.

>>> from farm.board.kinds import KINDS
>>> [good] = fake_boards(KINDS["n300"], 1)
>>> [bad] = fake_boards(KINDS["n300"], 1, first=1, script=Script(opening=Opening.REFUSES))
>>> good.id, Script.of(bad).opening.value
('fake:n300:0', 'refuses')
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from farm.board.backends.base import VirtualBackend
from farm.board.backends.sim import LACKS
from farm.board.signals import QUICK_LADDER, SignalLadder
from farm.core.board import Board, BoardKind
from farm.core.errors import FarmError
from farm.core.telemetry import ChipTelemetry, Telemetry
from scheduler.costs import SetupCosts

if TYPE_CHECKING:
    from farm.board.protocol import Deadlines, Worker
    from farm.board.terminal import Terminal

SCRIPT_VARIABLE = "FARM_FAKE_SCRIPT"
"""Environment variable with the JSON of a `Script`, for fake boards that are named on a command line."""


class Act(str, Enum):
    """The result of running a vector on a fake board."""

    PASS = "validated"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    FAULT = "fault"
    CRASH = "crash"  # its process dies
    HANG = "hang"  # it never ends by itself
    LOSE = "lose"  # the board's supervisor dies, at once
    LACK = "lack"  # its process ends as that of a simulator that can't do it
    LEAVE = "leave"  # it passes, and leaves something behind in its process
    HELD = "held"  # another process has the board: the one of the script's `holder`


class Opening(str, Enum):
    """The result of opening a fake board."""

    OPENS = "opens"
    REFUSES = "refuses"
    DIES = "dies"
    HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class Script:
    """How a fake board behaves.

    Attributes:
        opening: the result of opening it.
        starts: whether its process starts at all.
        seconds: how long each vector takes.
        acts: by vector id, the results of running it on this board, in order; the last one repeats. Vectors without an
            entry follow that of `*`, or pass.
        checks: whether each check of the board passes, in order; the last one repeats.
        sound_while: a file; the board fails its checks while the file is missing.
        holder: the process that has the board where a vector's act is `held`.
        temperature: what its chip says at trouble, in degrees Celsius; None for a board without telemetry.
    """

    opening: Opening = Opening.OPENS
    starts: bool = True
    seconds: float = 0.0
    acts: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    checks: tuple[bool, ...] = ()
    sound_while: str = ""
    holder: int = 0
    temperature: float | None = None

    @classmethod
    def of(cls, board: Board) -> Script:
        """The script of a fake board."""
        return cls.parse(board.environment.get(SCRIPT_VARIABLE, "{}"))

    @classmethod
    def parse(cls, text: str) -> Script:
        """Parse the `str()` of a script; omitted fields keep their defaults.

        Raises:
            FarmError: the text is not a script.
        """
        try:
            raw = json.loads(text)
            acts = {name: tuple(map(Act, sequence)) for name, sequence in raw.pop("acts", {}).items()}
            checks = tuple(map(bool, raw.pop("checks", ())))
            return cls(opening=Opening(raw.pop("opening", "opens")), acts=acts, checks=checks, **raw)
        except (ValueError, TypeError, AttributeError) as error:
            raise FarmError(f"{SCRIPT_VARIABLE} is not the script of a fake board: {error}") from error

    def __str__(self) -> str:
        acts = {name: [act.value for act in sequence] for name, sequence in self.acts.items()}
        return json.dumps({**asdict(self), "opening": self.opening.value, "acts": acts})


class Fake(VirtualBackend):
    """Boards that run nothing. Their worker is an object in the supervisor's own process."""

    name = "fake"
    computes = False
    compiles_kernels = False
    uses_ttnn = False
    setup = SetupCosts()
    anywhere = True
    lacks = LACKS

    def environment(self, kind: BoardKind) -> dict[str, str]:  # noqa: ARG002 - fakes of all kinds are alike
        """See `VirtualBackend`; the script is the environment's."""
        return {SCRIPT_VARIABLE: str(Script.parse(os.environ.get(SCRIPT_VARIABLE, "{}")))}

    def worker(
        self,
        board: Board,
        workdir: Path,  # noqa: ARG002 - it leaves no files
        deadlines: Deadlines,
        terminal: Terminal | None = None,  # noqa: ARG002 - it prints nothing
    ) -> Worker:
        """See `Backend`."""
        from farm.board.fake_worker import FakeWorker  # it reads the script of this module

        return FakeWorker(board, deadlines)

    def telemetry(self, board: Board) -> Telemetry | None:
        """See `Backend`; the script says it."""
        temperature = Script.of(board).temperature
        return None if temperature is None else Telemetry((ChipTelemetry(board.id, temperature),))

    def ladder(self, configured: SignalLadder) -> SignalLadder:  # noqa: ARG002 - there is no process to end
        """See `Backend`."""
        return QUICK_LADDER


def fake_boards(kind: BoardKind, count: int, first: int = 0, script: Script | None = None) -> list[Board]:
    """`count` fake boards of a kind, numbered from `first`; without a script they follow the environment's."""
    boards = Fake().boards(kind, count, first)
    return (
        boards if script is None else [replace(board, environment={SCRIPT_VARIABLE: str(script)}) for board in boards]
    )
