"""Joining a farm, and leaving it."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from farm.board.backends import backend_of
from farm.cluster.hosts.inventory import Inventory
from farm.cluster.nodes.host_state import HostState, load_state, remove_state
from farm.cluster.nodes.node import Node, end_node, require_head, start_node
from farm.cluster.nodes.token import use_token
from farm.cluster.registry.client import connected, find_farm, ray_connection, start_registry
from farm.cluster.registry.records import HostOffer
from farm.cluster.registry.service import RegistryActor
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.settings import Settings
from farm.core.stop_signals import caught_signals

_LOG = logging.getLogger(__name__)

DRAIN_SECONDS = 600.0
"""How long the boards of a leaving host may take to finish what they run."""
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class JoinedHost:
    """A host that is part of a farm.

    Attributes:
        state: the record of its node.
        inventory: the boards that it offers.
        versions: the versions of what drives its boards.
    """

    state: HostState
    inventory: Inventory
    versions: dict[str, str]


def join_farm(
    node: Node, inventory: Inventory, versions: dict[str, str], folder: Path, metrics_port: int | None = None
) -> JoinedHost:
    """Start this host's Ray node, and offer its boards to the farm, which begins here if the node is its head.

    Args:
        node: the node.
        inventory: the boards.
        versions: the versions of what drives them.
        folder: the host's state folder.
        metrics_port: where the head serves metrics; None for nowhere.

    Raises:
        FarmError: this host is in a farm already, or another host has its name.
        NotRunnable: Ray doesn't start, or the farm doesn't answer or refuses the token.
    """
    before = load_state(folder)
    if before is not None and before.is_alive:
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
        remove_state(folder)
        raise
    _LOG.info("%s joined the farm at %s, boards: %d", state.name, state.address, len(inventory.boards))
    return JoinedHost(state, inventory, versions)


def offered_boards(boards: Iterable[Board], versions: Mapping[str, str]) -> tuple[Board, ...]:
    """A host's boards with the version of the ttnn that opens them."""
    ttnn = versions.get("ttnn")
    return tuple(replace(board, ttnn=ttnn) if backend_of(board).uses_ttnn else board for board in boards)


def leave_farm(folder: Path, *, drain: bool, patience: float = DRAIN_SECONDS, note: Callable[[str], None]) -> int:
    """End what `join_farm` started on this host, and nothing else.

    Args:
        folder: the host's state folder.
        drain: whether its boards may first finish what they run.
        patience: how many seconds that may take.
        note: takes a line that the user should see.

    Returns:
        The number of processes that were ended.

    Raises:
        FarmError: this host is in no farm.
    """
    state = load_state(folder)
    if state is None:
        raise FarmError(f"this host is in no farm: nothing in {folder} says so")
    if state.is_alive:
        try:
            _deregister(state, drain=drain, patience=patience, note=note)
        except NotRunnable as error:
            note(f"the farm was not told: {error}")
    ended = end_node(state)
    remove_state(folder)
    return ended


def run_until_stopped(folder: Path) -> None:
    """Wait until this host left its farm, or a signal asks it to leave: for systemd and containers.

    Raises:
        NotRunnable: the node ended by itself.
    """
    signals: list[int] = []
    for number in caught_signals():
        signal.signal(number, lambda number, _frame: signals.append(number))
    while not signals:
        state = load_state(folder)
        if state is None:
            return  # `farm down` ended it
        if not state.is_alive:
            remove_state(folder)
            end_node(state)
            raise NotRunnable(f"this host's Ray node ended; its output is in {state.log}")
        _reap_children()
        time.sleep(POLL_SECONDS)
    leave_farm(folder, drain=False, note=lambda _: None)


def farm_address(address: str | None, settings: Settings) -> tuple[str, Path]:
    """The farm that a command is about, and its token: as given or set, else the farm that this host is in.

    Raises:
        FarmError: no farm is given or set, and this host is in none.
    """
    state = load_state(settings.state)
    own = state if state and state.is_alive else None
    if own and not address and not settings.address:
        return own.address, own.token_file
    chosen = address or settings.address
    if not chosen:
        raise FarmError("which farm? give --address HOST:PORT of its head, or set FARM_ADDRESS")
    return chosen, own.token_file if own and own.address == chosen else settings.token_file


def _register(
    state: HostState, inventory: Inventory, versions: dict[str, str], folder: Path, metrics_port: int | None
) -> None:
    from farm.cluster.ray_client import ray

    with ray_connection(state.address):
        farm = start_registry(folder, metrics_port) if state.head else find_farm(state.address)
        offer = HostOffer(
            name=state.name,
            node=ray.get_runtime_context().get_node_id(),
            address=state.node_ip,
            boards=offered_boards(inventory.boards, versions),
            versions=versions,
            notes=inventory.notes,
            clock_ahead=farm.clock_ahead(),
        )
        farm.call(RegistryActor.join, offer)


def _deregister(state: HostState, *, drain: bool, patience: float, note: Callable[[str], None]) -> None:
    with connected(state.address, state.token_file) as farm:
        if drain:
            busy = farm.call(RegistryActor.drain, state.name, f"{state.name} is drained")
            deadline = time.monotonic() + patience
            if busy:
                note("1 board finishes what it runs" if busy == 1 else f"{busy} boards finish what they run")
            while busy and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                busy = farm.call(RegistryActor.in_use, state.name)
            if busy:
                boards = "1 board is" if busy == 1 else f"{busy} boards are"
                note(f"{boards} still busy after {patience:g} s: what did not end is tried elsewhere")
        if not state.head:
            farm.call(RegistryActor.leave, state.name)


def _reap_children() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass
