"""Detect loss of the Ray head. Without its head, a call to Ray may wait for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from farm.cluster.ray_client import ray
from farm.core.errors import NotRunnable

_LOG = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0
"""How often the head is asked for its nodes."""
SILENCE_SECONDS = 15.0
"""How long an answer may take: long enough for a busy host, short of the minute after which Ray ends this process."""
HINT = "what is recorded stays; go on with `farm sweep --resume last`"


def count_nodes() -> int:
    """The number of nodes that the head says are alive."""
    return sum(bool(node["Alive"]) for node in ray.nodes())


class Heartbeat:
    """Asks the head for its nodes, in a thread of its own, which may wait for ever without harm."""

    def __init__(self, ask: Callable[[], int] = count_nodes, clock: Callable[[], float] = time.monotonic) -> None:
        """Make one that asks nothing yet.

        Args:
            ask: asks the head for the number of its nodes; raises where there is no answer.
            clock: seconds, as `time.monotonic` counts them.
        """
        self._ask = ask
        self._clock = clock
        self._answered_at = clock()
        self._asked_at = -float("inf")  # when the last question was asked that has an answer
        self._nodes: int | None = None
        self._ask_now = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Ask now, and then every `INTERVAL_SECONDS`."""
        self._answered_at = self._clock()
        threading.Thread(target=self._run, daemon=True, name="heartbeat").start()

    def ask(self) -> bool:
        """Ask once; whether there was an answer."""
        asked_at = self._clock()
        try:
            self._nodes = self._ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
            _LOG.debug("no answer from the head: %s", error)
            return False
        self._answered_at, self._asked_at = self._clock(), asked_at
        return True

    def check(self) -> None:
        """Look at the last answer.

        Raises:
            NotRunnable: the head is silent, or has no node left.
        """
        silent = self._clock() - self._answered_at
        if silent > SILENCE_SECONDS:
            raise NotRunnable(f"the head of the Ray cluster has not answered for {silent:.0f} s: {HINT}")
        if self._nodes == 0:
            raise NotRunnable(f"the Ray cluster has no node left: {HINT}")

    def alive_since(self, moment: float) -> bool:
        """Whether the head answered a question that was asked after a moment of the clock; if not, it is asked now."""
        if self._asked_at > moment:
            return True
        self._ask_now.set()
        return False

    def end(self) -> None:
        """Ask no more."""
        self._ended.set()
        self._ask_now.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._ask_now.clear()
            if not self.ask():
                self._ended.wait(INTERVAL_SECONDS)
            self._ask_now.wait(INTERVAL_SECONDS)
