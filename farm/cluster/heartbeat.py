"""Detect loss of the Ray head. Without its head, a call to Ray may wait for ever."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from farm.cluster.ray_client import ray
from farm.core.awake_clock import awake_seconds
from farm.core.errors import NotRunnable
from farm.core.settings import CLUSTER_SILENCE_SECONDS

_LOG = logging.getLogger(__name__)
_ALIVE = 0  # `GcsNodeInfo.ALIVE` of Ray's protocol

INTERVAL_SECONDS = 2.0
"""How often the head is asked for its nodes."""
ANSWER_SECONDS = 10.0
"""How long one answer may take."""
HINT = "what is recorded stays"


class HeadLost(NotRunnable):
    """The head is silent, or another one is in its place."""


def count_nodes() -> int:
    """The number of nodes that the head says are alive.

    Raises:
        HeadLost: another head is in its place, to which this process can't connect any more.
        Exception: there is no answer.
    """
    # `ray.nodes` ends this process when it meets another head
    client = ray._private.worker.global_worker.gcs_client  # noqa: SLF001
    try:
        nodes = client.get_all_node_info(timeout=ANSWER_SECONDS)
    except Exception:
        other = ray._raylet.GcsClient(address=client.address)  # noqa: SLF001
        if other.cluster_id != client.cluster_id:
            raise HeadLost(f"the head of the Ray cluster was replaced: {HINT}") from None
        raise
    return sum(node.state == _ALIVE for node in nodes.values())


class Heartbeat:
    """Asks the head for its nodes, in a thread of its own, which may wait for ever without harm.

    Attributes:
        silence_limit: how many seconds the head may be silent.
    """

    def __init__(
        self,
        ask: Callable[[], int] = count_nodes,
        clock: Callable[[], float] = awake_seconds,
        *,
        silence_limit: float = CLUSTER_SILENCE_SECONDS,
    ) -> None:
        """Make one that asks nothing yet.

        Args:
            ask: asks the head for the number of its nodes; raises where there is no answer.
            clock: seconds, as `time.monotonic` counts them, while this process is not stopped.
            silence_limit: see above.
        """
        self.silence_limit = silence_limit
        self._ask = ask
        self._clock = clock
        self._answered_at = clock()
        self._asked_at = -float("inf")  # when the last question was asked that has an answer
        self._nodes: int | None = None
        self._loss: HeadLost | None = None
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
        except HeadLost as loss:
            self._loss = loss
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer
            _LOG.debug("no answer from the head: %s", error)
            return False
        self._answered_at, self._asked_at = self._clock(), asked_at
        return True

    def check(self) -> None:
        """Look at the last answer.

        Raises:
            HeadLost: the head is silent, or was replaced.
            NotRunnable: the cluster has no node left.
        """
        if self._loss is not None:
            raise self._loss
        silent = self._clock() - self._answered_at
        if silent > self.silence_limit:
            raise HeadLost(f"the head of the Ray cluster has not answered for {silent:.0f} s: {HINT}")
        if self._nodes == 0:
            raise NotRunnable(f"the Ray cluster has no node left: {HINT}, and `farm sweep --resume` goes on with it")

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
