"""A recorder that survives a store that is away for a while: locked, restarting, paused or unreachable.

A thread writes the batches of a run, in order. The driver waits for each only `PATIENCE_SECONDS`; what the store has
not taken by then goes to a file of this host, in which it is durable, too, and the run goes on. Each batch has a
number, so that a commit whose answer was lost is not repeated.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreAway, StoreError
from farm.core.plain_words import counted
from farm.running.record_spool import RecordSpool
from farm.running.spool_owner import SpoolOwner
from farm.store import RunBoard, Store
from farm.store.opening import store_option
from farm.store.records import Batch, BoardEvent, RunEnd

PATIENCE_SECONDS = 5.0
"""How long the driver waits for the store before it goes on without."""
AWAY_SECONDS = 60.0
"""How long the store may take nothing before the run stops."""
RETRY_SECONDS = 0.5
"""How long to wait before a store that refused a batch for now is asked again."""

_LOG = logging.getLogger(__name__)


class PatientRecorder:
    """Records a run that this process drives; a `farm.running.pending_records.Recorder`.

    Attributes:
        is_overdue: whether the store has taken nothing for `AWAY_SECONDS`: then the run should stop.
    """

    def __init__(
        self,
        owner: SpoolOwner,
        store: Store,
        folder: Path,
        note: Callable[[str], None],
        *,
        patience: float = PATIENCE_SECONDS,
        away: float = AWAY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the thread that writes.

        Args:
            owner: this process, to which the store has given the run.
            store: the store.
            folder: where to make a file for what the store doesn't take.
            note: receives a line if the store is away, and one once it is back; in the calling thread.
            patience: see `PATIENCE_SECONDS`.
            away: see `AWAY_SECONDS`.
            clock: seconds that don't jump.
        """
        self._run_id = owner.run_id
        self._store = store
        self._note = note
        self._patience = patience
        self._away = away
        self._clock = clock
        self._spool = RecordSpool(owner, folder)
        self._changed = threading.Condition()  # of a reentrant lock; guards what follows
        self._number = 0
        self._current: Batch | None = None  # what the thread writes; the first of the spool if there is one
        self._failure: Exception | None = None
        self._silent_since: float | None = None  # when the store took the last batch, while others wait
        self._refusal = ""  # why it takes none now, if it says so
        self._was_away = False
        self._closed = False
        self._thread = threading.Thread(target=self._write_all, name="farm-records", daemon=True)
        self._thread.start()

    @property
    def is_overdue(self) -> bool:
        """See the class."""
        with self._changed:
            return self._silent_since is not None and self._clock() - self._silent_since >= self._away

    def board(self, run_id: str, board: RunBoard) -> None:  # noqa: ARG002 - see `Recorder`
        """Record a board; see `record`."""
        self._put(Batch(0, boards=(board,)))

    def record(
        self,
        run_id: str,  # noqa: ARG002 - see `Recorder`
        attempts: Sequence[Attempt] = (),
        conclusions: Sequence[Conclusion] = (),
        events: Sequence[BoardEvent] = (),
    ) -> None:
        """Record results; they are on a disk when this returns.

        Raises:
            LeaseLost: another driver has the run.
            StoreError: the store refuses a row of this batch, or of an earlier one; or no disk takes it.
        """
        if attempts or conclusions or events:
            self._put(Batch(0, attempts=attempts, conclusions=conclusions, events=events))

    def finish(self, end: RunEnd, *, at_once: bool = False) -> None:
        """Record the end of the run, and wait until the store has everything.

        Args:
            end: how the run ends.
            at_once: whether to wait no longer than for other records.

        Raises:
            StoreAway: it has taken nothing for `AWAY_SECONDS`; the text says where the records wait.
            LeaseLost: another driver has the run.
            StoreError: see `record`.
        """
        try:
            self._put(Batch(0, end=end))
            with self._changed:
                while not (at_once or self._is_done() or self.is_overdue):
                    self._changed.wait(RETRY_SECONDS)
                self._raise_failure()
                waiting = len(self._spool)
            if waiting:
                resume = f"farm sweep --resume {self._run_id}{store_option(self._store.place)}"
                raise StoreAway(
                    f"{self._reason()}: {counted(waiting, 'batch', 'batches')} of results wait in {self._spool.path}: "
                    f"`{resume}` on this host records them, and goes on"
                )
            self._note_return()
        finally:
            self.close()

    def close(self) -> None:
        """End the thread, unless the store keeps it; a file with what was not recorded stays."""
        with self._changed:
            self._closed = True
            self._spool.close()
            self._changed.notify_all()

    def _put(self, batch: Batch) -> None:
        """Give a batch to the thread, or to the spool if others wait or the store doesn't take it soon."""
        batch = replace(batch, attempts=self._store.storable(batch.attempts))
        self._note_return()
        with self._changed:
            self._raise_failure()
            self._number += 1
            batch = replace(batch, number=self._number)
            if not self._spool:
                self._current, self._refusal = batch, ""
                self._silent_since = self._clock()
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._is_answered(batch), timeout=self._patience)
                self._raise_failure()
                if self._current is not batch:
                    return
                _LOG.info("%s", self._reason())
            try:
                self._spool.add(batch)
            except OSError as error:
                raise StoreError(
                    f"{self._reason()}, and results can't wait in {self._spool.path}: {error.strerror or error}"
                ) from error
            is_first, self._was_away = not self._was_away, True
        if is_first:
            self._note(f"{self._reason()}: results wait in {self._spool.path}, and the run goes on")

    def _note_return(self) -> None:
        with self._changed:
            is_back = self._was_away and not self._spool
            if is_back:
                self._was_away = False
        if is_back:
            self._note(f"results store {self._store.place} is back, and has all results")

    def _reason(self) -> str:
        return self._refusal or f"results store {self._store.place} does not answer"

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure = self._failure
            if isinstance(failure, StoreError):  # raised once; a lost lease stays lost
                self._failure = None
            raise failure

    def _is_answered(self, batch: Batch) -> bool:
        return self._current is not batch or bool(self._refusal) or self._failure is not None

    def _is_done(self) -> bool:
        return self._failure is not None or (self._current is None and not self._spool)

    # --- the thread ---

    def _write_all(self) -> None:
        while (batch := self._next()) is not None:
            error = self._error_of(batch)
            if isinstance(error, StoreAway):
                with self._changed:
                    self._refusal = str(error)
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._closed, timeout=RETRY_SECONDS)
            else:
                self._end_batch(batch, error)

    def _next(self) -> Batch | None:
        """Wait for a batch; None once there are no more to write."""
        with self._changed:
            self._changed.wait_for(lambda: self._current is not None or self._closed)
            return None if self._closed else self._current

    def _error_of(self, batch: Batch) -> Exception | None:
        """Write a batch; return what went wrong, None if nothing did."""
        try:
            for board in batch.boards:
                self._store.board(self._run_id, board)
            self._store.record(self._run_id, batch.attempts, batch.conclusions, batch.events, batch=batch.number)
            if batch.end is not None:
                end = batch.end
                self._store.finish_run(self._run_id, end.ended, finished=end.finished, message=end.message)
        except Exception as error:  # noqa: BLE001 - raised again in the driver
            return error
        return None

    def _end_batch(self, batch: Batch, error: Exception | None) -> None:
        """Go on with the next batch: the store has taken this one, or has refused a part of it for good."""
        with self._changed:
            if self._closed:
                return  # what the file has of it is left out by its number
            if error is not None:
                self._failure = error
            if error is not None and not isinstance(error, StoreError):
                self._closed = True  # the run is another driver's
            elif self._current is batch:  # not what was given up for another one, after a second Ctrl-C
                if self._spool:
                    self._spool.remove_first()
                self._current = self._spool.first() if self._spool else None
            self._refusal = ""
            self._silent_since = self._clock() if self._spool else None
            self._changed.notify_all()
