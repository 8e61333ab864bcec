"""Boards with chips in common: a box and its parts, of which runs have one or the others. No IO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from farm.cluster.registry.entries import BoardEntry, RunEntry
from farm.core.board import Board
from scheduler.policies.fair_sharing import PATIENCE_SECONDS


def rivals(board: Board, boards: Iterable[Board]) -> tuple[str, ...]:
    """The ids of the boards that have some of a board's chips."""
    return tuple(other.id for other in boards if board.shares_chips(other))


def turns(
    due: Mapping[str, str],
    boards: Mapping[str, BoardEntry],
    runs: Mapping[str, RunEntry],
    owner_of: Callable[[str], RunEntry | None],
    now: float,
) -> dict[str, str]:
    """The boards whose chips a run waits for, which should have them as another board; each with that run.

    It must have waited as long as a run waits for a board, or be of a higher priority than those that have the chips.

    Args:
        due: the run that should have each board.
        boards: all boards.
        runs: all runs.
        owner_of: the run that has a board.
        now: seconds of the registry's clock.
    """
    found: dict[str, str] = {}
    for board, name in due.items():
        others, run = boards[board].shares_chips_with, runs[name]
        if not others or board in run.leases or run.waits_since is None:
            continue
        owners = [owner for other in others if (owner := owner_of(other)) is not None and owner is not run]
        is_overdue = now - run.waits_since >= PATIENCE_SECONDS
        if is_overdue or (owners and all(each.report.priority < run.report.priority for each in owners)):
            found |= {other: name for other in others if other not in found}
    return found
