"""A store that is away at times, or whose answers are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection

from farm.core.errors import StoreAway
from farm.core.store_place import Place
from farm.store import RunView, Store
from farm.store.asking import Answer, Ask, at_once

if TYPE_CHECKING:
    from typing_extensions import Self


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


class RestartingStore(Store):
    """A store that is away for the first question of each kind.

    Attributes:
        asked: the questions, in their order; a subclass of each test has its own.
    """

    asked: ClassVar[list[str]]

    @classmethod
    def open(cls, place: Place | None = None, *, create: bool = True, ask: Ask = at_once) -> Self:
        def ask_twice(question: Callable[[], Answer]) -> Answer:
            def refused_at_first() -> Answer:
                cls._refuse_once("open")
                return question()

            return ask(refused_at_first)

        return super().open(place, create=create, ask=ask_twice)

    def find(self, text: str) -> str:
        self._refuse_once("find")
        return super().find(text)

    def view(self, run_id: str) -> RunView:
        self._refuse_once("view")
        return super().view(run_id)

    @classmethod
    def _refuse_once(cls, question: str) -> None:
        cls.asked.append(question)
        if cls.asked.count(question) == 1:
            raise StoreAway("results store X is restarting")
