"""Actors of boards without Ray: a test decides which calls have an answer, and which one."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farm.board.limits import Limits
from farm.cluster.actor import WorkerStarted, WorkerUnusable
from farm.cluster.heartbeat import Heartbeat
from farm.core.board import Board, WorkerInfo
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

_NUMBERS = itertools.count()


@dataclass
class Clock:
    """A clock that the test sets."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Reference:
    """A call of an actor: `answer` is what it returns or raises, once `is_ready`."""

    method: str
    answer: Any = None
    is_ready: bool = True
    number: int = field(default_factory=lambda: next(_NUMBERS))

    def __hash__(self) -> int:
        return self.number


class Stream:
    """What a board reports: lists of messages, ready as long as there are some; `None` ends the call."""

    def __init__(self) -> None:
        self.lists: deque[Any] = deque()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Reference:
        messages = self.lists.popleft()
        if messages is None:
            raise StopIteration
        return Reference("outcomes", messages)


class FakeHandle:
    """A `BoardHandle`.

    Attributes:
        calls: every call, in order.
        streams: of each call of `outcomes`.
        start_answer: what `start` returns.
        answers: whether `answer` has an answer.
        killed: whether it was killed.
    """

    def __init__(self) -> None:
        self.calls: list[Reference] = []
        self.streams: list[Stream] = []
        self.start_answer: WorkerStarted | WorkerUnusable = WorkerStarted(WorkerInfo(pid=1))
        self.starts = True
        self.answers = True
        self.killed = False

    def _call(self, method: str, answer: Any = None, *, is_ready: bool = True) -> Reference:
        self.calls.append(Reference(method, answer, is_ready))
        return self.calls[-1]

    def start(self) -> Reference:
        return self._call("start", self.start_answer, is_ready=self.starts)

    def outcomes(self) -> Stream:
        self.streams.append(Stream())
        return self.streams[-1]

    def give(self, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> Reference:  # noqa: ARG002 - see `BoardHandle`
        return self._call(f"give {batch}")

    def answer(self) -> Reference:
        return self._call("answer", is_ready=self.answers)

    def stop(self) -> Reference:
        return self._call("stop")

    def close(self) -> Reference:
        return self._call("close", (0, 0))

    def kill(self) -> None:
        self.killed = True


class FakeCalls:
    """The `Calls` of fake actors; never waits.

    Attributes:
        waits: the references of each wait that could have taken time.
    """

    def __init__(self) -> None:
        self.waits: list[list[Any]] = []

    def wait(self, references: Sequence[Any], *, number: int, seconds: float) -> list[Any]:
        if seconds:
            self.waits.append(list(references))
        ready = [each for each in references if (each.lists if isinstance(each, Stream) else each.is_ready)]
        return ready[:number]

    def get(self, reference: Reference) -> Any:
        if isinstance(reference.answer, BaseException):
            raise reference.answer
        return reference.answer


class FakeActors:
    """Starts fake actors; `handles` has all of each board, the first one first."""

    def __init__(self) -> None:
        self.handles: dict[str, list[FakeHandle]] = {}
        self.starts = True

    def __call__(self, board: Board, limits: Limits, folder: Path | None, run_id: str) -> FakeHandle:  # noqa: ARG002 - see `start_actor`
        handle = FakeHandle()
        handle.starts = self.starts
        self.handles.setdefault(board.id, []).append(handle)
        return handle


class FakeHeartbeat(Heartbeat):
    """A heartbeat without a thread; `nodes` is what the head says, None for silence."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(self._count, clock)
        self.nodes: int | None = 1

    def _count(self) -> int:
        if self.nodes is None:
            raise ConnectionError
        return self.nodes

    def start(self) -> None:
        """Starts no thread."""

    def alive_since(self, moment: float) -> bool:
        """Asks here."""
        self.ask()
        return super().alive_since(moment)
