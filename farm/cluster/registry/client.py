"""How processes on a farm's hosts connect to the farm, and call its registry: the actor that one of them starts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from farm.cluster.nodes.host_state import certificates_for, load_state
from farm.cluster.nodes.node import require_head
from farm.cluster.registry.cluster_values import SETTINGS, ClusterValues, RegistrySettings
from farm.cluster.registry.published import NO_FARM, RESTART_COMMAND
from farm.cluster.registry.service import RegistryActor
from farm.core.errors import FarmError, NotRunnable
from farm.core.plain_words import reason_of
from farm.core.settings import load_settings

_LOG = logging.getLogger(__name__)

NAMESPACE, NAME = "farm", "registry"
"""By which Ray finds the registry's actor."""
ANSWER_SECONDS = 30.0
"""How long the registry may take to answer."""
RETRY_SECONDS = 0.5
"""How long to wait for a registry that restarts before it is asked again."""
ADVICE = f"runs go on without it; to have Ray start it again, type on the head: {RESTART_COMMAND}"
CLOCK_QUESTIONS = 3
"""How often the head is asked for its time: the quickest answer is the most exact."""

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class FarmClient:
    """The registry, for a process that is connected to its cluster. Its `FarmError`s are raised here.

    A call names a method of the actor's class, so that type checkers see its arguments and its answer:

        view = farm.call(RegistryActor.view)
    """

    def __init__(self, actor: Any, find: Callable[[], Any] | None = None) -> None:
        """Make a client.

        Args:
            actor: Ray's handle of the registry.
            find: finds the handle of the registry that replaces a dead one; raises `NotRunnable` without one.
        """
        self._actor = actor
        self._find = find

    def send(
        self,
        method: Callable[Concatenate[RegistryActor, Arguments], object],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Any:
        """Call a method of the registry, and return Ray's reference to its answer, at once."""
        return getattr(self._actor, method.__name__).remote(*arguments, **keywords)

    def tell(
        self,
        method: Callable[Concatenate[RegistryActor, Arguments], object],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Any:
        """Call a method as `send` does; None where the call can't even be sent, which is no error here."""
        from farm.cluster.ray_client import ray

        try:
            return self.send(method, *arguments, **keywords)
        except ray.exceptions.RayError as error:
            _LOG.warning("the farm's registry was not told: %s", reason_of(error))
            return None

    def call(
        self,
        method: Callable[Concatenate[RegistryActor, Arguments], Answer],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Answer:
        """Call a method of the registry, and wait for its answer; a registry that restarts is waited for.

        Raises:
            FarmError: the registry's own error.
            NotRunnable: it doesn't answer.
        """
        from farm.cluster.ray_client import ray

        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            left = deadline - time.monotonic()
            with self._errors(is_last=left < RETRY_SECONDS):
                answer: Answer = ray.get(self.send(method, *arguments, **keywords), timeout=max(0.0, left))
                return answer
            time.sleep(RETRY_SECONDS)
            self.renew()

    @contextmanager
    def _errors(self, *, is_last: bool) -> Iterator[None]:
        """Raise errors of a call as ours; the death of the actor only where this was the last try."""
        from farm.cluster.ray_client import ray

        try:
            yield
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, FarmError):
                raise error.cause from None
            raise NotRunnable(f"the farm's registry failed: {error.cause}; {ADVICE}") from error
        except ray.exceptions.RayActorError as error:
            if is_last:
                reason = reason_of(error)
                raise NotRunnable(f"the farm's registry doesn't start again: {reason}; {ADVICE}") from error
        except (ray.exceptions.RayError, TimeoutError) as error:
            raise NotRunnable(f"the farm's registry doesn't answer: {reason_of(error)}; {ADVICE}") from error

    def renew(self) -> None:
        """Find the registry that took the place of a dead one. Without a head, this may wait for ever.

        Raises:
            NotRunnable: there is none.
        """
        if self._find is not None:
            self._actor = self._find()

    def clock_ahead(self) -> float:
        """How many seconds this host's clock is ahead of the head's."""
        answers = []
        for _ in range(CLOCK_QUESTIONS):
            sent = time.time()
            head_time = self.call(RegistryActor.clock)
            received = time.time()
            answers.append((received - sent, (sent + received) / 2 - head_time))
        return min(answers)[1]


def start_registry(folder: Path, metrics_port: int | None) -> FarmClient:
    """Start the registry on the head; it stays when this process ends, and Ray starts it again when it dies.

    Args:
        folder: the head's state folder, in which the holds are kept.
        metrics_port: where to serve metrics; None for nowhere.
    """
    settings = RegistrySettings(folder=str(folder.absolute()), metrics_port=metrics_port)
    ClusterValues().put(SETTINGS, settings.model_dump_json().encode())
    client = FarmClient(_start_actor(settings), _find_actor)
    _LOG.info("the registry runs on this host")
    return client


def find_farm(address: str) -> FarmClient:
    """The registry of the cluster that this process is connected to.

    Raises:
        NotRunnable: that cluster is no farm.
    """
    try:
        return FarmClient(_find_actor(), _find_actor)
    except NotRunnable:
        raise NotRunnable(f"the Ray cluster at {address} is no farm: {NO_FARM}") from None


def _start_actor(settings: RegistrySettings) -> Any:
    from farm.cluster.ray_client import ray

    options = {"num_cpus": 0, "resources": {"node:__internal_head__": 0.001}, "max_restarts": -1}
    return (
        ray.remote(RegistryActor)
        .options(name=NAME, namespace=NAMESPACE, lifetime="detached", get_if_exists=True, **options)
        .remote(Path(settings.folder) / "holds.json", settings.metrics_port)
    )


def _find_actor() -> Any:
    """The registry's actor; a new one where it died for good.

    Raises:
        NotRunnable: the cluster never had one.
    """
    from farm.cluster.ray_client import ray

    try:
        return ray.get_actor(NAME, namespace=NAMESPACE)
    except ValueError:
        settings = ClusterValues().get(SETTINGS)
        if settings is None:
            raise NotRunnable(NO_FARM) from None
        return _start_actor(RegistrySettings.model_validate_json(settings))


@contextmanager
def connected(address: str, token_file: Path) -> Iterator[FarmClient]:
    """A connection to a farm for the time of a `with` block. Only hosts of the farm can connect.

    Raises:
        NotRunnable: no farm answers, it refuses the token, or this host is not one of its hosts.
    """
    require_head(address, token_file, certificates_for(address))
    with ray_connection(address):
        yield find_farm(address)


@contextmanager
def ray_connection(address: str) -> Iterator[None]:
    """A connection to a cluster of which this host is a node.

    Raises:
        NotRunnable: this host is no node of it.
    """
    from farm.cluster.ray_signals import end_ray, start_ray

    state = load_state(load_settings().state)
    # where a host has several addresses, Ray may take another node for its own
    is_own = state is not None and state.is_alive and state.address == address
    options = {"_node_ip_address": state.node_ip} if state and is_own else {}
    try:
        start_ray(address=address, log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise NotRunnable(
            f"this host is none of the farm's at {address}: join it (`farm up --join {address}`), or send the command "
            f"there: `farm submit -- ...` ({str(error).strip().splitlines()[0]})"
        ) from error
    try:
        yield
    finally:
        end_ray()
