"""What must hold of a run after everything: counted from the store alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.store import RunView, Store

Recorded = dict[tuple[str, int], tuple[str, str, float]]
"""Attempts by vector and number: board, verdict and when it started."""


def recorded(store: Path) -> Recorded:
    """Every attempt that is in the store now."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30) as connection:
        rows = connection.execute("select vector_id, attempt, board, verdict, started from attempts").fetchall()
    return {(vector, number): (board, verdict, started) for vector, number, board, verdict, started in rows}


@dataclass
class Ledger:
    """Figures of a run.

    Attributes:
        planned: vectors.
        attempts: all of them.
        lost: planned vectors without a verdict, and attempts that were in the store once and are not, or differ.
        doubled: attempts after one that was good, and verdicts beyond one per vector.
        blamed: good vectors that failed, and bad ones whose failure is told as someone else's.
    """

    planned: int
    attempts: int
    lost: list[str]
    doubled: list[str]
    blamed: list[str]


def audit(store: Path, seen: Recorded, expected: Mapping[str, frozenset[str]], how: Mapping[str, str]) -> Ledger:
    """Goes through a finished run.

    Args:
        store: where it is.
        seen: attempts that were in the store at any time before.
        expected: which verdicts may come of each way to behave.
        how: how each vector behaves, by id.
    """
    view = _view(store)
    now = recorded(store)
    lost = [f"{vector} has no verdict" for vector in how if vector not in {each.vector_id for each in view.vectors}]
    lost += [f"{each.vector_id} has no verdict" for each in view.vectors if not each.concluded]
    lost += [
        f"attempt {key} was recorded as {was}, is {now.get(key)}" for key, was in seen.items() if now.get(key) != was
    ]
    doubled, blamed = [], []
    for each in view.vectors:
        good = [tried.number for tried in each.history if tried.verdict.good]
        if good and good[0] != len(each.history):
            doubled.append(f"{each.vector_id} was tried again after it was good")
        if [tried.number for tried in each.history] != list(range(1, len(each.history) + 1)):
            doubled.append(f"{each.vector_id} has attempts {[tried.number for tried in each.history]}")
        if each.verdict.value not in expected[how[each.vector_id]]:
            told = [f"{tried.board}: {tried.verdict.value} {tried.message[:120]}" for tried in each.history]
            blamed.append(f"{each.vector_id} ({how[each.vector_id]}) ended {each.verdict.value}: {told}")
    counts = view.counts
    if counts["planned"] != sum(count for name, count in counts.items() if name != "planned"):
        lost.append(f"the sum is wrong: {counts}")
    return Ledger(counts["planned"], sum(len(each.history) for each in view.vectors), lost, doubled, blamed)


def noticed(store: Path, at: float) -> float | None:
    """Seconds from a fault until the run wrote down that something happened to a board; None where it never did."""
    events = sorted(
        event.at.timestamp()
        for board in _view(store).run.boards
        for event in board.events
        if event.kind.value == "lost" or event.details.get("after") == "suspect"
    )
    return next((seen - at for seen in events if seen >= at), None)


def _view(store: Path) -> RunView:
    with Store.open(store) as opened:
        return opened.view(opened.runs()[0].id)
