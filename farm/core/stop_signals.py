"""The signals that ask a command to stop: Ctrl-C, SIGTERM of CI, systemd and Kubernetes, SIGHUP of a closed terminal.

All of them mean the same. This module imports nothing that takes time: the command catches them before its imports.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_INTERRUPTED = 130  # `ExitCode.INTERRUPTED`, without an import


def caught_signals() -> tuple[signal.Signals, ...]:
    """Return the stop signals, without those that this process was started to ignore: by `nohup`, or as a job with `&`.

    A background job ignores Ctrl-C, `nohup` ignores SIGHUP.
    """
    return tuple(number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN)


def leave_closed_terminal() -> None:
    """Replace standard streams of a closed terminal by /dev/null: writing to them is an error from then on."""
    for stream in (0, 1, 2):
        try:
            closed = stat.S_ISCHR(os.fstat(stream).st_mode) and _is_closed(stream)
        except OSError:
            continue
        if closed:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, stream)
            os.close(null)


def _is_closed(stream: int) -> bool:
    """Whether a character device was a terminal that is closed; its other end has hung up."""
    try:
        os.write(stream, b"")
    except OSError:
        return True
    return False


def stop_is_requested() -> bool:
    """Return whether a signal has arrived since the command began, and the command has not ended for it."""
    handlers = map(signal.getsignal, STOP_SIGNALS)
    return any(isinstance(handler, CommandSignals) and handler.requested for handler in handlers)


@contextmanager
def stop_signals_wait() -> Iterator[None]:
    """Handle stop signals at the end of a short `with` block: what it begins is then known to who must end it.

    Only in the main thread, which is the one that handles signals. Programs that are started in it are not affected.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for each in waiting:
            ours[signal.Signals(each)](each, None)


class CommandSignals:
    """What stop signals do to the `farm` command outside of a run; `farm.running.interrupt` handles them during one.

    * While the command imports, a signal ends the process at once: there is nothing to clean up.
    * Afterwards, it raises KeyboardInterrupt.
    * Once a run has ended, the first signal is only noted: the report is written and the exit code is that of the run.
      The second one raises KeyboardInterrupt.

    Attributes:
        requested: whether a signal arrived. Python may drop an exception of a handler: the next run then ends at once.
    """

    def __init__(self) -> None:
        self.requested = False
        self._importing = True
        self._patient = False

    def install(self) -> None:
        """Catch the signals of this process; in its main thread alone."""
        for number in caught_signals():
            signal.signal(number, self)

    def imported(self) -> None:
        """Note that the command's modules are imported."""
        self._importing = False

    def run_ended(self, *, requested: bool) -> None:
        """Note that a run has ended: what follows is short, and completes.

        Args:
            requested: whether a signal ended it.
        """
        self._patient = True
        self.requested = requested

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if number == signal.SIGHUP:
            leave_closed_terminal()
        if self._importing:
            # an exception would be dropped by imports of others
            with suppress(OSError):  # nobody reads it
                os.write(2, b"farm: stopped\n")
            os._exit(_INTERRUPTED)
        first, self.requested = not self.requested, True
        if not (self._patient and first):
            raise KeyboardInterrupt
