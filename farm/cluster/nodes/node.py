"""The Ray node of a host: started as a process of its own, and ended with all its descendants."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farm.cluster.nodes.certificates import check_encryption
from farm.cluster.nodes.host_state import MARKER, HostState, node_processes, remove_state
from farm.cluster.nodes.token import use_token
from farm.cluster.ray_credentials import RayCredentials
from farm.core.door_address import names_door
from farm.core.errors import FarmError, NotRunnable
from farm.core.process_identity import identity_of, is_alive
from farm.core.process_table import send_signal
from farm.core.stop_signals import stop_signals_wait

_LOG = logging.getLogger(__name__)

START_SECONDS = 120.0
"""How long Ray may take to start a node."""
CONNECT_SECONDS = 5.0
"""How long a head may take to answer."""
GRACE_SECONDS = 20.0
"""How long a node's processes have to end after each signal."""
OBJECT_STORE_BYTES = 200_000_000
STARTED = "Ray runtime started"
"""Ray prints this when the node is up."""
TIMED_OUT = "timed out during startup"
"""Ray prints this when its own processes took longer than half a minute."""
PORT = 6379
JOBS_PORT = 8265
NO_PORT = "65536"
"""No port at all: with it, Ray's dashboard serves no metrics, which nothing else turns off."""


@dataclass(frozen=True, slots=True)
class Node:
    """The description of a Ray node.

    Attributes:
        name: the host's name in the farm.
        node_ip: the address by which the other hosts reach this one.
        token_file: the file with the farm's token.
        join: HOST:PORT of the head; None to be the head.
        port: where the head listens.
        jobs_host: the address at which the head takes jobs.
        jobs_port: the port of that address.
        resources: Ray resources, by name.
        labels: Ray labels of the node.
        certificates: the folder with this host's certificates; None to send everything unencrypted.
    """

    name: str
    node_ip: str
    token_file: Path
    join: str | None = None
    port: int = PORT
    jobs_host: str = "127.0.0.1"
    jobs_port: int = JOBS_PORT
    resources: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    certificates: Path | None = None

    @property
    def address(self) -> str:
        """HOST:PORT of the farm's head."""
        return self.join or f"{self.node_ip}:{self.port}"

    def command(self) -> list[str]:
        """The command that starts the node, and runs until it ends."""
        place = (
            ["--address", self.join]
            if self.join
            else [
                *("--head", "--port", str(self.port), "--include-dashboard", "true"),
                *("--dashboard-host", self.jobs_host, "--dashboard-port", str(self.jobs_port)),
                "--no-monitor",  # Ray's autoscaler: nothing uses it
            ]
        )
        return [
            *(sys.executable, "-m", "farm.cluster.nodes.ray_start", "--block", *place),
            *("--node-ip-address", self.node_ip, "--disable-usage-stats", "--num-gpus", "0"),
            # a free port: with Ray's fixed one, the second farm of a host would take no jobs, and say so to nobody
            *("--dashboard-agent-listen-port", "0"),
            *("--include-log-monitor", "false"),  # drivers don't ask for what workers print
            *("--object-store-memory", str(OBJECT_STORE_BYTES), "--log-style", "record", "--log-color", "false"),
            # the count of devices too: Ray's own is one too high where the driver makes /dev/tenstorrent/by-id
            *("--resources", json.dumps({"TTNPU": 0, **self.resources})),
            *("--labels", ",".join(f"{key}={value}" for key, value in self.labels.items())),
        ]

    def environment(self, marker: str) -> dict[str, str]:
        """The environment of its processes; `marker` identifies them."""
        # RAY_health_check_period_ms and the like stay: how patient Ray is depends on the network
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("RAY_") or name.startswith("RAY_health_check_")
        }
        return {
            **inherited,
            **RayCredentials(self.token_file, self.certificates).environment,
            MARKER: marker,
            # jobs find `farm` and `python` as they are here
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
            "RAY_USAGE_STATS_ENABLED": "0",
            # Ray's own metrics would be served on all interfaces, without a token
            "RAY_enable_metrics_collection": "0",
            "DASHBOARD_METRIC_PORT": NO_PORT,
            "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
            # a board's process is told its devices by PCI address, never by number
            "RAY_EXPERIMENTAL_NOSET_TENSTORRENT_VISIBLE_DEVICES": "1",
            # a job that is stopped ends like a sweep at Ctrl-C, with its report
            "RAY_JOB_STOP_SIGNAL": "SIGINT",
            "RAY_JOB_STOP_WAIT_TIME_S": "120",
            # Ray would wait for the registry, which stays; boards end what they run by `farm down --drain`
            "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        }


def start_node(node: Node, folder: Path) -> HostState:
    """Start a node, and wait until it is up. Where Ray's own time limit is too short for a busy host, try again once.

    Args:
        node: the node.
        folder: where its log goes.

    Raises:
        NotRunnable: it doesn't start; the message names the log with Ray's output.
    """
    try:
        return _start_node(node, folder)
    except _StartTimedOut as error:
        _LOG.warning("%s; trying again", error)
    return _start_node(node, folder)


class _StartTimedOut(NotRunnable):
    """Ray gave up because its processes started too slowly."""


def _start_node(node: Node, folder: Path) -> HostState:
    marker, log = secrets.token_hex(8), folder / "ray.log"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state: HostState | None = None
    try:
        with stop_signals_wait():  # until its process is recorded
            state = _launch(node, marker, log)
            state.save(folder)  # before it is up: whatever happens to this process, `farm down` ends the node
        _wait_for_start(state)
    except BaseException:
        if state is not None:
            end_node(state)
            remove_state(folder)
        raise
    return state


def _launch(node: Node, marker: str, log: Path) -> HostState:
    """Start the process of a node."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            node.command(),
            cwd=log.parent,
            env=node.environment(marker),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    identity = identity_of(process.pid)
    return HostState(
        name=node.name,
        head=node.join is None,
        address=node.address,
        node_ip=node.node_ip,
        token_file=node.token_file.absolute(),
        certificates=node.certificates.absolute() if node.certificates else None,
        marker=marker,
        pid=process.pid,
        began=identity.start if identity else 0,
        boot=identity.boot if identity else "",
        namespace=identity.namespace if identity else "",
        log=log,
    )


def _wait_for_start(state: HostState) -> None:
    """Wait until a node is up.

    Raises:
        NotRunnable: its process ended, or it takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while STARTED not in state.log.read_text(encoding="utf-8", errors="replace"):
        if not state.is_alive or time.monotonic() > deadline:
            reason = _reason(state.log)
            failure = _StartTimedOut if TIMED_OUT in reason else NotRunnable
            raise failure(f"Ray's node doesn't start: {reason}; its output is in {state.log}")
        time.sleep(0.1)


def end_node(state: HostState, grace: float = GRACE_SECONDS) -> int:
    """End a node and all its descendants, workers included.

    They get SIGTERM first, since only a clean end lets ttnn release its board, and SIGKILL after `grace` seconds.

    Returns:
        The number of processes that were ended.
    """
    processes = node_processes(state)
    for number in (signal.SIGTERM, signal.SIGKILL):
        send_signal(state.process, number)  # it ends the rest of Ray's
        deadline = time.monotonic() + grace
        while (left := [process for process in processes if is_alive(process)]) and time.monotonic() < deadline:
            processes |= node_processes(state)
            if not state.is_alive:
                for process in left:
                    send_signal(process, number)
            time.sleep(0.2)
        if not left:
            break
    with contextlib.suppress(ChildProcessError):
        os.waitpid(state.pid, os.WNOHANG)
    _LOG.info("ended the node of %s, processes: %d", state.name, len(processes))
    return len(processes)


def forget_cluster(address: str) -> None:
    """Let a head start where an earlier one ended without a word: Ray keeps a note of the last cluster of this host.

    Args:
        address: HOST:PORT of the head that ended. A note of another cluster stays.
    """
    from farm.cluster.ray_client import ray

    # `ray stop` does this, and ends processes too
    note = Path(ray._private.utils.get_ray_address_file(None))  # noqa: SLF001
    with contextlib.suppress(FileNotFoundError):
        if note.read_text(encoding="utf-8").strip() == address:
            note.unlink()


def require_head(address: str, token_file: Path, certificates: Path | None = None) -> None:
    """Make sure that a farm's head answers and accepts the token, which this process sends from then on.

    Args:
        address: HOST:PORT of the head.
        token_file: the file with the farm's token.
        certificates: the folder with this host's certificates; None for a farm that sends everything unencrypted.

    Raises:
        FarmError: the address is invalid, or the file has no token.
        NotRunnable: no farm answers there, or it refuses the token.
    """
    if names_door(address):
        raise FarmError(
            f"{address} is the door of a farm, which takes no runs and no hosts: "
            "give HOST:PORT of the head and the farm's own token"
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise FarmError(f"{address}: give the head's HOST:PORT, such as 10.0.0.1:{PORT}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise NotRunnable(f"no farm at {address}: {error}; start its head with `farm up --head`") from error
    check_encryption(host.strip("[]"), int(port), certificates)
    use_token(token_file, certificates)
    from farm.cluster.ray_client import ray

    try:
        # Ray's own commands ask this way, but for half a minute when the token is refused
        with _no_stderr():
            ray._raylet.GcsClient(address=address)  # noqa: SLF001 - there is no public way to ask
    except ray.exceptions.AuthenticationError as error:
        raise NotRunnable(f"the farm at {address} refuses the token in {token_file}: bring it from the head") from error
    except ray.exceptions.RayError as error:
        raise NotRunnable(f"no farm at {address}: {str(error).splitlines()[0]}") from error


def own_address(towards: str | None = None) -> str:
    """This host's IP address, as another host sees it.

    Args:
        towards: HOST:PORT of that host; None for any.

    Raises:
        NotRunnable: there is no way to that host.
    """
    host, _, port = (towards or "192.0.2.1:9").rpartition(":")  # TEST-NET: no packet is sent
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, int(port)))
        except OSError as error:
            raise NotRunnable(f"no way from this host to {host}: {error.strerror}; give --address") from error
        return str(probe.getsockname()[0])


def _reason(log: Path) -> str:
    """The most informative line of Ray's output."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line or "Exception" in line]
    return (errors or lines or ["no output"])[-1][:300]


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2: Ray's C++ code warns there."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
