"""The worker's ends of the two pipes to its supervisor: frames in, frames out; see `farm.core.frames`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from farm.core.frames import KEY_BYTES, Direction, FrameReader, FrameWriter
from farm.core.message_json import decode_request, encode
from farm.core.messages import Reply, Request
from farm.worker.descriptors import Descriptors, DescriptorsLost
from farm.worker.own_process import end_forked_child

_read, _write = os.read, os.write  # a module may put anything in place of them
READ_BYTES = 1 << 16
"""What is read at once: a request of several vectors is long."""


class SupervisorPipes:
    """Reads requests and writes replies. A forked child of the worker does neither: it ends.

    Attributes:
        descriptors: what this process needs to go on.
    """

    def __init__(self, requests: int, replies: int) -> None:
        """Take over the two descriptors, and read the key of this worker's frames."""
        for number in (requests, replies):
            os.set_inheritable(number, False)  # noqa: FBT003 - the standard library's
        self.descriptors = Descriptors(requests, replies)
        self._requests = requests
        key = _read_key(requests)
        self._reader = FrameReader(key, Direction.REQUESTS)
        self._writer = FrameWriter(key, Direction.REPLIES)
        inherited = (requests, replies, *self.descriptors.spares)
        os.register_at_fork(after_in_child=lambda: _close(inherited))

    def requests(self) -> Iterator[Request]:
        """Yield the requests as they come, until there are no more.

        Raises:
            DescriptorsLost: their pipe was closed.
            NotAFrame: something else has read from their pipe, or written to it.
        """
        while True:
            while (body := self._reader.next()) is None:
                end_forked_child()
                try:
                    data = _read(self._requests, READ_BYTES)
                except BlockingIOError:
                    os.set_blocking(self._requests, True)
                    continue
                except OSError as error:
                    raise DescriptorsLost(f"farm's pipe of requests can't be read: {error.strerror}") from error
                if not data:
                    return
                self._reader.feed(data)
            yield decode_request(body)

    def send(self, reply: Reply) -> None:
        """Write a reply.

        Raises:
            BrokenPipeError: the supervisor is gone.
            DescriptorsLost: their pipe was closed.
        """
        end_forked_child()
        replies = self.descriptors.replies
        rest = memoryview(self._writer.frame(encode(reply)))
        while rest:
            try:
                rest = rest[_write(replies, rest) :]
            except BlockingIOError:  # noqa: PERF203 - a module has changed it
                os.set_blocking(replies, True)


def _read_key(requests: int) -> bytes:
    key = b""
    while len(key) < KEY_BYTES:
        if not (data := os.read(requests, KEY_BYTES - len(key))):
            break  # the supervisor is gone
        key += data
    return key


def _close(numbers: tuple[int, ...]) -> None:
    for number in numbers:
        try:
            os.close(number)
        except OSError:  # noqa: PERF203 - a module has closed it before
            continue
