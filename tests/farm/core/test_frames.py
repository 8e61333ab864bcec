"""Frames: only the one that is due is read, and anything else is noticed as soon as it can be."""

from __future__ import annotations

import struct
import zlib

import pytest

from farm.core.frames import HEADER_BYTES, KEY_BYTES, Direction, FrameReader, FrameWriter, NotAFrame

KEY = bytes(range(KEY_BYTES))
BODIES = [b"first", b"", b"\n" * 1000, bytes(70_000)]


def reader(number: int = 0) -> FrameReader:
    return FrameReader(KEY, Direction.REPLIES, number)


def writer(key: bytes = KEY, direction: Direction = Direction.REPLIES, number: int = 0) -> FrameWriter:
    return FrameWriter(key, direction, number)


@pytest.mark.parametrize("piece", [1, 7, HEADER_BYTES, 1 << 20])
def test_frames_read_back_the_same_however_they_arrive(piece: int) -> None:
    sender, receiver = writer(), reader()
    data = b"".join(map(sender.frame, BODIES))
    bodies = []
    for start in range(0, len(data), piece):
        receiver.feed(data[start : start + piece])
        while (body := receiver.next()) is not None:
            bodies.append(body)
    assert bodies == BODIES
    assert (sender.number, receiver.number, receiver.waiting) == (4, 4, False)


def test_a_conversation_goes_on_where_another_process_left_it() -> None:
    sender, receiver = writer(), reader()
    receiver.feed(sender.frame(b"one"))
    assert receiver.next() == b"one"
    continued = reader(receiver.number)
    continued.feed(writer(number=sender.number).frame(b"two"))
    assert continued.next() == b"two"


@pytest.mark.parametrize("beginning", [b"x", b"fare", b"hello there\n", b"\0", b'{"tag":"finished"}\n', bytes(1 << 20)])
def test_what_is_no_frame_is_noticed_by_its_first_bytes(beginning: bytes) -> None:
    receiver = reader()
    receiver.feed(beginning)
    with pytest.raises(NotAFrame):
        receiver.next()


def forged(length: int, number: int = 0, body: bytes = b"") -> bytes:
    """A frame by someone who knows its form, and not the key."""
    return struct.pack(">4sIQI", b"farm", length, number, zlib.crc32(body)) + bytes(12) + body


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (forged(0xFFFFFFFF), "a forged frame"),
        (forged(3, body=b"yes"), "a forged frame"),
        (writer(key=bytes(KEY_BYTES)).frame(b"of another worker"), "a forged frame"),
        (writer(direction=Direction.REQUESTS).frame(b"a request"), "a forged frame"),
        (writer(number=3).frame(b"too early"), "frame 3 in place of frame 0"),
    ],
)
def test_a_header_that_is_not_due_is_noticed_before_its_body_is_waited_for(data: bytes, problem: str) -> None:
    receiver = reader()
    receiver.feed(data[:HEADER_BYTES])
    with pytest.raises(NotAFrame, match=problem):
        receiver.next()


def test_a_frame_that_comes_twice_is_noticed() -> None:
    frame, receiver = writer().frame(b"once"), reader()
    receiver.feed(frame * 2)
    assert receiver.next() == b"once"
    with pytest.raises(NotAFrame, match="frame 0 in place of frame 1"):
        receiver.next()


def test_what_others_write_into_a_frame_is_noticed() -> None:
    frame, receiver = writer().frame(bytes(1000)), reader()
    receiver.feed(frame[:500] + b"noise")
    assert receiver.next() is None
    receiver.feed(frame[500:])
    with pytest.raises(NotAFrame, match="something else inside"):
        receiver.next()


def test_half_of_a_beginning_is_noticed_with_the_next_reply() -> None:
    receiver = reader()
    receiver.feed(b"far")
    assert receiver.next() is None
    receiver.feed(writer().frame(b"the real reply"))
    with pytest.raises(NotAFrame):
        receiver.next()
