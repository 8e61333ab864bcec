"""The supervisor's ends of the two pipes to a worker: frames out, frames in; see `farm.core.frames`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from farm.core.frames import KEY_BYTES, Direction, FrameReader, FrameWriter

PIPE_BYTES = 1 << 20
"""The capacity of the pipe of requests: all vectors that are sent ahead. Linux's default is 64 KiB."""
READ_BYTES = 1 << 20
LAST_READS = 2
"""How often the replies are read after their process has ended: a child of it may write to the pipe without end."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the two ends of a worker's pipes agree on.

    Attributes:
        key: of all its frames.
        sent: the number of the next request.
        received: the number of the next reply.
    """

    key: bytes = field(repr=False)
    sent: int = 0
    received: int = 0

    @classmethod
    def new(cls) -> Conversation:
        """That of a worker which is about to start."""
        return cls(os.urandom(KEY_BYTES))


class Pipes:
    """The supervisor's ends of a process's two pipes. Writing never blocks: a hung process reads nothing."""

    def __init__(self, requests: int, replies: int, conversation: Conversation, pid: int) -> None:
        """Take over the ends of two pipes.

        Args:
            requests: the descriptor to write requests to.
            replies: the descriptor to read replies from.
            conversation: where the conversation stands.
            pid: the process at the other ends. Its children may hold them open after its end.
        """
        self._requests, self._replies = requests, replies
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)
        with contextlib.suppress(OSError):  # the memory that a user's pipes may take is limited
            fcntl.fcntl(requests, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._key = conversation.key
        self._writer = FrameWriter(conversation.key, Direction.REQUESTS, conversation.sent)
        self._reader = FrameReader(conversation.key, Direction.REPLIES, conversation.received)
        self._unsent = bytearray()
        self._ended = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(replies, selectors.EVENT_READ)
        self._exit: int | None = None
        with contextlib.suppress(OSError):  # without it, the end of the replies tells of the end of the process
            self._exit = os.pidfd_open(pid)
            self._selector.register(self._exit, selectors.EVENT_READ)

    @property
    def descriptors(self) -> tuple[int, int]:
        """Those of the requests and of the replies."""
        return self._requests, self._replies

    @property
    def conversation(self) -> Conversation:
        """Where the conversation stands, for another process that continues it."""
        return Conversation(self._key, self._writer.number, self._reader.number)

    @property
    def waiting(self) -> bool:
        """Whether data was read that is not part of a returned message."""
        return self._reader.waiting

    def send(self, message: bytes) -> None:
        """Queue a message, and write as much as the pipe takes now."""
        if not self._unsent:
            self._selector.register(self._requests, selectors.EVENT_WRITE)
        self._unsent += self._writer.frame(message)
        self._write()

    def message(
        self, timeout: float, watch: Callable[[], None] | None = None, every: float = 0.5, gather: float = 0.0
    ) -> bytes | None:
        """Wait for the next message and return it; None if the replies or their process have ended.

        Args:
            timeout: seconds to wait.
            watch: called every `every` seconds while waiting; its exceptions are passed on.
            every: see `watch`.
            gather: if there is no message yet, sleep for this many seconds first, so that several arrive at once.

        Raises:
            NotAFrame: something else came.
            TimeoutError: no message arrived within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        if (message := self._reader.next()) is not None:
            return message
        if gather:
            time.sleep(gather)
        while not self._ended:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = self._selector.select(min(left, every) if watch else left)
            if not ready and watch:
                watch()
            for key, _ in ready:
                if key.fd == self._requests:
                    self._write()
                elif key.fd == self._replies:
                    self._ended = not self._read() or self._ended
                else:
                    self._read_last()
            if (message := self._reader.next()) is not None:
                return message
        return None

    def close(self) -> None:
        """Close both pipes."""
        self._selector.close()
        os.close(self._requests)
        os.close(self._replies)
        if self._exit is not None:
            os.close(self._exit)

    def _write(self) -> None:
        try:
            written = os.write(self._requests, self._unsent)
        except BlockingIOError:
            return
        except BrokenPipeError:  # nobody reads any more: the replies end, or their time is over
            written = len(self._unsent)
        del self._unsent[:written]
        if not self._unsent:
            self._selector.unregister(self._requests)

    def _read(self) -> bool:
        """Read the available data; return False at the end."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._replies, READ_BYTES)
            self._reader.feed(data)
            return bool(data)
        return True

    def _read_last(self) -> None:
        """Read what the process has left in its pipe."""
        for _ in range(LAST_READS):
            if not self._read():
                break
        self._ended = True


def wait_longer(
    wait: Callable[[float], bytes | None], timeout: float, more: Callable[[], float], most: float
) -> bytes | None:
    """Wait for a message, and go on waiting where a time that is over is extended.

    Args:
        wait: waits for some seconds, as `Pipes.message` does.
        timeout: the seconds at first.
        more: returns the seconds by which a time that is over is extended; 0 to wait no longer.
        most: the most that this may add in all.

    Raises:
        TimeoutError: no message arrived in time.
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
