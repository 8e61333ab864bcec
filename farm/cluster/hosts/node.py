"""A Ray node that this host owns: started as a process of our own, ended with all that came of it."""

from __future__ import annotations

import contextlib
import json
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

from farm.board.signals import signal_process
from farm.cluster.hosts.host_state import HostState, node_processes, process_began
from farm.cluster.hosts.token import ray_environment, use_token
from farm.core.errors import FarmError, NotRunnable

START_SECONDS = 120.0
"""How long Ray may take to start a node."""
CONNECT_SECONDS = 5.0
"""How long a head may take to answer."""
GRACE_SECONDS = 20.0
"""How long a node's processes are given to end by themselves."""
OBJECT_STORE_BYTES = 200_000_000
STARTED = "Ray runtime started"
TOO_SLOW = "timed out during startup"
PORT = 6379
JOBS_PORT = 8265


@dataclass(frozen=True, slots=True)
class Node:
    """A Ray node to be started.

    Attributes:
        name: the host's name in the farm.
        node_ip: the address by which the other hosts reach this one.
        token_file: the file with the farm's token.
        join: HOST:PORT of the head; None to be the head.
        port: where the head listens.
        jobs_host: the address at which the head takes jobs and shows its dashboard.
        jobs_port: and the port.
        resources: Ray resources, by name.
        labels: Ray labels of the node.
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

    @property
    def address(self) -> str:
        """HOST:PORT of the farm's head."""
        return self.join or f"{self.node_ip}:{self.port}"

    def command(self) -> list[str]:
        """The command that starts it and stays as long as it lives."""
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
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *place),
            *("--node-ip-address", self.node_ip, "--disable-usage-stats", "--num-gpus", "0"),
            *("--include-log-monitor", "false"),  # drivers don't ask for what workers print
            *("--object-store-memory", str(OBJECT_STORE_BYTES), "--log-style", "record", "--log-color", "false"),
            # the count of devices too: Ray's own is one too high where the driver makes /dev/tenstorrent/by-id
            *("--resources", json.dumps({"TTNPU": 0, **self.resources})),
            *("--labels", ",".join(f"{key}={value}" for key, value in self.labels.items())),
        ]

    def environment(self, marker: str) -> dict[str, str]:
        """Its environment; `marker` stands in it for all that comes of it."""
        # RAY_health_check_period_ms and the like stay: how patient Ray is depends on the network
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("RAY_") or name.startswith("RAY_health_check_")
        }
        return {
            **inherited,
            **ray_environment(self.token_file),
            "FARM_NODE": marker,
            # jobs find `farm` and `python` as they are here
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
            "RAY_USAGE_STATS_ENABLED": "0",
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
    """Starts a node, and waits until it is there. Ray gives itself half a minute: a busy host gets a second chance.

    Args:
        node: what to start.
        folder: where its log goes.

    Raises:
        NotRunnable: it doesn't start; what Ray said stands in the log that the message names.
    """
    try:
        return _start_node(node, folder)
    except NotRunnable as error:
        if TOO_SLOW not in str(error):
            raise
    return _start_node(node, folder)


def _start_node(node: Node, folder: Path) -> HostState:
    marker, log = secrets.token_hex(8), folder / "ray.log"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("wb") as output:
        process = subprocess.Popen(
            node.command(),
            cwd=folder,
            env=node.environment(marker),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    state = HostState(
        name=node.name,
        head=node.join is None,
        address=node.address,
        node_ip=node.node_ip,
        token_file=node.token_file.absolute(),
        marker=marker,
        pid=process.pid,
        began=process_began(process.pid) or 0,
        log=log,
    )
    state.save(folder)  # before it is up: whatever happens to us, `farm down` ends it
    deadline = time.monotonic() + START_SECONDS
    while STARTED not in log.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            end_node(state)
            raise NotRunnable(f"Ray's node doesn't start: {_complaint(log)}; all it said is in {log}")
        time.sleep(0.1)
    return state


def end_node(state: HostState, grace: float = GRACE_SECONDS) -> int:
    """Ends a node and all that came of it, workers included; how many processes that were.

    They get SIGINT or SIGTERM first, since only an end in peace lets ttnn release its board, and SIGKILL at last.
    """
    known = node_processes(state)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process_began(state.pid) == state.began:
            signal_process(state.pid, number)  # it ends the rest of Ray's
        deadline = time.monotonic() + grace
        while (left := _living(known)) and time.monotonic() < deadline:
            known |= node_processes(state)
            if not state.lives:
                for pid in left:
                    signal_process(pid, number)
            time.sleep(0.2)
        if not left:
            break
    with contextlib.suppress(ChildProcessError):
        os.waitpid(state.pid, os.WNOHANG)
    return len(known)


def _living(known: Mapping[int, int]) -> list[int]:
    return [pid for pid, began in known.items() if process_began(pid) == began]


def require_head(address: str, token_file: Path) -> None:
    """Makes sure that a farm's head answers, and takes our token, which this process shows from then on.

    Raises:
        FarmError: the address doesn't read as one, or the file holds no token.
        NotRunnable: nothing answers there, or the token is refused.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise FarmError(f"{address}: give the head's HOST:PORT, such as 10.0.0.1:{PORT}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise NotRunnable(f"no farm at {address}: {error}; start its head with `farm up --head`") from error
    use_token(token_file)
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
    """This host's address on the way to another, or to anywhere."""
    host, _, port = (towards or "192.0.2.1:9").rpartition(":")  # TEST-NET: no packet is sent
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, int(port)))
        except OSError as error:
            raise NotRunnable(f"no way from this host to {host}: {error.strerror}; give --address") from error
        return str(probe.getsockname()[0])


def _complaint(log: Path) -> str:
    """The line of Ray's output that tells most."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if "Error" in line or "Exception" in line]
    return (told or lines or ["it said nothing"])[-1][:300]


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
    """Ray's C++ half warns on the file descriptor itself."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
