"""Audit a run from its store alone: nothing lost, nothing doubled, nothing wrongly blamed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farm.core.verdicts import Reason, Verdict
from farm.planning.resume import without_own_verdict
from farm.store import RunView, Store
from scheduler import BoardState
from tests.chaos.vectors import EXPECTED

Recorded = dict[tuple[str, int], tuple[str, str, float]]
"""Attempts by vector and number: board, verdict and when it started."""


Place = Path | str
"""The file of a results store, or the URL of a PostgreSQL database."""


def recorded(store: Place) -> Recorded:
    """Read every attempt that is in the store now."""
    rows = _rows(store, "select vector_id, attempt, board, verdict, started from attempts")
    return {(vector, number): (board, verdict, started) for vector, number, board, verdict, started in rows}


def recorded_count(store: Place) -> int:
    """Return how many attempts are in the store now."""
    [(count,)] = _rows(store, "select count(*) from attempts")
    return int(count)


def _rows(store: Place, query: str) -> list[Any]:
    if isinstance(store, Path):
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()
    import psycopg

    with psycopg.connect(store.replace("+psycopg", "")) as database:
        return database.execute(query.encode()).fetchall()


@dataclass
class Ledger:
    """The result of an audit.

    Attributes:
        planned: number of planned vectors.
        attempts: number of attempts.
        lost: planned vectors without a verdict, and attempts that were in the store earlier and are gone or differ.
        doubled: attempts after a good one, and attempts that are numbered wrongly.
        blamed: good vectors that failed, and bad ones with a verdict that their behavior does not explain.
        undone: number of vectors that an aborted run had not planned or not finished.
        harmed: good vectors of an undisturbed run that needed more than one attempt, or failed in one.
    """

    planned: int = 0
    attempts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    blamed: list[str] = field(default_factory=list)
    undone: int = 0
    harmed: list[str] = field(default_factory=list)


def behaviors(store: Place) -> dict[str, str]:
    """Return how each planned vector behaves, by id."""
    with Store.open(store) as opened:
        runs = opened.runs()
        return {vector: str(load["values"]["how"]) for vector, load in opened.payloads(runs[0].id)} if runs else {}


def finished(store: Place) -> bool:
    """Return whether there is a run in which every vector has a test's verdict."""
    view = _view(store)
    return view is not None and bool(view.vectors) and not _undone(view)


def audit(
    store: Place,
    earlier: Recorded,
    behavior: Mapping[str, str],
    expected_vectors: int,
    expected: Mapping[str, frozenset[str]] = EXPECTED,
    *,
    ended: bool = True,
) -> Ledger:
    """Audit a run.

    Args:
        store: its store.
        earlier: attempts that were in the store at any time before.
        behavior: how each vector behaves, by id.
        expected_vectors: how many vectors there must be.
        expected: the verdicts that each behavior may lead to.
        ended: whether the run ended; an aborted one may have unfinished vectors.
    """
    view = _view(store)
    if view is None:
        return Ledger(undone=expected_vectors)
    unfinished = frozenset() if ended else _undone(view)
    now = recorded(store)
    lost = [f"{vector} is gone" for vector in behavior.keys() - {each.vector_id for each in view.vectors}]
    lost += [f"{each.vector_id} has no verdict" for each in view.vectors if ended and not each.concluded]
    lost += [
        f"attempt {key} was recorded as {was}, is {now.get(key)}" for key, was in earlier.items() if now.get(key) != was
    ]
    doubled, blamed = [], []
    for each in view.vectors:
        good = [tried.number for tried in each.history if tried.verdict.good]
        if good and good[0] != len(each.history):
            doubled.append(f"{each.vector_id} was tried again after a good attempt")
        if [tried.number for tried in each.history] != list(range(1, len(each.history) + 1)):
            doubled.append(f"{each.vector_id} has attempts {[tried.number for tried in each.history]}")
        if each.vector_id not in unfinished and each.verdict.value not in expected[behavior[each.vector_id]]:
            history = [f"{tried.board}: {tried.verdict.value} {tried.message[:120]}" for tried in each.history]
            blamed.append(f"{each.vector_id} ({behavior[each.vector_id]}) ended {each.verdict.value}: {history}")
    if ended and len(view.vectors) != expected_vectors:
        lost.append(f"{len(view.vectors)} of {expected_vectors} vectors are planned")
    counts = view.counts
    if counts["planned"] != sum(count for name, count in counts.items() if name != "planned"):
        lost.append(f"the sum is wrong: {counts}")
    undone = 0 if ended else len(unfinished) + expected_vectors - len(view.vectors)
    return Ledger(counts["planned"], sum(len(each.history) for each in view.vectors), lost, doubled, blamed, undone)


def noticed(store: Place, faults: Iterable[float], host: str = "") -> list[float]:
    """Return the seconds from each fault until the run recorded an event of a board; unnoticed faults are left out.

    Args:
        store: the run's store.
        faults: their Unix times, in seconds.
        host: count only the boards of this host; all if empty.
    """
    view = _view(store)
    events = sorted(
        event.at.timestamp()
        for board in (view.run.boards if view else ())
        if not host or board.id.startswith(f"{host}:")
        for event in board.events
        if event.state in (BoardState.LOST, BoardState.SUSPECT)
    )
    first = ((at, next((event for event in events if event >= at), None)) for at in faults)
    return [event - at for at, event in first if event is not None]


def unexplained(store: Place, behavior: Mapping[str, str]) -> list[str]:
    """Return, in words, the vectors that used too much memory whose outcome does not say that it was they."""
    view = _view(store)
    return [
        f"{each.vector_id} (memory) ended {each.verdict.value} for {each.reason.value}: {each.message[:120]}"
        for each in (view.vectors if view else ())
        if behavior[each.vector_id] == "memory" and each.reason is not Reason.OUT_OF_MEMORY_HOST
    ]


def _undone(view: RunView) -> frozenset[str]:
    return frozenset(each.vector_id for each in view.vectors if not each.concluded or without_own_verdict(each.verdict))


def _view(store: Place) -> RunView | None:
    with Store.open(store) as opened:
        runs = opened.runs()
        return opened.view(runs[0].id) if runs else None


def harmed(store: Place, behavior: Mapping[str, str], neighbors: Collection[str]) -> list[str]:
    """Return, in words, the good vectors of a run that were not validated in their first and only attempt.

    Args:
        store: the run's store; the run had no fault from outside.
        behavior: how each vector behaves, by id.
        neighbors: the behaviors of good vectors.
    """
    view = _view(store)
    return [
        f"{each.vector_id} ({behavior[each.vector_id]}): "
        + "; ".join(f"{tried.board}: {tried.verdict.value} {tried.message[:120]}" for tried in each.history)
        for each in (view.vectors if view else ())
        if behavior[each.vector_id] in neighbors and [tried.verdict for tried in each.history] != [Verdict.VALIDATED]
    ]
