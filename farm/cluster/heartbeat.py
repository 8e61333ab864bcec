"""Whether the Ray cluster still lives this process is connected to: without its head, calls would wait for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from farm.cluster.ray_client import ray
from farm.core.errors import NotRunnable

EVERY_SECONDS = 2.0
"""How often the head is asked for its nodes."""
SILENCE_SECONDS = 15.0
"""How long it may owe an answer: long enough for a busy host, short of the minute after which Ray ends this process."""
HINT = "what is recorded stays; go on with `farm sweep --resume last`"


def alive_nodes() -> int:
    """How many nodes the head says are alive."""
    return sum(bool(node["Alive"]) for node in ray.nodes())


class Heartbeat:
    """Asks the head in a thread of its own, which may wait for ever without harm."""

    def __init__(self, ask: Callable[[], int] = alive_nodes) -> None:
        self._ask = ask
        self._answered = time.monotonic()
        self._asked = 0.0  # when the question was that was answered last
        self._wanted = threading.Event()
        self._nodes: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="pulse").start()

    def check(self) -> None:
        """Looks at the last answer.

        Raises:
            NotRunnable: the head is silent, or has no node left.
        """
        silent = time.monotonic() - self._answered
        if silent > SILENCE_SECONDS:
            raise NotRunnable(f"the head of the Ray cluster has not answered for {silent:.0f} s: {HINT}")
        if self._nodes == 0:
            raise NotRunnable(f"the Ray cluster has no node left: {HINT}")

    def since(self, moment: float) -> bool:
        """Whether the head answered a question that was asked after a moment of the monotonic clock; else asks now."""
        if self._asked > moment:
            return True
        self._wanted.set()
        return False

    def end(self) -> None:
        """Asks no more."""
        self._ended.set()
        self._wanted.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            asked = time.monotonic()
            self._wanted.clear()
            try:
                self._nodes = self._ask()
                self._answered, self._asked = time.monotonic(), asked
            except Exception:  # noqa: BLE001 - whatever it is, it is no answer
                self._ended.wait(EVERY_SECONDS)
            self._wanted.wait(EVERY_SECONDS)
