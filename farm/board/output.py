"""What a process prints, read by its supervisor: the end is kept, in memory and in a file; both are bounded.

The process writes to a pipe that a thread here empties whatever happens, so it is never blocked for long, and neither a
full disk nor a gigabyte of output is an error of the process. Between two vectors a worker writes a mark into the pipe,
which says exactly what was printed since; marks are taken out of the text.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import threading
from collections import OrderedDict
from pathlib import Path

from farm.core.log import FILE_BYTES
from farm.core.output_marks import LONGEST_MARK, MARK, MARK_EDGE

PIPE_BYTES = 1 << 20
"""The capacity of the pipe: what a process may print before this one is scheduled. Linux's default is 64 KiB."""
READ_BYTES = 1 << 20
DRAIN_BYTES = 16 << 20
"""The most that is read at once: a process that never stops printing must not keep its supervisor."""
RECENT_BYTES = 64 << 10
"""The end of the text that is kept in memory; failures are classified by it."""
MARKS = 1024
"""The marks whose places are known: more than a worker can be ahead of its supervisor."""
PAUSE_SECONDS = 0.02
"""The thread's pause after it emptied the pipe: each wake-up costs processor time."""

_MARK = re.compile(MARK)


class Output:
    """The output of one process.

    Attributes:
        log: the file with the end of the output. It may be that of earlier processes, which is continued.
        write_end: the descriptor for the process; see `release`.
    """

    def __init__(self, log: Path) -> None:
        """Make the pipe and start to read it.

        Args:
            log: the file; where it can't be written, there is none.
        """
        self.log = log
        self._pipe, self.write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        with contextlib.suppress(OSError):  # the memory that a user's pipes may take is limited
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._wake, self._waker = os.pipe()
        self._lock = threading.Lock()
        self._length = 0
        self._recent = bytearray()
        self._unread = b""  # what may be the beginning of a mark
        self._unwritten = bytearray()
        self._marks: OrderedDict[int, int] = OrderedDict({0: 0})
        self._ended = self._closed = False
        self._thread = threading.Thread(target=self._follow, daemon=True, name="output")
        self._thread.start()

    @property
    def length(self) -> int:
        """The bytes of text that were read so far."""
        return self._length

    def release(self) -> None:
        """Close this process's copy of `write_end`, once the process has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def since(self, mark: int = 0) -> str:
        """The end of what was printed after a mark, by now.

        Args:
            mark: its number; 0 for the beginning. For one that never came, the last one before it counts.
        """
        with self._lock:
            self._drain()
            place = next((self._marks[each] for each in reversed(self._marks) if each <= mark), 0)
            text = bytes(self._recent) + self._unread
            return text[max(0, place - (self._length - len(self._recent))) :].decode(errors="replace")

    def close(self) -> None:
        """Read what is there, and read no more."""
        if self._closed:
            return
        self._closed = True
        os.write(self._waker, b"\n")
        self._thread.join()
        self.release()
        with self._lock:
            self._drain()
            self._add(self._unread)
            self._unread = b""
            self._write()
        for descriptor in (self._pipe, self._wake, self._waker):
            os.close(descriptor)
        self._ended = True

    def _follow(self) -> None:
        while not (self._ended or self._closed):
            select.select([self._pipe, self._wake], [], [])
            with self._lock:
                more = self._drain() >= DRAIN_BYTES
                self._write()
            if not more:
                select.select([self._wake], [], [], PAUSE_SECONDS)

    def _drain(self) -> int:
        """Read what the pipe has, at most `DRAIN_BYTES`; return how much that was."""
        size = 0
        while not self._ended and size < DRAIN_BYTES:
            try:
                data = os.read(self._pipe, READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                self._ended = True
            size += len(data)
            self._take(data)
        return size

    def _take(self, data: bytes) -> None:
        data, self._unread = self._unread + data, b""
        if MARK_EDGE in data:
            start = 0
            for mark in _MARK.finditer(data):
                self._add(data[start : mark.start()])
                self._marks[int(mark[1])] = self._length
                start = mark.end()
            while len(self._marks) > MARKS:
                self._marks.popitem(last=False)
            edge = data.rfind(MARK_EDGE, max(start, len(data) - LONGEST_MARK))
            if edge >= 0:
                self._unread = data[edge:]
            data = data[start : edge if edge >= 0 else None]
        self._add(data)

    def _add(self, text: bytes) -> None:
        self._length += len(text)
        _keep_end(self._recent, text, RECENT_BYTES)
        _keep_end(self._unwritten, text, FILE_BYTES)

    def _write(self) -> None:
        if self._unwritten:
            append(self.log, self._unwritten)
            self._unwritten.clear()


def _keep_end(end: bytearray, text: bytes, most: int) -> None:
    end += text[-most:]
    del end[:-most]


def append(path: Path, text: bytes | bytearray, most: int = FILE_BYTES) -> None:
    """Append to a file, which keeps between `most` and twice as many bytes; do nothing where it can't be written."""
    with contextlib.suppress(OSError), path.open("ab+") as file:
        if file.seek(0, os.SEEK_END) + len(text) > 2 * most:
            room = max(0, most - len(text))
            file.seek(max(0, file.tell() - room))
            text = file.read(room) + text
            file.truncate(0)
        file.write(text)
