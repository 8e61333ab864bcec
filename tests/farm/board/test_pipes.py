"""The supervisor's ends of a worker's pipes, with a test at the other ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from farm.board.pipes import READ_BYTES, Conversation, Pipes
from farm.core.frames import Direction, FrameReader, FrameWriter, NotAFrame

WAIT = 60.0


class Other:
    """The other ends, and a process that holds them open."""

    def __init__(self) -> None:
        self.conversation = Conversation.new()
        (self.requests, to_requests), (from_replies, self.replies) = os.pipe(), os.pipe()
        program = "import sys; sys.stdin.read()"
        self.process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
        self.pipes = Pipes(to_requests, from_replies, self.conversation, self.process.pid)
        self.writer = FrameWriter(self.conversation.key, Direction.REPLIES)

    def reply(self, data: bytes) -> None:
        os.write(self.replies, data)

    def end(self) -> None:
        """Let the process end."""
        self.process.communicate()


@pytest.fixture
def other() -> Iterator[Other]:
    ends = Other()
    yield ends
    ends.end()
    ends.pipes.close()
    os.close(ends.requests)
    os.close(ends.replies)


def test_messages_go_both_ways(other: Other) -> None:
    other.pipes.send(b"a request")
    requests = FrameReader(other.conversation.key, Direction.REQUESTS)
    requests.feed(os.read(other.requests, READ_BYTES))
    assert requests.next() == b"a request"
    other.reply(other.writer.frame(b"one") + other.writer.frame(b"two"))
    assert (other.pipes.message(WAIT), other.pipes.message(WAIT)) == (b"one", b"two")
    conversation = other.pipes.conversation
    assert (conversation.key, conversation.sent, conversation.received) == (other.conversation.key, 1, 2)
    assert other.conversation.key.hex() not in repr(conversation)


def test_a_process_that_closed_its_requests_is_still_watched(other: Other) -> None:
    def watch() -> None:
        raise InterruptedError

    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, other.requests)
    os.close(null)
    other.pipes.send(b"a request")
    other.pipes.send(b"another one")
    with pytest.raises(InterruptedError):
        other.pipes.message(WAIT, watch, every=0.01)


def test_replies_before_noise_are_returned_first(other: Other) -> None:
    other.reply(other.writer.frame(b"one") + b"noise" * 1000)
    assert other.pipes.message(WAIT) == b"one"
    with pytest.raises(NotAFrame, match="'noisenoise"):
        other.pipes.message(WAIT)


def test_the_end_of_the_process_ends_the_replies_although_a_child_of_it_holds_them_open(other: Other) -> None:
    other.reply(other.writer.frame(b"last"))
    other.end()
    assert other.pipes.message(WAIT) == b"last"
    assert other.pipes.message(WAIT) is None
    assert other.pipes.message(WAIT) is None
