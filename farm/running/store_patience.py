"""Patience with a store that is away before its run can go on: as much as the run's recorder has."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from farm.core.errors import StoreAway
from farm.core.store_place import StorePlace
from farm.running.patient_recorder import AWAY_SECONDS, PATIENCE_SECONDS, RETRY_SECONDS

Answer = TypeVar("Answer")


class StorePatience:
    """Asks a store again until it answers, for at most `AWAY_SECONDS`."""

    def __init__(
        self,
        place: StorePlace,
        note: Callable[[str], None],
        *,
        patience: float = PATIENCE_SECONDS,
        away: float = AWAY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask nothing yet.

        Args:
            place: the store.
            note: receives a line if the store is away, and one once it is back; in the calling thread.
            patience: after how many seconds without an answer the store counts as away.
            away: see `AWAY_SECONDS`.
            clock: seconds that don't jump.
            sleep: waits before a store that refused is asked again.
        """
        self._place = place
        self._note = note
        self._patience = patience
        self._away = away
        self._clock = clock
        self._sleep = sleep

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """Return what a question to the store returns.

        Args:
            question: reads or writes; asked again after each `StoreAway`, even if what it wrote is recorded.

        Raises:
            StoreAway: the store has been away for `AWAY_SECONDS`.
        """
        began, was_away = self._clock(), False
        while True:
            answer = _asked(question)
            if not wait([answer], 0.0 if was_away else self._patience).done:
                was_away = was_away or self._note_absence(f"results store {self._place} does not answer")
                wait([answer], max(self._away - (self._clock() - began), 0.0))
            if not answer.done():
                raise StoreAway(f"results store {self._place} has not answered for {self._away:.0f} s")
            error = answer.exception()
            if not isinstance(error, StoreAway):
                if was_away:
                    self._note(f"results store {self._place} is back")
                return answer.result()
            if self._clock() - began >= self._away:
                raise error
            was_away = was_away or self._note_absence(str(error))
            self._sleep(RETRY_SECONDS)

    def _note_absence(self, reason: str) -> bool:
        self._note(f"{reason}: waiting up to {self._away:.0f} s for it")
        return True


def _asked(question: Callable[[], Answer]) -> Future[Answer]:
    """Ask in a thread of its own, which a store that never answers keeps."""
    answer: Future[Answer] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is read
            answer.set_exception(error)

    Thread(target=ask, name="farm-store", daemon=True).start()
    return answer
