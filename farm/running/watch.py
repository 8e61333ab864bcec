"""Follow a run from another process: show what its driver has recorded, as the driver itself shows it."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.progress import BoardStatus, Progress
from farm.core.verdicts import Reason, Verdict
from farm.store import BoardEventKind, Store, schema
from farm.store.records import state_after
from scheduler.board_state import BoardState

LOOK_SECONDS = 1.0
"""Seconds between two looks at the store."""


class Watcher:
    """Reports what is new in a run to a `Progress` at each look."""

    def __init__(self, store: Store, run_id: str, progress: Progress) -> None:
        self._store = store
        self._run_id = run_id
        self._progress = progress
        self._operations: dict[str, str] = {}
        self._boards: dict[str, BoardStatus] = {}
        self._attempts: set[tuple[str, int]] = set()
        self._concluded: set[str] = set()
        self._last_event = 0

    def look(self) -> bool:
        """Report what is new; return whether the run continues."""
        finished = self._store.head(self._run_id).finished is not None  # read first: what follows is then complete
        self._report_vectors()
        self._report_events()
        self._report_attempts()
        self._report_conclusions()
        return not finished

    def _report_vectors(self) -> None:
        table = schema.vectors
        with self._store.reading() as connection:
            rows = connection.execute(
                select(table.c.vector_id, table.c.operation)
                .where(table.c.run_id == self._run_id, table.c.position >= len(self._operations))
                .order_by(table.c.position)
            ).all()
        self._operations.update((row.vector_id, row.operation) for row in rows)
        if rows:
            self._progress.planned(len(rows))

    def _report_events(self) -> None:
        table = schema.board_events
        with self._store.reading() as connection:
            rows = connection.execute(
                select(table).where(table.c.run_id == self._run_id, table.c.id > self._last_event).order_by(table.c.id)
            ).all()
        for row in rows:
            self._last_event = row.id
            if row.kind == BoardEventKind.STATE.value:
                self._show_board(row.board, BoardStatus(state_after(row.details), message=row.message))

    def _report_attempts(self) -> None:
        table = schema.attempts
        columns = (table.c.vector_id, table.c.attempt, table.c.board, table.c.verdict, table.c.reason, table.c.message)
        with self._store.reading() as connection:
            rows = connection.execute(
                select(*columns).where(table.c.run_id == self._run_id).order_by(table.c.started)
            ).all()
        for row in rows:
            key = row.vector_id, row.attempt
            if key not in self._attempts:
                self._attempts.add(key)
                operation = self._operations.get(row.vector_id, "")
                outcome = Outcome(row.vector_id, Verdict(row.verdict), Reason(row.reason), row.message)
                status = self._boards.get(row.board, BoardStatus(BoardState.BUSY))
                self._show_board(row.board, BoardStatus(status.state, operation, status.message))
                self._progress.attempt(Attempt(row.attempt, row.board, outcome), operation)

    def _report_conclusions(self) -> None:
        table = schema.verdicts
        with self._store.reading() as connection:
            rows = connection.execute(select(table).where(table.c.run_id == self._run_id)).all()
        for row in rows:
            if row.vector_id not in self._concluded:
                self._concluded.add(row.vector_id)
                conclusion = Conclusion(row.vector_id, Verdict(row.verdict), Reason(row.reason), row.message)
                self._progress.concluded(conclusion, self._operations.get(row.vector_id, ""))

    def _show_board(self, board: str, status: BoardStatus) -> None:
        self._boards[board] = status
        self._progress.board(board, status)


def watch_run(store: Store, run_id: str, progress: Progress, wait: Callable[[float], None] = time.sleep) -> None:
    """Follow a run until it is finished. A run whose driver was killed never finishes: stop watching it with Ctrl-C.

    Args:
        store: where the run is.
        run_id: its id.
        progress: the display.
        wait: sleeps between looks.
    """
    watcher = Watcher(store, run_id, progress)
    with progress:
        while watcher.look():
            wait(LOOK_SECONDS)
