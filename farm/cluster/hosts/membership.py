"""Joining a farm, and leaving it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.cluster.hosts.host_state import HostState, forget_state, load_state
from farm.cluster.hosts.inventory import Inventory
from farm.cluster.hosts.node import Node, end_node, require_head, start_node
from farm.cluster.hosts.token import use_token
from farm.cluster.registry.records import HostOffer
from farm.cluster.registry.service import connected, start_registry
from farm.core.errors import FarmError, NotRunnable
from farm.core.settings import Settings

DRAIN_SECONDS = 600.0
"""How long the boards of a leaving host may take to end what they run."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Joined:
    """A host that is up.

    Attributes:
        state: what it remembers.
        inventory: what it offers.
        versions: of what drives its boards.
    """

    state: HostState
    inventory: Inventory
    versions: dict[str, str]


def go_up(
    node: Node, inventory: Inventory, versions: dict[str, str], folder: Path, metrics_port: int | None = None
) -> Joined:
    """Starts this host's Ray node and offers its boards to the farm.

    Raises:
        FarmError: this host is up already, or another has its name.
        NotRunnable: Ray doesn't start, or the farm doesn't answer or refuses the token.
    """
    before = load_state(folder)
    if before is not None and before.lives:
        raise FarmError(f"this host is in the farm at {before.address} already, as {before.name}: `farm down` first")
    if before is not None:
        end_node(before)  # what a killed node left behind
    use_token(node.token_file)
    if node.join:
        require_head(node.join, node.token_file)
    state = start_node(node, folder)
    try:
        _register(state, inventory, versions, folder, metrics_port)
    except BaseException:
        end_node(state)
        forget_state(folder)
        raise
    return Joined(state, inventory, versions)


def go_down(folder: Path, *, drain: bool, patience: float = DRAIN_SECONDS, tell: Callable[[str], None]) -> int:
    """Ends what `go_up` started on this host, and nothing else.

    Args:
        folder: where the host remembers it.
        drain: whether its boards may first end what they run.
        patience: for how many seconds.
        tell: takes what is worth telling.

    Returns:
        How many processes were ended.

    Raises:
        FarmError: there is nothing to end.
    """
    state = load_state(folder)
    if state is None:
        raise FarmError(f"this host is in no farm: nothing in {folder} says so")
    if state.lives:
        try:
            _take_leave(state, drain=drain, patience=patience, tell=tell)
        except NotRunnable as error:
            tell(f"the farm was not told: {error}")
    ended = end_node(state)
    forget_state(folder)
    return ended


def stay(folder: Path) -> None:
    """Returns when this host's node is gone, or SIGTERM or SIGINT asks for it: for systemd and containers."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.append(number))
    while not asked:
        state = load_state(folder)
        if state is None:
            return  # `farm down` ended it
        if not state.lives:
            forget_state(folder)
            end_node(state)
            raise NotRunnable(f"this host's Ray node ended; what it said is in {state.log}")
        _reap()
        time.sleep(LOOK_SECONDS)
    go_down(folder, drain=False, tell=lambda _: None)


def _register(
    state: HostState, inventory: Inventory, versions: dict[str, str], folder: Path, metrics_port: int | None
) -> None:
    from farm.cluster.ray_client import ray
    from farm.cluster.registry.service import find_farm, ray_connection

    with ray_connection(state.address):
        farm = start_registry(folder, metrics_port) if state.head else find_farm(state.address)
        offer = HostOffer(
            name=state.name,
            node=ray.get_runtime_context().get_node_id(),
            address=state.node_ip,
            boards=inventory.boards,
            versions=versions,
            notes=inventory.notes,
            ahead=farm.clock_ahead(),
        )
        farm.call("join", offer)


def _take_leave(state: HostState, *, drain: bool, patience: float, tell: Callable[[str], None]) -> None:
    with connected(state.address, state.token_file) as farm:
        if drain:
            left: int = farm.call("drain", state.name, f"{state.name} is drained")
            deadline = time.monotonic() + patience
            if left:
                tell(f"{left} boards end what they run")
            while left and time.monotonic() < deadline:
                time.sleep(LOOK_SECONDS)
                left = farm.call("in_use", state.name)
            if left:
                tell(f"{left} boards still run something after {patience:g} s: what they run is tried elsewhere")
        if not state.head:
            farm.call("leave", state.name)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def farm_address(given: str | None, settings: Settings) -> tuple[str, Path]:
    """The farm that a command is about, and its token: as given or set, else the one that this host is in.

    Raises:
        FarmError: none of these says.
    """
    state = load_state(settings.state)
    here = state if state and state.lives else None
    if here and not given and not settings.address:
        return here.address, here.token_file
    where = given or settings.address
    if not where:
        raise FarmError("which farm? give --address HOST:PORT of its head, or set FARM_ADDRESS")
    return where, here.token_file if here and here.address == where else settings.token_file
