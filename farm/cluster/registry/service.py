"""The registry as a Ray actor on the farm's head, and how to reach it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farm.cluster.hosts.host_state import load_state
from farm.cluster.hosts.node import require_head
from farm.cluster.registry.records import Answer, FarmView, HostOffer, RunReport
from farm.cluster.registry.registry import Hold, Registry
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically
from farm.core.settings import load_settings

NAMESPACE, NAME = "farm", "registry"
ANSWER_SECONDS = 30.0
"""How long the registry may take to answer."""
CLOCK_ANSWERS = 3
LOOK_SECONDS = 0.5
"""How often the registry looks which nodes are alive."""


class RegistryActor:
    """Runs on the head, for as long as the farm is up. What people hold is kept in a file."""

    def __init__(self, holds: Path, metrics_port: int | None) -> None:
        self._holds = holds
        self._registry = Registry(_read_holds(holds))
        self._looked = 0.0
        self._lock = threading.Lock()  # the metrics are asked for from another thread
        if metrics_port is not None:
            from farm.cluster.registry.metrics import serve

            serve(self.view, lambda: dict(self._registry.verdicts), metrics_port)

    def clock(self) -> float:
        """Unix time in seconds, here."""
        return time.time()

    def join(self, offer: HostOffer) -> None:
        """See `Registry.join`."""
        with self._lock:
            self._look(at_once=True)
            self._registry.join(offer, time.time())

    def drain(self, name: str, why: str) -> int:
        """See `Registry.drain`."""
        return self._registry.drain(name, why)

    def in_use(self, name: str) -> int:
        """See `Registry.in_use`."""
        return self._registry.in_use(name)

    def leave(self, name: str) -> None:
        """See `Registry.leave`."""
        with self._lock:
            self._registry.leave(name)

    def hold(self, board: str, why: str, by: str) -> None:
        """See `Registry.hold`."""
        with self._lock:
            self._registry.hold(board, why, by, time.time())
            self._keep()

    def release(self, board: str) -> None:
        """See `Registry.release`."""
        with self._lock:
            self._registry.release(board, time.time())
            self._keep()

    def checked(self, board: str, passed: bool, message: str) -> None:  # noqa: FBT001 - the check's answer
        """See `Registry.checked`."""
        with self._lock:
            self._registry.checked(board, passed, message, time.time())
            self._keep()

    def find(self, board: str) -> Board:
        """See `Registry.find`."""
        return self._registry.find(board)

    def exchange(self, report: RunReport) -> Answer:
        """See `Registry.exchange`."""
        with self._lock:
            self._look()
            held = len(self._registry.holds)
            answer = self._registry.exchange(report, time.time())
            if len(self._registry.holds) != held:
                self._keep()
            return answer

    def ended(self, run: str) -> None:
        """See `Registry.ended`."""
        with self._lock:
            self._registry.ended(run, time.time())

    def view(self) -> FarmView:
        """See `Registry.view`."""
        with self._lock:
            self._look()
            return self._registry.view(time.time())

    def _look(self, *, at_once: bool = False) -> None:
        from farm.cluster.ray_client import ray

        if at_once or time.monotonic() - self._looked > LOOK_SECONDS:
            self._registry.nodes([node["NodeID"] for node in ray.nodes() if node["Alive"]])
            self._looked = time.monotonic()

    def _keep(self) -> None:
        text = json.dumps({board: asdict(hold) for board, hold in self._registry.holds.items()}, indent=1)
        write_atomically(self._holds, text)


class FarmClient:
    """The registry, as those connected to its cluster call it. Its errors come out as they went in."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor

    def call(self, method: str, *arguments: object) -> Any:
        """Calls a method of the registry and waits for its answer.

        Raises:
            FarmError: what the registry says.
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
        """How many seconds this host's clock is ahead of the head's, by the quickest of a few answers."""
        answers = []
        for _ in range(CLOCK_ANSWERS):
            asked = time.time()
            there: float = self.call("clock")
            answered = time.time()
            answers.append((answered - asked, (asked + answered) / 2 - there))
        return min(answers)[1]


def start_registry(folder: Path, metrics_port: int | None) -> FarmClient:
    """Starts the registry on this node, the head, to stay when this process ends."""
    from farm.cluster.ray_client import ray

    options = {"num_cpus": 0, "resources": {"node:__internal_head__": 0.001}, "max_restarts": 0}
    actor = (
        ray.remote(RegistryActor)
        .options(name=NAME, namespace=NAMESPACE, lifetime="detached", get_if_exists=True, **options)
        .remote(folder / "holds.json", metrics_port)
    )
    return FarmClient(actor)


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
    """Connects to a farm for the time of a `with` block. Only one of the farm's hosts can.

    Raises:
        NotRunnable: nothing answers, the token is refused, or this host is none of the farm's.
    """
    require_head(address, token_file)
    with ray_connection(address):
        yield find_farm(address)


@contextmanager
def ray_connection(address: str) -> Iterator[None]:
    """A connection to a cluster of which this host is a node."""
    from farm.cluster.ray_client import ray

    state = load_state(load_settings().state)
    # where a host has several addresses, Ray may take another node for its own
    own = {"_node_ip_address": state.node_ip} if state and state.is_alive and state.address == address else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **own)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise NotRunnable(
            f"this host is none of the farm's at {address}: join it (`farm up --join {address}`), or send the command "
            f"there: `farm submit -- ...` ({str(error).strip().splitlines()[0]})"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _read_holds(path: Path) -> dict[str, Hold]:
    try:
        return {board: Hold(**raw) for board, raw in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
