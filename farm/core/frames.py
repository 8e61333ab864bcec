"""Frames: the form in which messages travel through a pipe that others may write to.

A sweep module runs in the worker's process, and its children inherit what that has open. So whatever comes out of a
pipe is a frame only if it has the header of the frame that is due: a magic word, the length and checksum of the body,
the frame's number, and a tag that only the supervisor and its worker can make. The header is checked before its body
is waited for. Text, noise, a frame that was sent before, or a length that nobody sent are noticed at once, and never
fill the memory.

The key is no secret from code that searches the worker's memory: see "Sweep modules" in docs/security.md.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from enum import Enum

KEY_BYTES = 32
"""The length of the key of one worker's frames. The supervisor sends it before the first frame."""
MAX_BODY_BYTES = 256 << 20
"""The longest body of a frame."""

_MAGIC = b"farm"
_FIELDS = struct.Struct(">4sIQI")  # the magic word, the body's length, the frame's number, the body's CRC-32
_TAG_BYTES = 12
HEADER_BYTES = _FIELDS.size + _TAG_BYTES
_SHOWN_BYTES = 40


class Direction(Enum):
    """The two pipes of a worker. A frame of one is none of the other."""

    REQUESTS = b"farm requests"
    REPLIES = b"farm replies"


class NotAFrame(ValueError):  # noqa: N818 - it names what was read
    """Something else than the frame that is due was read from a pipe."""


class FrameWriter:
    """Makes the frames of one direction.

    Attributes:
        number: of the next frame.
    """

    def __init__(self, key: bytes, direction: Direction, number: int = 0) -> None:
        self.number = number
        self._keyed = _keyed(key, direction)

    def frame(self, body: bytes) -> bytes:
        """Make the next frame.

        Raises:
            ValueError: the body is too long.
        """
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"a message has {len(body):,} bytes; at most {MAX_BODY_BYTES:,} are sent")
        fields = _FIELDS.pack(_MAGIC, len(body), self.number, zlib.crc32(body))
        self.number += 1
        return fields + _tag(self._keyed, fields) + body


class FrameReader:
    """Takes the frames of one direction out of what was read from a pipe.

    Attributes:
        number: of the next frame.
    """

    def __init__(self, key: bytes, direction: Direction, number: int = 0) -> None:
        self.number = number
        self._keyed = _keyed(key, direction)
        self._data = bytearray()
        self._due: tuple[int, int] | None = None  # length and checksum of the body whose header was read

    @property
    def waiting(self) -> bool:
        """Whether data was read that is not part of a returned frame."""
        return bool(self._data)

    def feed(self, data: bytes) -> None:
        """Add what was read."""
        self._data += data

    def next(self) -> bytes | None:
        """Return the body of the next frame; None while it is incomplete.

        Raises:
            NotAFrame: what was read is not the frame that is due.
        """
        if self._due is None:
            if len(self._data) < HEADER_BYTES:
                if not _MAGIC.startswith(self._data[: len(_MAGIC)]):
                    raise NotAFrame(_shown(self._data))
                return None
            self._due = self._header()
        length, checksum = self._due
        end = HEADER_BYTES + length
        if len(self._data) < end:
            return None
        body = bytes(self._data[HEADER_BYTES:end])
        if zlib.crc32(body) != checksum:
            raise NotAFrame("a frame with something else inside")
        del self._data[:end]
        self._due = None
        self.number += 1
        return body

    def _header(self) -> tuple[int, int]:
        fields = bytes(self._data[: _FIELDS.size])
        magic, length, number, checksum = _FIELDS.unpack(fields)
        if magic != _MAGIC:
            raise NotAFrame(_shown(self._data))
        if _tag(self._keyed, fields) != self._data[_FIELDS.size : HEADER_BYTES]:
            raise NotAFrame("a forged frame")
        if number != self.number:
            raise NotAFrame(f"frame {number} in place of frame {self.number}")
        return length, checksum


def _keyed(key: bytes, direction: Direction) -> hashlib.blake2b:
    """The hash that has taken the key of one direction's frames, and nothing else."""
    return hashlib.blake2b(key=key, person=direction.value, digest_size=_TAG_BYTES)


def _tag(keyed: hashlib.blake2b, fields: bytes) -> bytes:
    """The tag of a frame with these fields."""
    tag = keyed.copy()
    tag.update(fields)
    return tag.digest()


def _shown(data: bytearray) -> str:
    """The beginning of something that is no frame, as text of one line."""
    text = bytes(data[:_SHOWN_BYTES]).decode("latin-1")
    return repr(text) + (" ..." if len(data) > _SHOWN_BYTES else "")
