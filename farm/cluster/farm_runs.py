"""A run on a farm of many hosts: the boards that it may have, and its fleet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from farm.board.backends import backend_of
from farm.board.limits import Limits
from farm.cluster.farm_fleet import FarmFleet
from farm.cluster.registry.client import connected
from farm.cluster.registry.published import PublishedFarm
from farm.cluster.registry.records import RunReport
from farm.cluster.selection import FarmSelection
from farm.cluster.shared_progress import SharedProgress
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.own_user import user_at_host
from farm.core.progress import Progress
from farm.core.settings import load_settings
from farm.core.ttnn_choice import UNKNOWN, by_age, left_out_note, versions_of


@dataclass(frozen=True, slots=True)
class FarmBoards:
    """The boards of a farm that a run may have.

    Attributes:
        boards: boards that are not held, leaving or lost, in use or not.
        notes: what the user should know of them, a line each.
    """

    boards: list[Board]
    notes: tuple[str, ...] = ()


def farm_boards(address: str, selection: FarmSelection) -> FarmBoards:
    """The boards of a farm that a run may have.

    Raises:
        NotRunnable: the farm doesn't answer, or has no such board.
    """
    farm = PublishedFarm.at(address, load_settings().token_file)
    usable = farm.usable_boards()
    boards, left_out = selection.pick(usable), selection.left_out(usable)
    if not boards and left_out:
        raise NotRunnable(
            f"the farm at {address} has no usable board with a ttnn that --ttnn '{selection.ttnn.specifier}' accepts: "
            f"it has ttnn {versions_of(left_out)}"
        )
    if not boards:
        kinds = (
            ", ".join(f"{kind} ({totals.total})" for kind, totals in farm.view().totals.items()) or "no boards at all"
        )
        raise NotRunnable(f"the farm at {address} has no usable board for --boards {selection.text}: it has {kinds}")
    return FarmBoards(boards, tuple(note for note in (left_out_note(left_out), _version_note(boards)) if note))


@contextmanager
def farm_fleet(
    address: str,
    run: RunReport,
    limits: Limits,
    boards: Sequence[Board],
    *,
    selection: FarmSelection,
    kinds: Collection[str],
    progress: Progress,
) -> Iterator[tuple[FarmFleet, SharedProgress]]:
    """A fleet on the farm's boards for the time of a `with` block, and the progress that it reports to the farm.

    Args:
        address: HOST:PORT of the farm's head.
        run: what doesn't change of the run's report.
        limits: how long things may take on a board.
        boards: the boards that the run starts with.
        selection: what boards that join later must match.
        kinds: the kinds of boards that can run the run's vectors.
        progress: shows the run's progress.
    """
    shared = SharedProgress(progress)
    shared.vectors = run.planned
    accepted = list(boards)

    def accepts(board: Board) -> bool:
        others = [each for each in accepted if each.id != board.id]
        is_accepted = board.kind.name in kinds and selection.accepts(board, others)
        if is_accepted and board not in accepted:
            accepted.append(board)
        return is_accepted

    with connected(address, load_settings().token_file) as farm:
        yield FarmFleet(limits, farm, run, progress=shared, accepts=accepts, boards=boards), shared


def first_report(
    run_id: str, command: str, started: float, planned: int, *, priority: int = 0, max_boards: int | None = None
) -> RunReport:
    """The report of a run that has no board yet."""
    return RunReport(run_id, user_at_host(), command, started, priority, max_boards, planned=planned)


def _version_note(boards: Sequence[Board]) -> str:
    """A note where the run's boards are opened by different versions of ttnn."""
    hosts: dict[str, set[str]] = {}
    for board in boards:
        if backend_of(board).uses_ttnn:
            hosts.setdefault(board.ttnn or UNKNOWN, set()).add(board.host)
    if len(hosts) < 2:
        return ""
    parts = "; ".join(f"ttnn {version} on {', '.join(sorted(hosts[version]))}" for version in by_age(hosts))
    return f"these boards are opened by different versions: {parts}"
