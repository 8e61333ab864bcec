"""Ctrl-C, SIGTERM or SIGHUP: once means stop soon and cleanly, twice means stop now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from farm.core.stop_signals import CommandSignals, caught_signals, leave_closed_terminal


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a run at once.

    Attributes:
        run_id: the run, which is recorded as far as it got.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


class Interrupt:
    """Catches the stop signals during its `with` block, in the main thread.

    Attributes:
        requested: whether a signal arrived. From the second on, each raises KeyboardInterrupt.
    """

    def __init__(
        self,
        first: Callable[[], None] | None = None,
        announce: Callable[[], None] | None = None,
        *,
        ctrl_c_alone: bool = False,
    ) -> None:
        """Catch nothing yet.

        Args:
            first: called by the handler of the first signal, so it must not take a lock.
            announce: called in a thread of its own after the first signal: it may print while the main thread is busy.
            ctrl_c_alone: whether the first signal raises KeyboardInterrupt, too, unless it is Ctrl-C, which reaches all
                processes at the terminal.
        """
        self.requested = False
        self._first = first
        self._announce = announce
        self._ctrl_c_alone = ctrl_c_alone
        self._announcer: threading.Thread | None = None
        self._wake = threading.Event()
        self._at_once = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is not threading.main_thread():
            return self  # Python delivers signals only to the main thread
        if self._announce is not None:
            self._announcer = threading.Thread(target=self._announce_first, name="farm-interrupt", daemon=True)
            self._announcer.start()
        for number in (signal.SIGINT, *caught_signals()):
            if number not in self._previous:
                self._previous[number] = signal.signal(number, self._catch)
        for handler in self._previous.values():
            if isinstance(handler, CommandSignals) and handler.requested:
                self.requested = True  # between two runs, or in a finalizer, which dropped the exception
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            if isinstance(handler, CommandSignals):
                handler.run_ended(requested=self.requested)
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal itself returned
        if self._announcer is not None:
            self._wake.set()
            self._announcer.join()

    def stop_requested(self) -> bool:
        """Return whether a signal arrived.

        Raises:
            KeyboardInterrupt: a second one arrived, and its exception was lost: Python drops exceptions in finalizers.
        """
        if self._at_once:
            raise KeyboardInterrupt
        return self.requested

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            leave_closed_terminal()
        if self.requested:
            self._at_once = True
            raise KeyboardInterrupt
        self.requested = True
        self._wake.set()
        if self._first is not None:
            self._first()
        if self._ctrl_c_alone and number != signal.SIGINT:
            raise KeyboardInterrupt

    def _announce_first(self) -> None:
        self._wake.wait()
        if self.requested and self._announce is not None:
            self._announce()
