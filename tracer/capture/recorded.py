"""What a capture knows of the calls of a test, and whether a thread is inside one."""

from __future__ import annotations

import threading
from itertools import count


class CallsOfTest:
    """A test, or the time between two: the configurations that were called in it, if they count."""

    __slots__ = ("called", "counts")

    def __init__(self, *, counts: bool) -> None:
        self.counts = counts
        self.called: list[Recorded] = []


class Recorded:
    """A configuration that was recorded.

    Attributes:
        number: the journal's.
        answered: whether its output is recorded, too.
        test: the one it was called in last.
        times: how often it was called there. `next` counts without a lock, which would double the cost of a call.
    """

    __slots__ = ("answered", "number", "test", "times")

    def __init__(self, number: int) -> None:
        self.number = number
        self.answered = False
        self.test: CallsOfTest | None = None
        self.times = count()


class Inside:
    """Whether a thread is inside an operation."""

    __slots__ = ("inside",)

    def __init__(self) -> None:
        self.inside = False


class ThreadState(threading.local):
    """The thread's own state: an attribute that is local to a thread takes longer to read than a slot."""

    def __init__(self) -> None:
        self.state = Inside()
