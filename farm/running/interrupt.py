"""Ctrl-C: once means stop soon and cleanly, twice means stop now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupt:
    """Catches SIGINT and SIGTERM during its `with` block, in the main thread.

    Attributes:
        requested: whether a signal arrived. From the second on, each raises KeyboardInterrupt.
    """

    def __init__(self, first: Callable[[], None] | None = None) -> None:
        """Catch nothing yet.

        Args:
            first: called when the first signal arrives.
        """
        self.requested = False
        self._first = first
        self._at_once = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is not threading.main_thread():
            return self  # Python delivers signals only to the main thread
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._catch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal itself returned

    def stop_requested(self) -> bool:
        """Return whether a signal arrived.

        Raises:
            KeyboardInterrupt: a second one arrived, and its exception was lost: Python drops exceptions in finalizers.
        """
        if self._at_once:
            raise KeyboardInterrupt
        return self.requested

    def _catch(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            self._at_once = True
            raise KeyboardInterrupt
        self.requested = True
        if self._first is not None:
            self._first()
