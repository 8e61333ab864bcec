"""The results store as one object: writing and reading runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, delete, func, select, update

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreError
from farm.core.store_place import Place, StorePlace
from farm.store import opening, rows, schema
from farm.store.aliases import read_former_modules, read_other_ids
from farm.store.asking import Ask, at_once
from farm.store.copying import copy_run
from farm.store.databases import database_of
from farm.store.databases.base import WRITING
from farm.store.inserts import insert_new
from farm.store.lease_policy import Holder, Lease
from farm.store.leases import begin_batch, check_fence, read_lease, release_lease, renew_lease, take_lease
from farm.store.past import PastVector, RunTally, read_past_vectors, read_similar_runs
from farm.store.reading import find_run, read_heads, read_operations, read_payload, read_payloads, read_run
from farm.store.records import Batch, BoardEvent, Ended, Plannable, RunBoard, RunInfo
from farm.store.run_details import RunDetails, read_details
from farm.store.view import RunHead, RunView
from farm.store.writing import insert_batch, insert_board, insertions_of, next_position, plan_vectors, write_rows

if TYPE_CHECKING:
    from typing_extensions import Self

_OF_RUNS = (
    schema.run_leases,
    schema.board_events,
    schema.verdicts,
    schema.attempts,
    schema.vectors,
    schema.boards,
)
PLAN_CHUNK = 1000
"""Planned vectors are written this many at a time."""


class Store:
    """A results store. Everything is on disk when a method returns. Threads and processes may share one.

    Every method raises StoreError when the database fails. Once `take_lease` gave this object a run, each of its writes
    of that run checks in its own transaction that it still has the run, and raises LeaseLost if another driver has it.

    Attributes:
        place: where the store is; its text shows no password.
    """

    def __init__(self, engine: Engine, place: StorePlace) -> None:
        self.place = place
        self._readers = engine
        self._writers = engine.execution_options(**{WRITING: True})
        self._fences: dict[str, int] = {}  # of the runs that this store's process drives

    @classmethod
    def open(cls, place: Place | None = None, *, create: bool = True, ask: Ask = at_once) -> Self:
        """Open a store; an older one is migrated.

        Args:
            place: a path (an SQLite file) or a database URL; None for `default_place()`.
            create: create the store if it doesn't exist; otherwise that is an error.
            ask: asks the database its first question; again if that is away.

        Raises:
            StoreError: it doesn't exist, can't be opened, isn't a store, or was written by a newer farm.
        """
        named = opening.named_place(place)
        if not create:
            opening.require_existing(named)
        store = cls(opening.open_engine(named), named)
        try:
            opening.prepare(store._readers, named, ask(partial(opening.revision_of, store._readers, named)))
        except BaseException:
            store.close()
            raise
        return store

    @property
    def has_own_clock(self) -> bool:
        """Whether its times are by one clock, whichever host writes them."""
        return database_of(self._readers).has_own_clock

    def close(self) -> None:
        """Close the database's connections."""
        self._readers.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Runs

    def start_run(self, info: RunInfo) -> str:
        """Record a run, unless it is recorded already, and return its id."""
        with self.writing() as connection:
            connection.execute(insert_new(connection, schema.runs), rows.run_row(info))
        return info.id

    def resume_run(self, run_id: str, at: float) -> None:
        """Record that a run goes on, so that the time since it ended, or last recorded an attempt, isn't counted.

        Recording the same moment again changes nothing.

        Args:
            run_id: the run.
            at: when it goes on, in Unix seconds.
        """
        runs, attempts = schema.runs, schema.attempts
        last = select(func.max(attempts.c.started + attempts.c.seconds)).where(attempts.c.run_id == run_id)
        with self.writing(run_id) as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one()
            before = read_details(row.details, RunDetails)
            ended = max(row.finished or row.started, connection.scalar(last) or row.started, before.resumed)
            paused = before.paused_seconds + max(at - ended, 0.0)
            details = {**row.details, "paused_seconds": paused, "resumed": max(at, before.resumed)}
            connection.execute(update(runs).where(runs.c.id == run_id).values(details=details))

    def finish_run(self, run_id: str, ended: Ended, *, finished: float, message: str = "") -> None:
        """Record that a run ended, how, and when (Unix seconds)."""
        statement = update(schema.runs).where(schema.runs.c.id == run_id)
        with self.writing(run_id) as connection:
            connection.execute(statement.values(finished=finished, ended=ended.value, message=message))

    def remove(self, run_id: str) -> None:
        """Remove a run with its vectors, attempts, verdicts, boards and events, if it exists."""
        with self.writing() as connection:
            for table in _OF_RUNS:
                connection.execute(delete(table).where(table.c.run_id == run_id))
            connection.execute(delete(schema.runs).where(schema.runs.c.id == run_id))

    def copy_to(self, other: Store, run_id: str) -> None:
        """Copy a run to another store, replacing what that store has of it.

        Raises:
            StoreError: there is no such run.
        """
        self.head(run_id)
        with self.reading() as source, other.writing() as target:
            copy_run(source, target, run_id)

    # Leases: who drives a run

    def lease(self, run_id: str) -> Lease | None:
        """Return the lease of a run; None if it never had one."""
        with self.reading() as connection:
            return read_lease(connection, run_id)

    def fence(self, run_id: str) -> int:
        """Return the fence of a run that this object drives."""
        return self._fences[run_id]

    def take_lease(self, run_id: str, holder: Holder, before: Lease | None, unrecorded: Sequence[Batch] = ()) -> bool:
        """Give a run to a driver, whose writes through this object carry its fence from now on.

        Args:
            run_id: the run.
            holder: the driver.
            before: the lease as it was when it was decided that the run may be driven; see `LeaseWatch`.
            unrecorded: what the driver of `before` could not record, which is recorded in the same transaction. What it
                did record after all is left as it is.

        Returns:
            False if the lease has changed since.
        """
        with self.writing() as connection:
            fence = take_lease(connection, run_id, holder, before)
            if fence is not None:
                for batch in unrecorded:
                    if before is not None and batch.number > before.batch:
                        insert_batch(connection, run_id, batch)
        if fence is not None:
            self._fences[run_id] = fence
        return fence is not None

    def renew_lease(self, run_id: str) -> None:
        """Show that the driver of a run is alive.

        Raises:
            LeaseLost: another driver has the run.
        """
        fence = self._fences[run_id]
        with self.writing() as connection:
            renew_lease(connection, run_id, fence)

    def release_lease(self, run_id: str) -> None:
        """Give a run back, unless another driver has it."""
        fence = self._fences[run_id]  # stays: a late write must not pass for one of nobody's run
        with self.writing() as connection:
            release_lease(connection, run_id, fence)

    # Boards, vectors and their results

    def board(self, run_id: str, board: RunBoard) -> None:
        """Record a board of a run, or replace its record; the versions of ttnn that opened it before are kept."""
        with self.writing(run_id) as connection:
            insert_board(connection, run_id, board)

    def plan(self, run_id: str, vectors: Iterable[Plannable], ask: Ask = at_once) -> int:
        """Record planned vectors in order, after those of earlier calls, and return how many there were.

        Vectors are taken in chunks, each durable before the next is taken.

        Args:
            run_id: the run, which nobody else plans.
            vectors: the vectors.
            ask: calls what writes a chunk; again if it doesn't know whether the chunk was written.

        Raises:
            StoreError: a vector id repeats. Ids must be unique within a run, so that no vector is lost.
        """
        remaining, planned = iter(vectors), 0
        while chunk := list(islice(remaining, PLAN_CHUNK)):
            ask(self._planning(run_id, chunk))
            planned += len(chunk)
        return planned

    def _planning(self, run_id: str, chunk: Sequence[Plannable]) -> Callable[[], None]:
        """Return what writes a chunk of a plan once, however often it is called."""
        first: int | None = None

        def write() -> None:
            nonlocal first
            with self.writing(run_id) as connection:
                position = next_position(connection, run_id)
                first = position if first is None else first
                if position == first:
                    plan_vectors(connection, run_id, chunk, position)

        return write

    def record(
        self,
        run_id: str,
        attempts: Sequence[Attempt] = (),
        conclusions: Sequence[Conclusion] = (),
        events: Sequence[BoardEvent] = (),
        *,
        batch: int | None = None,
    ) -> None:
        """Record results of vectors and events of boards in one transaction.

        If the database refuses a row, the rows of its vector are left out, so that one bad row doesn't cost the others.

        Args:
            run_id: the run.
            attempts: those that exist already are left as they are.
            conclusions: verdicts of vectors; a later one replaces an earlier one.
            events: of boards.
            batch: the number of this call among those of this run's driver: a number that is recorded already is left
                as it is. For a driver that doesn't know whether an earlier try succeeded.

        Raises:
            StoreError: a row can't be stored (its vector isn't planned, for example); all others are.
        """
        insertions = insertions_of(run_id, attempts, conclusions, events)
        if batch is None:
            write_rows(partial(self.writing, run_id), self.place, insertions)
            return
        fence = self._fences[run_id]
        write_rows(
            self.writing, self.place, insertions, lambda connection: begin_batch(connection, run_id, fence, batch)
        )

    def storable(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """Return attempts without what the store doesn't keep of them."""
        return attempts

    def conclude(self, run_id: str, conclusions: Sequence[Conclusion]) -> None:
        """Record verdicts of vectors; see `record`."""
        self.record(run_id, conclusions=conclusions)

    # Reading

    def runs(self) -> list[RunHead]:
        """Return every run, newest first."""
        with self.reading() as connection:
            return read_heads(connection)

    def find(self, text: str) -> str:
        """Return the id of the run that `text` names: an id, the beginning of one, `last`, or `last~N`, N runs before.

        Raises:
            StoreError: no run or several runs match.
        """
        with self.reading() as connection:
            matches = find_run(connection, text)
        if len(matches) == 1:
            return matches[0]
        number = f"matches {len(matches)} runs ({', '.join(matches[:3])}, ...)" if matches else "matches no run"
        raise StoreError(f"run {text!r} {number} of results store {self.place}: see `farm runs`")

    def head(self, run_id: str) -> RunHead:
        """Return a run without its vectors and boards.

        Raises:
            StoreError: there is no such run.
        """
        for head in self.runs():
            if head.id == run_id:
                return head
        raise self._no_run(run_id)

    def view(self, run_id: str) -> RunView:
        """Return everything about a run.

        Raises:
            StoreError: there is no such run.
        """
        with self.reading() as connection:
            view = read_run(connection, run_id)
        if view is None:
            raise self._no_run(run_id)
        return view

    def _no_run(self, run_id: str) -> StoreError:
        return StoreError(f"there is no run {run_id!r} in results store {self.place}: see `farm runs`")

    def payload(self, run_id: str, vector_id: str) -> dict[str, Any]:
        """Return the payload of a vector.

        Raises:
            StoreError: there is no such vector.
        """
        with self.reading() as connection:
            payload = read_payload(connection, run_id, vector_id)
        if payload is None:
            raise StoreError(f"run {run_id} has no vector {vector_id!r}")
        return payload

    def payloads(self, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the id and the payload of every vector, in the plan's order."""
        with self.reading() as connection:
            yield from read_payloads(connection, run_id)

    def operations(self) -> list[str]:
        """Return every operation that any run planned, sorted."""
        with self.reading() as connection:
            return read_operations(connection)

    def other_ids(self, vector_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return all ids of the same configuration, today's first, for those vectors that have several."""
        with self.reading() as connection:
            return read_other_ids(connection, vector_ids)

    def former_modules(self, vector_ids: Sequence[str] = ()) -> set[str]:
        """Return the sweep modules whose vectors need their former hashes to be joined, see `read_former_modules`."""
        with self.reading() as connection:
            return read_former_modules(connection, vector_ids)

    def similar_runs(self, run_id: str, limit: int = 20) -> list[RunTally]:
        """Return a run and the newest finished runs before it of the same selection and board kinds, oldest first."""
        with self.reading() as connection:
            return read_similar_runs(connection, run_id, limit)

    def past_vectors(
        self, run_ids: Sequence[str], *, vector_id: str | None = None, operation: str | None = None
    ) -> list[PastVector]:
        """Return how vectors ended in some runs, oldest run first; see `read_past_vectors`."""
        with self.reading() as connection:
            return read_past_vectors(connection, run_ids, vector_id=vector_id, operation=operation)

    # Connections

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with opening.store_errors(self.place), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, run_id: str | None = None) -> Iterator[Connection]:
        """Open a transaction that writes: all of it, or nothing.

        Args:
            run_id: the run that it is about; if this object drives that run, it must still do so.

        Raises:
            LeaseLost: another driver has the run.
        """
        fence = None if run_id is None else self._fences.get(run_id)
        with opening.store_errors(self.place), self._writers.begin() as connection:
            if run_id is not None and fence is not None:
                check_fence(connection, run_id, fence)
            yield connection
