"""The supervisor's ends of the two pipes to a worker: lines out, lines in; see `farm.core.messages`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import time
from collections.abc import Callable

PIPE_BYTES = 1 << 20
"""The capacity of the pipe of requests: all vectors that are sent ahead. Linux's default is 64 KiB."""


class Pipes:
    """The supervisor's ends of a process's two pipes. Writing never blocks: a hung process reads nothing."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)
        with contextlib.suppress(OSError):  # the memory that a user's pipes may take is limited
            fcntl.fcntl(requests, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._unsent = bytearray()
        self._received = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(replies, selectors.EVENT_READ)

    @property
    def descriptors(self) -> tuple[int, int]:
        """Those of the requests and of the replies."""
        return self._requests, self._replies

    def send(self, data: bytes) -> None:
        """Queue data, and write as much as the pipe takes now."""
        if not self._unsent:
            self._selector.register(self._requests, selectors.EVENT_WRITE)
        self._unsent += data
        self._write()

    def line(
        self, timeout: float, watch: Callable[[], None] | None = None, every: float = 0.5, gather: float = 0.0
    ) -> bytes | None:
        """Wait for the next line and return it; None at the end of the replies.

        Args:
            timeout: seconds to wait.
            watch: called every `every` seconds while waiting; its exceptions are passed on.
            every: see `watch`.
            gather: if there is no line yet, sleep for this many seconds first, so that several lines arrive at once.

        Raises:
            TimeoutError: no line arrived within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        searched = 0
        if gather and b"\n" not in self._received:
            time.sleep(gather)
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = self._selector.select(min(left, every) if watch else left)
            if not ready and watch:
                watch()
            for key, _ in ready:
                if key.fd == self._requests:
                    self._write()
                elif not self._read():
                    return None
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def close(self) -> None:
        """Close both pipes."""
        self._selector.close()
        os.close(self._requests)
        os.close(self._replies)

    def _write(self) -> None:
        # a broken pipe is noticed as the end of the replies
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            written = os.write(self._requests, self._unsent)
            del self._unsent[:written]
            if not self._unsent:
                self._selector.unregister(self._requests)

    def _read(self) -> bool:
        """Read the available data; return False at the end."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._replies, 1 << 20)
            self._received += data
            return bool(data)
        return True


def wait_longer(
    wait: Callable[[float], bytes | None], timeout: float, more: Callable[[], float], most: float
) -> bytes | None:
    """Wait for a line, and go on waiting where a time that is over is extended.

    Args:
        wait: waits for some seconds, as `Pipes.line` does.
        timeout: the seconds at first.
        more: returns the seconds by which a time that is over is extended; 0 to wait no longer.
        most: the most that this may add in all.

    Raises:
        TimeoutError: no line arrived in time.
    """
    added = 0.0
    while True:
        try:
            return wait(timeout)
        except TimeoutError:  # noqa: PERF203 - a rare one
            timeout = min(more(), most - added)
            if timeout <= 0.0:
                raise
            added += timeout
