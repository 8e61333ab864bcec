"""Boards with chips in common: a box and its parts, of which runs have one or the others. No IO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    now: float,
) -> dict[str, str]:
    """The boards whose chips a run waits for, which should have them as another board; each with that run.

    It must have waited as long as a run waits for a board, or be of a higher priority than those that want the chips.

    Args:
        due: the run that should have each board.
        boards: all boards.
        runs: all runs.
        now: seconds of the registry's clock.
    """
    waited_for: dict[str, str] = {}
    for board, name in due.items():
        others, run = boards[board].shares_chips_with, runs[name]
        if not others or board in run.leases or run.waits_since is None:
            continue
        rank = max(
            (each.report.priority for each in runs.values() if not each.report.requested.isdisjoint(others)),
            default=run.report.priority,
        )
        if now - run.waits_since >= PATIENCE_SECONDS or rank < run.report.priority:
            waited_for |= {other: name for other in others if other not in waited_for}
    return waited_for
