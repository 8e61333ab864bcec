"""What must hold of a run after everything: counted from the store alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farm.planning.resume import without_own_verdict
from farm.store import RunView, Store
from scheduler import BoardState
from tests.chaos.vectors import EXPECTED

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
        undone: how many vectors a run which was given up still had to do, or to plan.
    """

    planned: int = 0
    attempts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    blamed: list[str] = field(default_factory=list)
    undone: int = 0


def kinds(store: Path) -> dict[str, str]:
    """How each vector behaves, by id; of those that were planned."""
    with Store.open(store) as opened:
        runs = opened.runs()
        return {vector: str(load["values"]["how"]) for vector, load in opened.payloads(runs[0].id)} if runs else {}


def finished(store: Path) -> bool:
    """Whether there is a run, and every vector has a verdict of its own."""
    view = _view(store)
    return view is not None and bool(view.vectors) and not _undone(view)


def audit(
    store: Path,
    seen: Recorded,
    how: Mapping[str, str],
    asked: int,
    expected: Mapping[str, frozenset[str]] = EXPECTED,
    *,
    ended: bool = True,
) -> Ledger:
    """Goes through a run.

    Args:
        store: where it is.
        seen: attempts that were in the store at any time before.
        how: how each vector behaves, by id.
        asked: how many vectors there must be.
        expected: which verdicts may come of each way to behave.
        ended: whether it came to its end; one that was given up may have vectors to do.
    """
    view = _view(store)
    if view is None:
        return Ledger(undone=asked)
    still = frozenset() if ended else _undone(view)
    now = recorded(store)
    lost = [f"{vector} is gone" for vector in how.keys() - {each.vector_id for each in view.vectors}]
    lost += [f"{each.vector_id} has no verdict" for each in view.vectors if ended and not each.concluded]
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
        if each.vector_id not in still and each.verdict.value not in expected[how[each.vector_id]]:
            told = [f"{tried.board}: {tried.verdict.value} {tried.message[:120]}" for tried in each.history]
            blamed.append(f"{each.vector_id} ({how[each.vector_id]}) ended {each.verdict.value}: {told}")
    if ended and len(view.vectors) != asked:
        lost.append(f"{len(view.vectors)} of {asked} vectors are planned")
    counts = view.counts
    if counts["planned"] != sum(count for name, count in counts.items() if name != "planned"):
        lost.append(f"the sum is wrong: {counts}")
    left = 0 if ended else len(still) + asked - len(view.vectors)
    return Ledger(counts["planned"], sum(len(each.history) for each in view.vectors), lost, doubled, blamed, left)


def noticed(store: Path, faults: Iterable[float], host: str = "") -> list[float]:
    """Seconds from faults until the run wrote down that something happened to a board; of those where it ever did.

    Args:
        store: where the run is.
        faults: when they were, as Unix times.
        host: only the boards of this host.
    """
    view = _view(store)
    events = sorted(
        event.at.timestamp()
        for board in (view.run.boards if view else ())
        if not host or board.id.startswith(f"{host}:")
        for event in board.events
        if event.state in (BoardState.LOST, BoardState.SUSPECT)
    )
    seen = ((at, next((event for event in events if event >= at), None)) for at in faults)
    return [event - at for at, event in seen if event is not None]


def _undone(view: RunView) -> frozenset[str]:
    return frozenset(each.vector_id for each in view.vectors if not each.concluded or without_own_verdict(each.verdict))


def _view(store: Path) -> RunView | None:
    with Store.open(store) as opened:
        runs = opened.runs()
        return opened.view(runs[0].id) if runs else None
