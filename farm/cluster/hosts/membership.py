"""Joining a farm, and leaving it."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from farm.board.backends import backend_of
from farm.cluster.hosts.host_plan import HostPlan, home_id, load_plan, remove_plan
from farm.cluster.hosts.inventory import Inventory, take_inventory
from farm.cluster.hosts.versions import host_versions
from farm.cluster.nodes.certificates import require_certificates
from farm.cluster.nodes.host_state import HostState, load_state, remove_state
from farm.cluster.nodes.node import Node, end_node, forget_cluster, own_address, require_head, start_node
from farm.cluster.nodes.token import use_token
from farm.cluster.registry.client import connected, find_farm, ray_connection, start_registry
from farm.cluster.registry.records import HostOffer
from farm.cluster.registry.service import RegistryActor
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.process_identity import ProcessIdentity, is_alive
from farm.core.process_table import send_signal

_LOG = logging.getLogger(__name__)

DRAIN_SECONDS = 600.0
"""How long the boards of a leaving host may take to finish what they run."""
POLL_SECONDS = 0.5
OLD_NODE_SECONDS = 5.0
"""How long what a killed node left behind has to end after each signal: some of it waits for the node."""
SUPERVISOR_SECONDS = 10.0
"""How long a supervisor in the background may take to end after its node."""


@dataclass(frozen=True, slots=True)
class JoinedHost:
    """A host that is part of a farm.

    Attributes:
        state: the record of its node.
        inventory: the boards that it offers.
    """

    state: HostState
    inventory: Inventory

    @property
    def offer(self) -> str:
        """The boards that it offers, in words."""
        held = {name for each in self.inventory.shortfalls for name in each.boards}
        return ", ".join(board.id for board in self.inventory.boards if board.id not in held) or "no boards"


def join_farm(plan: HostPlan, folder: Path) -> JoinedHost:
    """Start this host's Ray node, and offer its boards to the farm, which begins here if the host is its head.

    Args:
        plan: how the host takes part; it is kept until the host leaves.
        folder: the host's state folder.

    Raises:
        FarmError: this host is in a farm already, another host has its name, or the boards can't be parsed.
        NotRunnable: Ray doesn't start, the farm doesn't answer or refuses the token, or a board is missing.
    """
    with only_change(folder):
        _end_old_node(folder)
        before = _plan_of(folder)
        plan.save(folder)  # first: a node without a plan would not be started again
        try:
            return _join(plan, folder)
        except BaseException:
            if before is None:
                remove_plan(folder)
            else:
                before.save(folder)
            raise


@contextmanager
def left_when_stopped(plan: HostPlan, folder: Path) -> Iterator[None]:
    """Take this host out of the farm again if a stop signal ends a `with` block in which it joined.

    Args:
        plan: how the host takes part. A host that has another one stays as it is.
        folder: the host's state folder.
    """
    try:
        yield
    except KeyboardInterrupt:
        if is_kept(plan, folder):
            with suppress(FarmError):
                leave_farm(folder, drain=False, note=_LOG.info)
        raise


def is_kept(plan: HostPlan, folder: Path) -> bool:
    """Whether this host shall take part in a farm as a plan says."""
    kept = _plan_of(folder)
    return kept is not None and kept.id == plan.id


def join_again(plan_id: str, folder: Path) -> JoinedHost | None:
    """Join as the kept plan says; None if another plan is kept by now, or none.

    Raises:
        FarmError: as `join_farm`.
    """
    with only_change(folder):
        plan = load_plan(folder)
        if plan is None or plan.id != plan_id:
            return None
        _end_old_node(folder)
        return _join(plan, folder)


def only_change(folder: Path) -> FileLock:
    """A lock on what this host is: it joins or leaves, one at a time."""
    home_id(folder)  # makes the folder
    return FileLock(folder / "join.lock")


def _join(plan: HostPlan, folder: Path) -> JoinedHost:
    inventory = take_inventory(plan.boards, plan.name, plan.python, plan.expectation)
    versions = host_versions(plan.python)
    node = Node(
        name=plan.name,
        node_ip=plan.address or own_address(plan.join),
        token_file=plan.token_file,
        join=plan.join,
        port=plan.port,
        jobs_host=plan.jobs_host,
        jobs_port=plan.jobs_port,
        resources=inventory.resources(),
        labels=inventory.labels(plan.name),
        certificates=plan.certificates,
    )
    if node.certificates is not None:
        require_certificates(node.certificates, node.node_ip)
    use_token(node.token_file, node.certificates)
    if node.join:
        require_head(node.join, node.token_file, node.certificates)
    state = start_node(node, folder)
    try:
        _register(state, inventory, versions, folder, plan.metrics_port)
    except BaseException:
        end_node(state)
        remove_state(folder)
        raise
    _LOG.info("%s joined the farm at %s, boards: %d", state.name, state.address, len(inventory.boards))
    return JoinedHost(state, inventory)


def _end_old_node(folder: Path) -> None:
    """End what is left of a node that was killed, or of one before the host started again."""
    before = load_state(folder)
    if before is None:
        return
    if before.is_alive:
        raise FarmError(f"this host is in the farm at {before.address} already, as {before.name}: `farm down` first")
    end_node(before, OLD_NODE_SECONDS)
    if before.head:
        forget_cluster(before.address)


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
    plan = _plan_of(folder)
    remove_plan(folder)  # first: from now on, nothing starts the node again
    ended = 0
    with only_change(folder):  # a supervisor may be starting the node at this moment
        state = load_state(folder)
        if state is None and plan is None:
            raise FarmError(f"this host is in no farm: nothing in {folder} says so")
        if state is not None:
            if state.is_alive:
                try:
                    _deregister(state, drain=drain, patience=patience, note=note)
                except NotRunnable as error:
                    note(f"the farm was not told: {error}")
            ended = end_node(state)
            remove_state(folder)
    if plan and plan.supervisor:
        _end_supervisor(plan.supervisor)
    return ended


def _plan_of(folder: Path) -> HostPlan | None:
    try:
        return load_plan(folder)
    except FarmError as error:
        _LOG.warning("%s", error)
        return None


def _end_supervisor(supervisor: ProcessIdentity) -> None:
    """Wait for a supervisor in the background, which ends by itself, unless it is this process."""
    if supervisor.pid == os.getpid():
        return
    deadline = time.monotonic() + SUPERVISOR_SECONDS
    while is_alive(supervisor) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 5)
    send_signal(supervisor, signal.SIGKILL)


def _register(
    state: HostState,
    inventory: Inventory,
    versions: dict[str, str],
    folder: Path,
    metrics_port: int | None,
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
            home=home_id(folder),
            shortfalls=inventory.shortfalls,
            survey=inventory.survey,
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
