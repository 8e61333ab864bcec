"""The messages between the registry and hosts, runs and people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pydantic import BaseModel, Field

from farm.core.board import Board
from farm.core.progress import BoardStatus
from farm.core.shortfall import Shortfall
from farm.core.ttnn_choice import by_age
from scheduler.board_state import BoardState

UNUSABLE = (BoardState.HELD, BoardState.LEAVING, BoardState.LOST)
"""States of a board that no run may have."""


class HostStatus(str, Enum):
    """What a host's boards can be used for.

    Attributes:
        UP: runs may have them.
        DRAINING: they finish what they run, and take no more.
        LOST: its Ray node is not alive.
    """

    UP = "up"
    DRAINING = "draining"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class HostOffer:
    """A host that joins, and its boards.

    Attributes:
        name: unique among the farm's hosts.
        node: the id of its Ray node.
        address: its IP address.
        boards: its boards; their ids begin with its name.
        versions: by name: `ttnn`, `python`, `driver`, `firmware`, `farm`, ...
        notes: what people should know: boards that were left out, and why.
        clock_ahead: how many seconds its clock is ahead of the head's; None where that wasn't measured.
        home: the id of the state folder that it joins from; "" if it has none. By it, a host that joins again is told
            from another one of the same name.
        shortfalls: what it lacks of what is expected of it. Each holds the boards that it names.
        survey: how its boards came about, a line each.
    """

    name: str
    node: str
    address: str
    boards: tuple[Board, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    clock_ahead: float | None = None
    home: str = ""
    shortfalls: tuple[Shortfall, ...] = ()
    survey: tuple[str, ...] = ()

    def is_of_same_host(self, other: HostOffer) -> bool:
        """Whether both offers come from one host, which may have joined again."""
        return self.node == other.node or (self.home != "" and self.home == other.home)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run reports of itself, again and again: a run that stops reporting gives up its boards.

    Attributes:
        run: its id.
        who: user and host.
        command: the command line, as typed.
        started: Unix time in seconds.
        priority: a run of higher priority is given boards sooner.
        max_boards: how many boards it may have at once; None for as many as there are.
        requested: ids of boards that it has or waits for.
        using: ids of those that it was granted and has not given up.
        offered: ids of boards that it was offered.
        boards: the status of the boards that it has.
        planned: the number of its vectors.
        concluded: how many of them have a verdict.
        verdicts: their number by verdict.
    """

    run: str
    who: str
    command: str
    started: float
    priority: int = 0
    max_boards: int | None = None
    requested: frozenset[str] = frozenset()
    using: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()
    boards: Mapping[str, BoardStatus] = field(default_factory=dict)
    planned: int = 0
    concluded: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """The answer to a run's report.

    Attributes:
        offered: boards that the run doesn't know yet.
        granted: ids of the boards that the run may use now.
        withdrawn: ids of boards that the run must give up, and why.
    """

    offered: tuple[Board, ...] = ()
    granted: frozenset[str] = frozenset()
    withdrawn: Mapping[str, str] = field(default_factory=dict)


class BoardView(BaseModel):
    """One board of the farm."""

    id: str
    host: str
    backend: str
    kind: str
    chips: int
    box: str = Field(default="", description="The box that it is a part of; empty where it is none.")
    chips_run: str | None = Field(default=None, description="The run that has some of its chips as another board.")
    state: BoardState = Field(description="See docs/glossary.md: unverified, healthy, busy, suspect, held, lost, ...")
    doing: str = Field("", description="What it runs.")
    run: str | None = Field(None, description="The run that has it.")
    who: str = Field("", description="The user of that run, or the person who holds the board.")
    seconds: float | None = Field(None, description="How long it has been in this state.")
    faults: int = Field(0, description="How often it was at fault since it joined.")
    canary: float | None = Field(None, description="When it last passed a check: Unix time in seconds.")
    why: str = Field("", description="Why it is held, leaving or lost, or its last trouble.")
    ttnn: str | None = Field(None, description="The version of the ttnn that opens it; null where it is not known.")
    versions: dict[str, str] = {}

    @property
    def is_usable(self) -> bool:
        """Whether a run may have it: it is not held, leaving or lost."""
        return self.state not in UNUSABLE

    @property
    def is_in_use(self) -> bool:
        """Whether a run has it or its chips, and keeps it."""
        return (self.run or self.chips_run) is not None and self.is_usable


class HostView(BaseModel):
    """One host of the farm."""

    name: str
    address: str
    state: HostStatus = Field(description="up, draining or lost.")
    boards: int
    versions: dict[str, str]
    notes: list[str] = []
    clock_off: float | None = Field(None, description="Seconds its clock was ahead of the head's when it joined.")
    shortfalls: list[Shortfall] = Field(default=[], description="What it lacks of what is expected of it.")
    survey: list[str] = Field(default=[], description="How its boards came about, a line each.")


class RunView(BaseModel):
    """One run that has boards, or waits for some."""

    run: str
    who: str
    command: str
    started: float
    priority: int = Field(0, description="A run of higher priority is given boards sooner.")
    max_boards: int | None = Field(None, description="How many boards it may have at once.")
    boards: int = Field(description="How many boards it has.")
    waits: float | None = Field(None, description="Seconds that it has been waiting with no board at all.")
    waits_for: int = Field(description="How many more boards it could use.")
    planned: int
    concluded: int
    verdicts: dict[str, int]


class Totals(BaseModel):
    """The number of boards of a kind, by what they can be used for."""

    total: int = 0
    free: int = Field(default=0, description="Usable, and in no run.")
    busy: int = Field(default=0, description="Usable, and in a run.")
    held: int = Field(default=0, description="Held by a person or by farm.")
    bad: int = Field(default=0, description="Leaving with their host, or lost.")

    def count(self, board: BoardView) -> None:
        """Count a board."""
        self.total += 1
        self.busy += board.is_in_use
        self.free += board.is_usable and not board.is_in_use
        self.held += board.state is BoardState.HELD
        self.bad += board.state in (BoardState.LEAVING, BoardState.LOST)


class FarmView(BaseModel):
    """The farm at one moment."""

    at: float
    hosts: list[HostView]
    boards: list[BoardView]
    runs: list[RunView]
    totals: dict[str, Totals]
    notes: list[str] = []

    @property
    def ttnn_versions(self) -> list[str]:
        """The versions of ttnn that open boards here, oldest first; more than one is worth a note."""
        return by_age(host.versions["ttnn"] for host in self.hosts if host.boards and "ttnn" in host.versions)
