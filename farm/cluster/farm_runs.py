"""A sweep on a farm of many hosts: its boards, and its fleet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from farm.board.backends import backend_of
from farm.board.limits import Limits
from farm.cluster.farm_fleet import FarmFleet, Watched, who_runs
from farm.cluster.registry.records import FarmView, RunReport
from farm.cluster.registry.service import connected
from farm.cluster.selection import FarmSelection
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.progress import Progress
from farm.core.settings import load_settings


@dataclass(frozen=True, slots=True)
class FarmBoards:
    """The boards of a farm that a run may have.

    Attributes:
        boards: those that nobody holds back, in use or not.
        note: what is worth telling of them, "" for nothing.
    """

    boards: list[Board]
    note: str = ""


def farm_boards(address: str, text: str) -> FarmBoards:
    """The boards of a farm that `--boards` selects.

    Raises:
        FarmError: the text doesn't read as a selection.
        NotRunnable: the farm doesn't answer, or has no such board.
    """
    selection = FarmSelection.parse(text)
    with connected(address, load_settings().token_file) as farm:
        view: FarmView = farm.call("view")
        there = [board for board in view.boards if board.is_usable]
        boards = selection.pick([farm.call("find", board.id) for board in there])
    if not boards:
        kinds = ", ".join(f"{kind} ({totals.total})" for kind, totals in view.totals.items()) or "no boards at all"
        raise NotRunnable(f"the farm at {address} has no usable board for --boards {text}: it has {kinds}")
    return FarmBoards(boards, _differences(view, boards))


@contextmanager
def farm_fleet(
    address: str,
    run: RunReport,
    limits: Limits,
    boards: Sequence[Board],
    *,
    selection: str,
    kinds: Collection[str],
    progress: Progress,
) -> Iterator[tuple[FarmFleet, Watched]]:
    """A fleet on the farm's boards for the time of a `with` block, and the progress that it watches."""
    chosen = FarmSelection.parse(selection)
    watched = Watched(progress)
    watched.vectors = run.planned
    have = list(boards)

    def takes(board: Board) -> bool:
        wanted = board.kind.name in kinds and chosen.accepts(board, [each for each in have if each.id != board.id])
        if wanted and board not in have:
            have.append(board)
        return wanted

    with connected(address, load_settings().token_file) as farm:
        yield FarmFleet(limits, farm, run, watched=watched, takes=takes, known=boards), watched


def report_of(
    run_id: str, command: str, started: float, planned: int, *, priority: int = 0, max_boards: int | None = None
) -> RunReport:
    """What a run tells the farm of itself that doesn't change."""
    return RunReport(run_id, who_runs(), command, started, priority, max_boards, planned=planned)


def _differences(view: FarmView, boards: list[Board]) -> str:
    """Says so where a run's boards are opened by different ttnn versions."""
    hosts = {board.host for board in boards if backend_of(board).uses_ttnn}
    found: dict[str, list[str]] = {}
    for host in view.hosts:
        if host.name in hosts:
            found.setdefault(host.versions.get("ttnn", "none"), []).append(host.name)
    if len(found) < 2:
        return ""
    told = "; ".join(f"ttnn {version} on {', '.join(names)}" for version, names in sorted(found.items()))
    return f"these boards are opened by different versions: {told}"
