"""How processes on a farm's hosts connect to the farm, and call its registry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.cluster.nodes.host_state import load_state
from farm.cluster.nodes.node import require_head
from farm.core.errors import FarmError, NotRunnable
from farm.core.settings import load_settings

NAMESPACE, NAME = "farm", "registry"
"""By which Ray finds the registry's actor."""
ANSWER_SECONDS = 30.0
"""How long the registry may take to answer."""
CLOCK_QUESTIONS = 3
"""How often the head is asked for its time: the quickest answer is the most exact."""


class FarmClient:
    """The registry, for a process that is connected to its cluster. Its `FarmError`s are raised here.

    Attributes:
        actor: the registry's actor, for calls that need no answer.
    """

    def __init__(self, actor: Any) -> None:
        self.actor = actor

    def call(self, method: str, *arguments: object) -> Any:
        """Call a method of the registry, and wait for its answer.

        Raises:
            FarmError: the registry's own error.
            NotRunnable: it doesn't answer.
        """
        from farm.cluster.ray_client import ray

        try:
            return ray.get(getattr(self.actor, method).remote(*arguments), timeout=ANSWER_SECONDS)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, FarmError):
                raise error.cause from None
            raise NotRunnable(f"the farm's registry failed: {error.cause}") from error
        except (ray.exceptions.RayError, TimeoutError) as error:
            raise NotRunnable(f"the farm's registry doesn't answer: {str(error).splitlines()[0]}") from error

    def clock_ahead(self) -> float:
        """How many seconds this host's clock is ahead of the head's."""
        answers = []
        for _ in range(CLOCK_QUESTIONS):
            sent = time.time()
            head_time: float = self.call("clock")
            received = time.time()
            answers.append((received - sent, (sent + received) / 2 - head_time))
        return min(answers)[1]


def find_farm(address: str) -> FarmClient:
    """The registry of the cluster that this process is connected to.

    Raises:
        NotRunnable: that cluster is no farm.
    """
    from farm.cluster.ray_client import ray

    try:
        return FarmClient(ray.get_actor(NAME, namespace=NAMESPACE))
    except ValueError as error:
        raise NotRunnable(f"the Ray cluster at {address} is no farm: start its head with `farm up --head`") from error


@contextmanager
def connected(address: str, token_file: Path) -> Iterator[FarmClient]:
    """A connection to a farm for the time of a `with` block. Only hosts of the farm can connect.

    Raises:
        NotRunnable: no farm answers, it refuses the token, or this host is not one of its hosts.
    """
    require_head(address, token_file)
    with ray_connection(address):
        yield find_farm(address)


@contextmanager
def ray_connection(address: str) -> Iterator[None]:
    """A connection to a cluster of which this host is a node.

    Raises:
        NotRunnable: this host is no node of it.
    """
    from farm.cluster.ray_client import ray

    state = load_state(load_settings().state)
    # where a host has several addresses, Ray may take another node for its own
    is_own = state is not None and state.is_alive and state.address == address
    options = {"_node_ip_address": state.node_ip} if state and is_own else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise NotRunnable(
            f"this host is none of the farm's at {address}: join it (`farm up --join {address}`), or send the command "
            f"there: `farm submit -- ...` ({str(error).strip().splitlines()[0]})"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
