"""What the registry shows of its entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from farm.cluster.registry.entries import BoardEntry, Hold, HostEntry, RunEntry
from farm.cluster.registry.records import BoardView, FarmView, HostStatus, HostView, RunView, Totals
from farm.core.progress import BoardStatus
from scheduler.board_state import BoardState


def view_of_farm(
    unix_now: float, hosts: Sequence[HostView], boards: Sequence[BoardView], runs: Sequence[RunView]
) -> FarmView:
    """The whole farm, with its boards counted by backend and kind."""
    totals: defaultdict[str, Totals] = defaultdict(Totals)
    for board in boards:
        totals[f"{board.backend}:{board.kind}"].count(board)
    return FarmView(at=unix_now, hosts=list(hosts), boards=list(boards), runs=list(runs), totals=dict(totals))


def view_of_board(
    entry: BoardEntry,
    now: float,
    *,
    unix_ahead: float,
    run: RunEntry | None,
    hold: Hold | None,
    chips_run: RunEntry | None,
    obstacle: BoardState | None,
    why: str,
    versions: Mapping[str, str],
) -> BoardView:
    """A board.

    Args:
        entry: the board.
        now: seconds of the registry's clock.
        unix_ahead: how many seconds Unix time is ahead of that clock.
        run: the run that has it.
        hold: its hold, or that of a board with some of its chips.
        chips_run: the run that has another board with some of its chips.
        obstacle: the state that keeps it from all runs; None where nothing does.
        why: why that is so, or what its last trouble was.
        versions: of what drives it.
    """
    board = entry.board
    status = run.report.boards.get(board.id, BoardStatus(BoardState.STARTING)) if run else _idle_status(entry)
    return BoardView(
        id=board.id,
        host=board.host,
        backend=board.backend,
        kind=board.kind.name,
        chips=board.kind.chips,
        box=board.box,
        chips_run=chips_run.report.run if chips_run else None,
        state=obstacle or status.state,
        doing=status.activity,
        run=run.report.run if run else None,
        who=run.report.who if run else hold.by if hold else "",
        seconds=max(0.0, now - entry.since),
        faults=entry.faults,
        canary=None if entry.check_passed is None else entry.check_passed + unix_ahead,
        why=why,
        ttnn=board.ttnn,
        versions=dict(versions),
    )


def view_of_host(host: HostEntry, *, is_alive: bool) -> HostView:
    """A host."""
    offer = host.offer
    return HostView(
        name=offer.name,
        address=offer.address,
        state=HostStatus.LOST if not is_alive else HostStatus.DRAINING if host.draining else HostStatus.UP,
        boards=len(offer.boards),
        versions=dict(offer.versions),
        notes=list(offer.notes),
        clock_off=None if offer.clock_ahead is None else round(offer.clock_ahead, 1),
        shortfalls=list(offer.shortfalls),
        survey=list(offer.survey),
    )


def view_of_run(run: RunEntry, now: float) -> RunView:
    """A run."""
    report = run.report
    room = len(report.requested) if report.max_boards is None else min(report.max_boards, len(report.requested))
    return RunView(
        run=report.run,
        who=report.who,
        command=report.command,
        started=report.started,
        priority=report.priority,
        max_boards=report.max_boards,
        boards=len(run.leases),
        waits=None if run.waits_since is None else max(0.0, now - run.waits_since),
        waits_for=max(0, room - len(run.leases)),
        planned=report.planned,
        concluded=report.concluded,
        verdicts=dict(report.verdicts),
    )


def _idle_status(entry: BoardEntry) -> BoardStatus:
    """The status of a board that no run has."""
    if entry.is_verified:
        return BoardStatus(BoardState.HEALTHY)
    return BoardStatus(BoardState.SUSPECT if entry.faults_unchecked else BoardState.UNVERIFIED)
