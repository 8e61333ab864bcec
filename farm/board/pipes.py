"""The supervisor's ends of the two pipes to a worker: lines of JSON out, lines of JSON in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import time
from collections.abc import Callable, Iterable

from farm.core.payload import EncodedVector

ROOM = 1 << 20
"""Bytes that a pipe of requests is to hold: all that a process is given ahead. Unasked, Linux gives 64 KiB."""


def line_to_run(parcels: Iterable[EncodedVector], chips: int) -> bytes:
    """The request to run vectors on a board of so many chips; see `farm.worker.__main__`."""
    return f'{{"run":[{",".join([parcel.text for parcel in parcels])}],"chips":{chips}}}\n'.encode()


class Pipes:
    """The supervisor's ends of a process's two pipes. Writing never blocks: a hung process reads nothing."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)
        with contextlib.suppress(OSError):  # a user may have only so much of it
            fcntl.fcntl(requests, fcntl.F_SETPIPE_SZ, ROOM)
        self._unsent = bytearray()
        self._read = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(replies, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Queues data, and writes what the pipe takes now."""
        if not self._unsent:
            self._selector.register(self._requests, selectors.EVENT_WRITE)
        self._unsent += data
        self._write()

    def line(
        self, timeout: float, look: Callable[[], None] | None = None, every: float = 0.5, gather: float = 0.0
    ) -> bytes | None:
        """The next line, None at the end of the replies.

        Args:
            timeout: seconds to wait for it.
            look: called every `every` seconds while waiting; what it raises is passed on.
            every: see `look`.
            gather: where there is no line yet, so many seconds pass before one is looked for, so that more are there
                then.

        Raises:
            TimeoutError: there was none within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        searched = 0
        if gather and b"\n" not in self._read:
            time.sleep(gather)
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = self._selector.select(min(left, every) if look else left)
            if not ready and look:
                look()
            for key, _ in ready:
                if key.fd == self._requests:
                    self._write()
                elif not self._fill():
                    return None
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def close(self) -> None:
        """Lets go of both pipes."""
        self._selector.close()
        os.close(self._requests)
        os.close(self._replies)

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            written = os.write(self._requests, self._unsent)
            del self._unsent[:written]
            if self._unsent:
                return
            self._selector.unregister(self._requests)
            return
        # a broken pipe shows as the end of the replies, which tells more

    def _fill(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._replies, 1 << 20)
            self._read += data
            return bool(data)
        return True
