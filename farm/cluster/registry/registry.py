"""Which boards the farm has, who may use which, and what became of them. Pure: told what happens, asked what holds.

A board is given to one run at a time; a `SharingPolicy` says to which. A run keeps what it has while it tells of
itself, and lets go of what is due to another as soon as the vector on it ends.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from farm.cluster.registry.records import (
    BoardView,
    FarmView,
    HostOffer,
    HostView,
    RegistryAnswer,
    RunReport,
    RunView,
    Totals,
)
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.progress import BoardStatus
from scheduler.board_state import BoardState
from scheduler.policies import FairSharing, SharingPolicy
from scheduler.sharing import Claim

SILENCE_SECONDS = 20.0
"""How long a run may be silent before its boards are given to others."""
FAULTS_BEFORE_HOLD = 3
"""Faults in runs, with no passed check since, after which a board is held for a person to look at."""
BY_FARM = "farm"
"""Who holds a board that no person does."""
UP, DRAINING, LOST = "up", "draining", "lost"
"""States of a host."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A board that nobody is to use: why, who says so, since when (Unix time in seconds)."""

    why: str
    by: str
    since: float


@dataclass(slots=True)
class _Host:
    offer: HostOffer
    draining: str = ""


@dataclass(slots=True)
class _Board:
    board: Board
    since: float  # when it came into the state it is in
    faults: int = 0
    faults_unchecked: int = 0  # since its last passed check
    canary: float | None = None
    verified: bool = False  # it passed a check, and no fault, hold or release came since
    trouble: str = ""


@dataclass(slots=True)
class _Run:
    report: RunReport
    heard: float
    leases: dict[str, float] = field(default_factory=dict)  # boards, and since when
    faults: Counter[str] = field(default_factory=Counter)  # that it told of, by board
    waits: float | None = None  # since when it has had no board


class Registry:
    """The farm's boards.

    Attributes:
        holds: boards that nobody is to use, by id. They outlive the registry: whoever runs it keeps them.
    """

    def __init__(self, holds: Mapping[str, Hold] | None = None, sharing: SharingPolicy | None = None) -> None:
        self._sharing = sharing or FairSharing()
        self.holds: dict[str, Hold] = dict(holds or {})
        self._hosts: dict[str, _Host] = {}
        self._boards: dict[str, _Board] = {}
        self._runs: dict[str, _Run] = {}
        self._alive: frozenset[str] = frozenset()
        self.verdicts: Counter[str] = Counter()
        """Vectors concluded since the registry began, by verdict."""

    def nodes(self, alive: Collection[str]) -> None:
        """Takes in which Ray nodes are alive."""
        self._alive = frozenset(alive)

    # --- hosts ---

    def join(self, offer: HostOffer, now: float) -> None:
        """A host joins, or joins again.

        Raises:
            FarmError: another living host has its name, or one of its boards.
        """
        known = self._hosts.get(offer.name)
        if known and known.offer.node != offer.node and known.offer.node in self._alive:
            raise FarmError(
                f"the farm has a host {offer.name!r} already, at {known.offer.address}: choose another name with --name"
            )
        others = {each.board.id for each in self._boards.values() if each.board.host != offer.name}
        if doubled := sorted(others & {board.id for board in offer.boards}):
            raise FarmError(f"another host offers {', '.join(doubled)}")
        for gone in [name for name, each in self._boards.items() if each.board.host == offer.name]:
            del self._boards[gone]
        self._hosts[offer.name] = _Host(offer)
        self._boards |= {board.id: _Board(board, now) for board in offer.boards}

    def drain(self, name: str, why: str) -> int:
        """Lets a host's boards end what they run, and take no more; how many are still in use."""
        self._host(name).draining = why
        return self.in_use(name)

    def in_use(self, name: str) -> int:
        """How many of a host's boards runs still have."""
        return sum(1 for board in self._leased() if self._boards[board].board.host == name)

    def leave(self, name: str) -> None:
        """Forgets a host and its boards."""
        self._hosts.pop(name, None)
        for board in [each for each, known in self._boards.items() if known.board.host == name]:
            del self._boards[board]

    # --- people ---

    def hold(self, board: str, why: str, by: str, now: float) -> None:
        """Keeps a board from all runs; the one that has it lets it go when its vector ends.

        Raises:
            FarmError: there is no such board.
        """
        self._board(board).since = now
        self.holds[board] = Hold(why, by, now)

    def release(self, board: str, now: float) -> None:
        """Lets a held or bad board be used again.

        Raises:
            FarmError: there is no such board, or nothing keeps it.
        """
        known = self._board(board)
        if self.holds.pop(board, None) is None:
            raise FarmError(f"{board} is not held")
        known.since, known.faults_unchecked, known.trouble = now, 0, ""
        known.verified = False

    def checked(self, board: str, passed: bool, message: str, now: float) -> None:  # noqa: FBT001 - the check's answer
        """A board was checked: opened, and closed again."""
        known = self._board(board)
        if passed:
            known.canary, known.faults_unchecked, known.trouble = now, 0, ""
            known.verified = True
        else:
            self._fault(known, message, now)

    def find(self, board: str) -> Board:
        """A board by its id.

        Raises:
            FarmError: there is none.
        """
        return self._board(board).board

    # --- runs ---

    def exchange(self, report: RunReport, now: float) -> RegistryAnswer:
        """A run tells of itself, and hears which boards it may use."""
        self._forget_silent(now)
        run = self._runs.setdefault(report.run, _Run(report, now))
        self._take_in(run, report, now)
        available = {name: known.board for name, known in self._boards.items() if not self._obstacle(known)}
        for board in [board for board in run.leases if board not in report.wanted]:
            del run.leases[board]
            if board in self._boards:
                self._boards[board].since = now
        withdrawn = {board: self._why_not(board) for board in report.wanted if board not in available}
        due = self._due(now)
        for board, owner in due.items():
            if owner == run.report.run and self._owner(board) is None and _has_room(run):
                run.leases[board] = self._boards[board].since = now
        for board in [board for board in run.leases if due.get(board, run.report.run) != run.report.run]:
            withdrawn[board] = f"it is the turn of run {due[board]}"
        run.waits = None if run.leases or not report.wanted else now if run.waits is None else run.waits
        return RegistryAnswer(
            offered=tuple(board for name, board in available.items() if name not in report.known),
            granted=frozenset(run.leases) - withdrawn.keys(),
            withdrawn=withdrawn,
        )

    def ended(self, run: str, now: float) -> None:
        """A run is over."""
        gone = self._runs.pop(run, None)
        for board in gone.leases if gone else ():
            if board in self._boards:
                self._boards[board].since = now

    # --- looking ---

    def view(self, now: float) -> FarmView:
        """The farm at this moment."""
        self._forget_silent(now)
        boards = [self._view_of(known, now) for _, known in sorted(self._boards.items())]
        totals: defaultdict[str, Totals] = defaultdict(Totals)
        for board in boards:
            totals[f"{board.backend}:{board.kind}"].count(board)
        return FarmView(
            at=now,
            hosts=[self._host_view(host) for _, host in sorted(self._hosts.items())],
            boards=boards,
            runs=[_run_view(run, now) for run in sorted(self._runs.values(), key=_rank)],
            totals=dict(totals),
        )

    # --- inside ---

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            raise FarmError(f"the farm has no host {name!r}: there are {', '.join(sorted(self._hosts)) or 'none'}")
        return self._hosts[name]

    def _board(self, name: str) -> _Board:
        if name not in self._boards:
            raise FarmError(f"the farm has no board {name!r}: `farm boards` lists them")
        return self._boards[name]

    def _leased(self) -> dict[str, _Run]:
        return {board: run for run in self._runs.values() for board in run.leases if board in self._boards}

    def _owner(self, board: str) -> _Run | None:
        return next((run for run in self._runs.values() if board in run.leases), None)

    def _due(self, now: float) -> dict[str, str]:
        """Whose each usable board should be, of those that runs want."""
        usable = {name for name, known in self._boards.items() if not self._obstacle(known)}
        return self._sharing.share(
            [
                Claim(
                    name,
                    run.report.priority,
                    run.report.started,
                    run.report.wanted & usable,
                    {board: since for board, since in run.leases.items() if board in usable},
                    run.report.most,
                    run.waits,
                )
                for name, run in self._runs.items()
            ],
            now,
        )

    def _take_in(self, run: _Run, report: RunReport, now: float) -> None:
        before = run.report.verdicts if run.report is not report else {}
        self.verdicts.update({name: n - before.get(name, 0) for name, n in report.verdicts.items()})
        run.report, run.heard = report, now
        for board, doing in report.boards.items():
            if board in self._boards and doing.faults > run.faults[board]:
                for _ in range(doing.faults - run.faults[board]):
                    self._fault(self._boards[board], doing.trouble, now)
                run.faults[board] = doing.faults

    def _fault(self, known: _Board, message: str, now: float) -> None:
        known.faults += 1
        known.faults_unchecked += 1
        known.verified = False
        known.trouble = message
        if known.faults_unchecked >= FAULTS_BEFORE_HOLD and known.board.id not in self.holds:
            self.holds[known.board.id] = Hold(f"{known.faults_unchecked} faults in a row: {message}", BY_FARM, now)
            known.since = now

    def _forget_silent(self, now: float) -> None:
        for name in [name for name, run in self._runs.items() if now - run.heard > SILENCE_SECONDS]:
            self.ended(name, now)

    def _obstacle(self, known: _Board) -> BoardState | None:
        """The state that keeps a board from all runs; None if a run may have it."""
        host = self._hosts[known.board.host]
        if host.offer.node not in self._alive:
            return BoardState.LOST
        if known.board.id in self.holds:
            return BoardState.HELD
        return BoardState.LEAVING if host.draining else None

    def _why_not(self, board: str) -> str:
        known = self._boards.get(board)
        if known is None:
            return "its host left the farm"
        obstacle = self._obstacle(known)
        if obstacle is BoardState.HELD:
            hold = self.holds[board]
            return f"held by {hold.by}: {hold.why}"
        return "its host is lost" if obstacle is BoardState.LOST else self._hosts[known.board.host].draining

    def _view_of(self, known: _Board, now: float) -> BoardView:
        owner = self._owner(known.board.id)
        obstacle = self._obstacle(known)
        status = _idle_status(known)
        if owner:
            status = owner.report.boards.get(known.board.id, BoardStatus(BoardState.STARTING))
        hold = self.holds.get(known.board.id)
        return BoardView(
            id=known.board.id,
            host=known.board.host,
            backend=known.board.backend,
            kind=known.board.kind.name,
            chips=known.board.kind.chips,
            state=obstacle or status.state,
            doing=status.activity,
            run=owner.report.run if owner else None,
            who=owner.report.who if owner else hold.by if hold else "",
            seconds=max(0.0, now - known.since),
            faults=known.faults,
            canary=known.canary,
            why=self._why_not(known.board.id) if obstacle else known.trouble,
            versions=dict(self._hosts[known.board.host].offer.versions),
        )

    def _host_view(self, host: _Host) -> HostView:
        offer = host.offer
        state = UP if offer.node in self._alive else LOST
        return HostView(
            name=offer.name,
            address=offer.address,
            state=DRAINING if host.draining and state == UP else state,
            boards=len(offer.boards),
            versions=dict(offer.versions),
            notes=list(offer.notes),
            clock_off=None if offer.ahead is None else round(offer.ahead, 1),
        )


def _rank(run: _Run) -> tuple[int, float]:
    return -run.report.priority, run.report.started


def _has_room(run: _Run) -> bool:
    return run.report.most is None or len(run.leases) < run.report.most


def _idle_status(known: _Board) -> BoardStatus:
    """The status of a board that no run has."""
    if known.verified:
        return BoardStatus(BoardState.HEALTHY)
    return BoardStatus(BoardState.SUSPECT if known.faults_unchecked else BoardState.UNVERIFIED)


def _run_view(run: _Run, now: float) -> RunView:
    report = run.report
    room = len(report.wanted) if report.most is None else min(report.most, len(report.wanted))
    return RunView(
        run=report.run,
        who=report.who,
        command=report.command,
        started=report.started,
        priority=report.priority,
        max_boards=report.most,
        boards=len(run.leases),
        waits=None if run.waits is None else max(0.0, now - run.waits),
        waits_for=max(0, room - len(run.leases)),
        planned=report.planned,
        concluded=report.concluded,
        verdicts=dict(report.verdicts),
    )
