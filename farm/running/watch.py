"""Following a run from elsewhere: whatever its driver makes durable is shown, as the driver itself shows it."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.progress import Lane, Progress
from farm.core.verdicts import Reason, Verdict
from farm.store import BoardEventKind, Store, schema

LOOK_SECONDS = 1.0

_LANES = {
    BoardEventKind.JOINED.value: Lane.IDLE,
    BoardEventKind.OPENED.value: Lane.IDLE,
    BoardEventKind.BATCH.value: Lane.RUNNING,
    BoardEventKind.RESTARTED.value: Lane.RESTARTING,
    BoardEventKind.RESET.value: Lane.RESTARTING,
    BoardEventKind.RETIRED.value: Lane.RETIRED,
    BoardEventKind.LOST.value: Lane.LOST,
    BoardEventKind.LEFT.value: Lane.LOST,
}


class Watcher:
    """Tells a `Progress` what is new of a run each time it looks."""

    def __init__(self, store: Store, run_id: str, progress: Progress) -> None:
        self._store = store
        self._run_id = run_id
        self._progress = progress
        self._operations: dict[str, str] = {}
        self._attempts: set[tuple[str, int]] = set()
        self._concluded: set[str] = set()
        self._events = 0

    def look(self) -> bool:
        """Tells what is new; returns whether the run goes on."""
        finished = self._store.head(self._run_id).finished is not None  # first: what follows is then complete
        self._plan()
        self._tell_events()
        self._tell_attempts()
        self._tell_conclusions()
        return not finished

    def _plan(self) -> None:
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

    def _tell_events(self) -> None:
        table = schema.board_events
        with self._store.reading() as connection:
            rows = connection.execute(
                select(table).where(table.c.run_id == self._run_id, table.c.id > self._events).order_by(table.c.id)
            ).all()
        for row in rows:
            self._events = row.id
            if row.kind in _LANES:
                self._progress.lane(row.board, _LANES[row.kind], row.message)

    def _tell_attempts(self) -> None:
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
                outcome = Outcome(row.vector_id, Verdict(row.verdict), Reason(row.reason), row.message)
                self._progress.lane(row.board, Lane.RUNNING, self._operations.get(row.vector_id, ""))
                self._progress.attempt(
                    Attempt(row.attempt, row.board, outcome), self._operations.get(row.vector_id, "")
                )

    def _tell_conclusions(self) -> None:
        table = schema.verdicts
        with self._store.reading() as connection:
            rows = connection.execute(select(table).where(table.c.run_id == self._run_id)).all()
        for row in rows:
            if row.vector_id not in self._concluded:
                self._concluded.add(row.vector_id)
                concluded = Conclusion(row.vector_id, Verdict(row.verdict), Reason(row.reason), row.message)
                self._progress.concluded(concluded, self._operations.get(row.vector_id, ""))


def watch_run(store: Store, run_id: str, progress: Progress, wait: Callable[[float], None] = time.sleep) -> None:
    """Follows a run until it is finished. One whose driver was killed never is: Ctrl-C ends the watching.

    Args:
        store: where the run is.
        run_id: which.
        progress: what is told.
        wait: sleeps between looks.
    """
    watcher = Watcher(store, run_id, progress)
    with progress:
        while watcher.look():
            wait(LOOK_SECONDS)
