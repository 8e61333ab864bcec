"""A store that is away at times, or whose answers are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from farm.core.errors import StoreAway
from farm.store import Store


class FlakyStore(Store):
    """A store for tests.

    Attributes:
        is_away: whether it refuses everything for now.
        lost_answers: how many of the next commits succeed although they look like failures.
    """

    is_away = False
    lost_answers = 0

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self._require()
        with super().reading() as connection:
            yield connection

    @contextmanager
    def writing(self, run_id: str | None = None) -> Iterator[Connection]:
        self._require()
        with super().writing(run_id) as connection:
            yield connection
        if self.lost_answers:
            self.lost_answers -= 1
            raise StoreAway("results store X closed the connection")

    def _require(self) -> None:
        if self.is_away:
            raise StoreAway("results store X is restarting")
