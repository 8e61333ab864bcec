"""Ctrl-C: once means stop soon and cleanly, twice means now."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interrupt:
    """Catches SIGINT and SIGTERM while its `with` block runs, in the main thread.

    Attributes:
        asked: whether one came. From the second on, each raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is not threading.main_thread():
            return self  # Python takes signals in the main thread alone: another's run is ended by its program
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal itself returned

    def stop_asked(self) -> bool:
        """Whether one came.

        Raises:
            KeyboardInterrupt: a second came, and what it raised was lost: Python drops exceptions in finalizers.
        """
        if self._at_once:
            raise KeyboardInterrupt
        return self.asked

    def _caught(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            self._at_once = True
            raise KeyboardInterrupt
        self.asked = True
