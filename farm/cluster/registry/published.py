"""The farm as its registry last published it: asked of the head alone, without becoming a part of the cluster.

That takes a tenth of the time, works on any machine that has the token, and waits for no busy process of the farm.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from farm.cluster.nodes.host_state import certificates_for
from farm.cluster.nodes.node import require_head
from farm.cluster.registry.checks import adapter_of
from farm.cluster.registry.cluster_values import (
    HOST_PREFIX,
    SETTINGS,
    VIEW,
    ClusterValues,
    PublishedView,
    ReadableValues,
)
from farm.cluster.registry.entries import HostEntry
from farm.cluster.registry.records import FarmView
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.plain_words import reason_of

FRESH_SECONDS = 1.0
"""How long to wait for a newer view, which shows that the registry runs."""
STARTING_SECONDS = 5.0
"""How long to wait for the first view of a farm that begins."""
POLL_SECONDS = 0.1
NO_FARM = "its head was not started by `farm up --head`"
RESTART_COMMAND = "pkill -KILL -f '^ray::RegistryActor'"
"""Ends a registry that hangs, on the head, where Ray then starts it again. The pattern is its process's title."""
RESTARTS = (
    "the registry has published nothing for a second, so this may be old: it is busy, or Ray starts it again; if this "
    f"stays, type on the head: {RESTART_COMMAND}"
)


class PublishedFarm:
    """A farm's published views.

    Attributes:
        is_current: whether the last view was published after it was asked for.
    """

    def __init__(
        self,
        address: str,
        values: ReadableValues,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make a reader.

        Args:
            address: HOST:PORT of the head, for errors.
            values: where the views are.
            clock: seconds, of a clock that never jumps.
            sleep: waits for so many seconds.
        """
        self._address = address
        self._values = values
        self._clock = clock
        self._sleep = sleep
        self._last_read: int | None = None
        self.is_current = False

    @classmethod
    def at(cls, address: str, token_file: Path) -> PublishedFarm:
        """The farm at an address.

        Raises:
            NotRunnable: no farm answers there, or it refuses the token.
        """
        require_head(address, token_file, certificates_for(address))
        return cls(address, ClusterValues(address))

    def view(self) -> FarmView:
        """The farm; a note says where that may be old.

        Raises:
            NotRunnable: the head doesn't answer, or is no farm's.
        """
        published = self._newest()
        self.is_current = published.number != self._last_read
        self._last_read = published.number
        notes = published.view.notes if self.is_current else [*published.view.notes, RESTARTS]
        return published.view.model_copy(update={"notes": notes})

    def usable_boards(self) -> list[Board]:
        """The boards that runs may have, whether one has them or not, by id.

        Raises:
            NotRunnable: see `view`.
        """
        usable = {board.id for board in self.view().boards if board.is_usable}
        try:
            texts = [self._values.get(name) for name in self._values.names(HOST_PREFIX)]
        except Exception as error:
            raise NotRunnable(f"the farm's head at {self._address} doesn't answer: {reason_of(error)}") from error
        try:
            offers = [adapter_of(HostEntry).validate_json(text).offer for text in texts if text is not None]
        except ValueError as error:
            raise NotRunnable(
                f"a host of the farm at {self._address} is of another version: {reason_of(error)}"
            ) from error
        boards = [board for offer in offers for board in offer.boards if board.id in usable]
        return sorted(boards, key=lambda board: board.id)

    def _newest(self) -> PublishedView:
        """The first view that is newer than the last one read; that one again, where none comes."""
        published = self._first() if self._last_read is None else self._read()
        if self._last_read is None and published is not None:
            self._last_read = published.number
        deadline = self._clock() + FRESH_SECONDS
        while published is None or published.number == self._last_read:
            if self._clock() > deadline:
                break
            self._sleep(POLL_SECONDS)
            published = self._read()
        if published is None:
            raise NotRunnable(
                f"the registry of the farm at {self._address} has published nothing; "
                f"to have Ray start it again, type on the head: {RESTART_COMMAND}"
            )
        return published

    def _first(self) -> PublishedView | None:
        """A view of a farm that may just begin."""
        deadline = self._clock() + STARTING_SECONDS
        while (published := self._read()) is None and self._clock() < deadline:
            if self._get(SETTINGS) is None:
                raise NotRunnable(f"the Ray cluster at {self._address} is no farm: {NO_FARM}")
            self._sleep(POLL_SECONDS)
        return published

    def _read(self) -> PublishedView | None:
        text = self._get(VIEW)
        try:
            return None if text is None else PublishedView.model_validate_json(text)
        except ValueError as error:
            raise NotRunnable(
                f"the registry of the farm at {self._address} is of another version of farm: {reason_of(error)}"
            ) from error

    def _get(self, name: str) -> bytes | None:
        try:
            return self._values.get(name)
        except Exception as error:
            raise NotRunnable(f"the farm's head at {self._address} doesn't answer: {reason_of(error)}") from error
