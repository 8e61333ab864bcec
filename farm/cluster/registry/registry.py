"""Which hosts and boards the farm has, and which run may use which board. No IO: callers pass in events and the time.

A board is given to one run at a time, and a `SharingPolicy` decides to which. A run keeps its boards while it reports,
and gives up a board that is due to another run as soon as the vector on it ends.

A registry that replaces one that failed is given its hosts (`restore`). It learns from the runs' reports which boards
they have, and leases no other board until every run had the time to report.

Times are seconds of a clock that never jumps. Only people are shown Unix time, see `wall_clock`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping

from farm.cluster.registry.checks import checked_offer, checked_report
from farm.cluster.registry.entries import BY_FARM, BoardEntry, Hold, HostEntry, RunEntry
from farm.cluster.registry.records import BoardView, FarmView, HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.shared_chips import rivals, turns
from farm.cluster.registry.views import view_of_board, view_of_farm, view_of_host, view_of_run
from farm.core.board import Board
from farm.core.errors import FarmError
from scheduler.board_state import BoardState
from scheduler.policies import FairSharing, SharingPolicy
from scheduler.sharing import Claim

RUN_SILENCE_SECONDS = 20.0
"""How long a run may be silent before its boards are given to others."""
SETTLING_SECONDS = 5.0
"""How long a registry that replaces another leases no board that no run has: runs report what they use meanwhile."""
FAULTS_BEFORE_HOLD = 3
"""The number of faults in runs, with no passed check since, after which a board is held for a person to look at."""


class Registry:
    """The farm's hosts, boards and runs.

    Attributes:
        holds: boards that must not be used, by id. They outlive the registry: its caller stores them.
        verdicts: vectors concluded since the registry began, by verdict.
    """

    def __init__(self, holds: Mapping[str, Hold] | None = None, sharing: SharingPolicy | None = None) -> None:
        self.holds: dict[str, Hold] = dict(holds or {})
        self.verdicts: Counter[str] = Counter()
        self._sharing = sharing or FairSharing()
        self._hosts: dict[str, HostEntry] = {}
        self._boards: dict[str, BoardEntry] = {}
        self._runs: dict[str, RunEntry] = {}
        self._living_nodes: frozenset[str] = frozenset()
        self._arrivals = 0
        self._settled_at = -math.inf
        self._silent: list[RunReport] = []  # the last reports of silent runs that were ended here
        self._awaited: set[str] = set()  # runs of an earlier registry that have not reported to this one
        self._awaited_until = -math.inf
        self._unix_ahead = 0.0

    def wall_clock(self, ahead: float) -> None:
        """Take how many seconds Unix time is ahead of the caller's clock at this moment. It may jump."""
        self._unix_ahead = ahead

    def nodes(self, living: Collection[str]) -> None:
        """Take the ids of the Ray nodes that are alive now."""
        self._living_nodes = frozenset(living)

    # --- hosts ---

    def join(self, offer: HostOffer, now: float) -> None:
        """Add a host, or replace what it offered before. A host that joins again, with a new node, starts anew.

        Its old node may still seem alive then: the cluster takes a minute to miss one.

        Raises:
            FarmError: another living host has its name, or one of its boards; or the offer is malformed.
        """
        offer = checked_offer(offer)
        host = self._hosts.get(offer.name)
        if host and not host.offer.is_of_same_host(offer) and host.offer.node in self._living_nodes:
            raise FarmError(
                f"the farm has a host {offer.name!r} already, at {host.offer.address}: choose another name with --name"
            )
        others = {entry.board.id for entry in self._boards.values() if entry.board.host != offer.name}
        if duplicates := sorted(others & {board.id for board in offer.boards}):
            raise FarmError(f"another host offers {', '.join(duplicates)}")
        if host and host.offer.node != offer.node:
            self._part_with_old_boards(offer.name)
        self._remove_boards(offer.name)
        self._hosts[offer.name] = HostEntry.joining(offer, host)
        self._boards |= {
            board.id: BoardEntry(board, now, shares_chips_with=rivals(board, offer.boards)) for board in offer.boards
        }

    def restore(self, host: HostEntry, now: float) -> None:
        """Take over a host of the registry that this one replaces; one that has joined since stays as it is.

        Which runs have its boards is learned from their reports.

        Raises:
            FarmError: see `join`.
        """
        name = host.offer.name
        if name not in self._hosts:
            self.join(host.offer, now)
            self._hosts[name].draining, self._hosts[name].released = host.draining, host.released
            self._settled_at = now + SETTLING_SECONDS

    def await_runs(self, names: Collection[str], now: float) -> None:
        """Lease no board that no run has before these runs reported, ended or were silent for too long."""
        self._awaited = set(names) - self._runs.keys()
        self._awaited_until = now + RUN_SILENCE_SECONDS

    def host(self, name: str) -> HostEntry | None:
        """A host by its name."""
        return self._hosts.get(name)

    def drain(self, name: str, why: str) -> int:
        """Let a host's boards finish what they run, and take no more; returns how many are still in use.

        Raises:
            FarmError: there is no such host.
        """
        if name not in self._hosts:
            raise FarmError(f"the farm has no host {name!r}: there are {', '.join(sorted(self._hosts)) or 'none'}")
        self._hosts[name].draining = why
        return self.in_use(name)

    def in_use(self, name: str) -> int:
        """The number of a host's boards that runs still have."""
        leases = {board for run in self._runs.values() for board in run.leases}
        return sum(entry.board.host == name for board, entry in self._boards.items() if board in leases)

    def leave(self, name: str) -> None:
        """Remove a host and its boards."""
        self._hosts.pop(name, None)
        self._remove_boards(name)

    # --- people ---

    def hold(self, board: str, why: str, by: str, now: float) -> None:
        """Keep a board from all runs; the run that has it gives it up when its vector ends.

        Raises:
            FarmError: there is no such board.
        """
        self._entry(board).since = now
        self.holds[board] = Hold(str(why), str(by), now + self._unix_ahead)

    def release(self, board: str, now: float) -> str:
        """Let a held board be used again; returns the name of its host, "" where that is away.

        Raises:
            FarmError: there is no such board, it is not held, or it lacks what nobody can release it from.
        """
        if board not in self._boards and self.holds.pop(board, None) is not None:
            return ""
        entry = self._entry(board)
        host = self._hosts[entry.board.host]
        was_lacking = host.release(board)
        if self.holds.pop(board, None) is None and not was_lacking:
            raise FarmError(f"{board} is not held")
        entry.since, entry.faults_unchecked, entry.trouble = now, 0, ""
        entry.is_verified = False
        return host.offer.name

    def checked(self, board: str, passed: bool, message: str, now: float) -> None:  # noqa: FBT001 - the check's result
        """Take the result of a board's check.

        Raises:
            FarmError: there is no such board.
        """
        entry = self._entry(board)
        if passed:
            entry.check_passed, entry.faults_unchecked, entry.trouble = now, 0, ""
            entry.is_verified = True
        else:
            self._add_fault(entry, message, now)

    def find(self, board: str) -> Board:
        """A board by its id.

        Raises:
            FarmError: there is no such board.
        """
        return self._entry(board).board

    # --- runs ---

    def exchange(self, report: RunReport, now: float) -> RegistryAnswer:
        """Take a run's report; returns which boards it may use.

        Raises:
            FarmError: the report is malformed; nothing of it is taken.
        """
        report = checked_report(report)
        self._awaited.discard(report.run)
        self._end_silent_runs(now)
        if report.run not in self._runs:
            self._arrivals += 1
            self._runs[report.run] = RunEntry(report, now, self._arrivals)
        run = self._runs[report.run]
        self._take_report(run, report, now)
        usable = {name: entry.board for name, entry in self._boards.items() if self._obstacle(entry) is None}
        self._end_leases(run, [board for board in run.leases if board not in report.requested], now)
        withdrawn = {board: self._why_unusable(board) for board in report.requested if board not in usable}
        run.outdated &= report.requested
        withdrawn |= {board: "its host joined the farm again" for board in run.outdated if board in usable}
        withdrawn |= self._adopt(run, now)
        due = self._due(now) if self._is_settled(now) else {}
        due_chips = turns(due, self._boards, self._runs, now)
        for board, owner in due.items():
            is_free = self._owner(board) is None and self._chips_owner(board) is None
            if owner == report.run == due_chips.get(board, owner) and is_free and run.has_room:
                run.leases[board] = self._boards[board].since = now
        for board in [board for board in run.leases if due.get(board, report.run) != report.run]:
            withdrawn[board] = f"it is the turn of run {due[board]}"
        for board in [board for board in run.leases if due_chips.get(board, report.run) != report.run]:
            withdrawn[board] = f"it is the turn of run {due_chips[board]}, which uses its chips as another board"
        if run.leases or not report.requested:
            run.waits_since = None
        elif run.waits_since is None:
            run.waits_since = now
        return RegistryAnswer(
            offered=tuple(board for name, board in usable.items() if name not in report.offered),
            granted=frozenset(run.leases) - withdrawn.keys(),
            withdrawn=withdrawn,
        )

    def run_names(self) -> frozenset[str]:
        """The runs that have reported, here or to the registry that this one replaces."""
        return frozenset(self._runs) | self._awaited

    def user_of(self, name: str) -> str | None:
        """The user and host of a run; None where it has not reported."""
        run = self._runs.get(name)
        return run.report.who if run else None

    def take_silent_runs(self) -> list[RunReport]:
        """The last reports of the runs that were ended for their silence, each once."""
        silent, self._silent = self._silent, []
        return silent

    def ended(self, name: str, now: float) -> None:
        """Forget a run that ended."""
        self._awaited.discard(name)
        if run := self._runs.pop(name, None):
            self._end_leases(run, list(run.leases), now)

    # --- views ---

    def view(self, now: float) -> FarmView:
        """The farm at this moment."""
        self._end_silent_runs(now)
        boards = [self._board_view(entry, now) for _, entry in sorted(self._boards.items())]
        hosts = [
            view_of_host(host, is_alive=host.offer.node in self._living_nodes)
            for _, host in sorted(self._hosts.items())
        ]
        by_priority = sorted(self._runs.values(), key=lambda run: (-run.report.priority, run.arrival))
        return view_of_farm(now + self._unix_ahead, hosts, boards, [view_of_run(run, now) for run in by_priority])

    def _board_view(self, entry: BoardEntry, now: float) -> BoardView:
        name = entry.board.id
        obstacle = self._obstacle(entry)
        return view_of_board(
            entry,
            now,
            unix_ahead=self._unix_ahead,
            run=self._owner(name),
            hold=self._hold(entry),
            chips_run=self._chips_owner(name),
            obstacle=obstacle,
            why=entry.trouble if obstacle is None else self._why_unusable(name),
            versions=self._hosts[entry.board.host].offer.versions,
        )

    # --- details ---

    def _entry(self, board: str) -> BoardEntry:
        if board not in self._boards:
            raise FarmError(f"the farm has no board {board!r}: `farm boards` lists them")
        return self._boards[board]

    def _part_with_old_boards(self, host: str) -> None:
        """Let each run give up a host's boards as it knows them: their Python, ttnn and kind may be others by now."""
        boards = {name for name, entry in self._boards.items() if entry.board.host == host}
        for run in self._runs.values():
            run.outdated |= boards & run.report.requested

    def _remove_boards(self, host: str) -> None:
        for board in [name for name, entry in self._boards.items() if entry.board.host == host]:
            del self._boards[board]

    def _owner(self, board: str) -> RunEntry | None:
        return next((run for run in self._runs.values() if board in run.leases), None)

    def _chips_owner(self, board: str) -> RunEntry | None:
        """The run that has another board with some of a board's chips: its box, or a part of it."""
        entry = self._boards.get(board)
        owners = (self._owner(each) for each in entry.shares_chips_with) if entry else ()
        return next((owner for owner in owners if owner is not None), None)

    def _end_leases(self, run: RunEntry, boards: Collection[str], now: float) -> None:
        for board in boards:
            del run.leases[board]
            if board in self._boards:
                self._boards[board].since = now

    def _adopt(self, run: RunEntry, now: float) -> dict[str, str]:
        """Lease a run the boards that it uses without a lease: an earlier registry gave it them, or it was silent.

        Returns:
            The boards that another run was given meanwhile, and why this run must give them up.
        """
        withdrawn: dict[str, str] = {}
        for board in (run.report.using & run.report.requested) - run.leases.keys():
            owner = self._owner(board) or self._chips_owner(board)
            if owner is not None:
                withdrawn[board] = f"it was given to run {owner.report.run} while this run was silent"
            elif board in self._boards:
                run.leases[board] = self._boards[board].since = now
        return withdrawn

    def _is_settled(self, now: float) -> bool:
        """Whether every run that has a board had the time to say so."""
        return now >= self._settled_at and (not self._awaited or now >= self._awaited_until)

    def _due(self, now: float) -> dict[str, str]:
        """The run that should have each usable board, of those that runs request."""
        usable = {name for name, entry in self._boards.items() if self._obstacle(entry) is None}
        claims = [
            Claim(
                name,
                run.report.priority,
                run.arrival,
                (run.report.requested & usable) - run.outdated,
                {board: since for board, since in run.leases.items() if board in usable},
                run.report.max_boards,
                run.waits_since,
            )
            for name, run in self._runs.items()
        ]
        return self._sharing.share(claims, now)

    def _take_report(self, run: RunEntry, report: RunReport, now: float) -> None:
        before = run.report.verdicts if run.report is not report else {}
        self.verdicts.update({name: count - before.get(name, 0) for name, count in report.verdicts.items()})
        run.report, run.reported_at = report, now
        for board, status in report.boards.items():
            if board in self._boards and status.faults > run.faults[board]:
                for _ in range(status.faults - run.faults[board]):
                    self._add_fault(self._boards[board], status.trouble, now)
                run.faults[board] = status.faults

    def _add_fault(self, entry: BoardEntry, message: str, now: float) -> None:
        entry.faults += 1
        entry.faults_unchecked += 1
        entry.is_verified = False
        entry.trouble = message
        if entry.faults_unchecked >= FAULTS_BEFORE_HOLD and entry.board.id not in self.holds:
            why = f"{entry.faults_unchecked} faults in a row: {message}"
            self.holds[entry.board.id] = Hold(why, BY_FARM, now + self._unix_ahead)
            entry.since = now

    def _end_silent_runs(self, now: float) -> None:
        silent = [run.report for run in self._runs.values() if now - run.reported_at > RUN_SILENCE_SECONDS]
        for report in silent:
            self.ended(report.run, now)
        self._silent += silent

    def _obstacle(self, entry: BoardEntry) -> BoardState | None:
        """The state that keeps a board from all runs; None if a run may have it."""
        host = self._hosts[entry.board.host]
        if host.offer.node not in self._living_nodes:
            return BoardState.LOST
        if self._hold(entry) is not None:
            return BoardState.HELD
        return BoardState.LEAVING if host.draining else None

    def _hold(self, entry: BoardEntry) -> Hold | None:
        """The hold of a board, or of another one with some of its chips."""
        others = (self._boards[name] for name in entry.shares_chips_with if name in self._boards)
        return next(filter(None, map(self._own_hold, (entry, *others))), None)

    def _own_hold(self, entry: BoardEntry) -> Hold | None:
        """The hold of a board by somebody, or for what its host lacks."""
        name = entry.board.id
        return self.holds.get(name) or self._hosts[entry.board.host].hold_of(name, entry.since + self._unix_ahead)

    def _why_unusable(self, board: str) -> str:
        entry = self._boards.get(board)
        if entry is None:
            return "its host offers it no more"
        obstacle = self._obstacle(entry)
        if obstacle is BoardState.HELD and (hold := self._hold(entry)) is not None:
            other = "" if self._own_hold(entry) else ", with chips of this board"
            return f"held by {hold.by}{other}: {hold.why}"
        return "its host is lost" if obstacle is BoardState.LOST else self._hosts[entry.board.host].draining
