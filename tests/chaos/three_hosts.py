"""A sweep over three hosts that are lost during the run and come back.

One is cut off for a moment, one for long, one is rebooted, the head is killed and replaced, the driver is suspended,
the registry is killed and its file torn.

The hosts are network namespaces; see `tests.farm.cluster.network`.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from farm.core.process_identity import identity_of
from farm.core.settings import CLUSTER_SILENCE_SECONDS
from farm.store import RunView, Store
from scheduler import BoardState
from tests.chaos.ledger import Recorded, audit, behaviors, finished, noticed, recorded
from tests.chaos.table import Stage
from tests.chaos.vectors import GOOD, MODULES, settings, vector_count
from tests.farm.cluster.network import Host, ended, network

# With these, the head notices in seconds what it would notice in a minute.
IMPATIENT = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "4",
}
NEEDED = "a farm of several hosts needs ray[default]: uv run --group cluster python -m tests.chaos"
HEAD = "10.0.0.1:6379"
JOIN = f"ssh 10.0.0.1 cat .config/farm/token | farm up --join {HEAD} --token-file -"
REGISTRY = "ray::RegistryActor"
HOLDS = ".local/state/farm/host/holds.json"
"""The file of the boards' holds, below the home of the head's host."""
A_MOMENT = 1.5
PATIENCE = 120.0
GOOD_VECTORS = 450
SECONDS = 1.0


class NotReachedError(AssertionError):
    """An expected state was not reached."""


class Losses:
    """A farm of three hosts, the head first, and a sweep that loses one after the other.

    Attributes:
        store: the file of the head's results store.
        faults: the injected faults, by name.
        drivers: number of drivers that the run needed.
        earlier: attempts that were recorded when a fault was injected.
        waits: seconds from each loss until the run recorded it.
    """

    def __init__(self, hosts: Sequence[Host], patience: float = PATIENCE) -> None:
        self.hosts = hosts
        self.store = hosts[0].home / "farm.db"
        self.faults: list[str] = []
        self.drivers = 0
        self.earlier: Recorded = {}
        self.waits: list[float] = []
        self._patience = patience
        self._sweep: subprocess.Popen[str]

    def begin(self, sweep: str) -> None:
        """Join the hosts into a farm, and start a sweep on it.

        Args:
            sweep: the sweep's arguments, without `--address`.
        """
        head, *others = self.hosts
        head.run("farm up --head")
        for joining in [host.start(JOIN) for host in others]:
            ended(joining, JOIN)
        self._sweep = head.start(f"exec farm sweep {sweep} --address {HEAD}")
        self.drivers = 1

    def lose_hosts(self) -> tuple[int, str]:
        """Lose one host after the other; return the exit code of the sweep, and its output.

        Raises:
            NotReachedError: the sweep did not react as it should.
        """
        alpha, beta, gamma = self.hosts
        self._begin_to_lose()
        self._lose_for_long(beta)

        at = self._fault("host killed")
        gamma.kill()
        self._until(lambda: "gamma" in self.hosts_in(BoardState.LOST), "a host that dies is lost")
        self._noticed(at, "gamma")
        self._until(lambda: "gamma" in self.hosts_in(BoardState.LEFT), "a host that died has left the farm")
        self._until_progress("alpha", "the last host continues")
        return self._replace_head(alpha)

    def lose_hosts_and_wait_for_them(self) -> tuple[int, str]:
        """Lose one host after the other, as `lose_hosts`; each must be of use again before the next one is lost.

        Raises:
            NotReachedError: the sweep or a host did not react as it should.
        """
        alpha, beta, gamma = self.hosts
        self._begin_to_lose()
        self._kill_registry(alpha)
        self._suspend_driver()
        self._lose_for_long(beta)
        self._until_progress("beta", "a host that was cut off for long joins again by itself")
        self._reboot(gamma)
        return self._replace_head(alpha)

    def _begin_to_lose(self) -> None:
        gamma = self.hosts[2]
        self._until(lambda: self.done()["beta"] > 2 and self.done()["gamma"] > 2, "all hosts run vectors")

        self._fault("link cut for a moment")
        gamma.cut()
        time.sleep(A_MOMENT)
        gamma.mend()
        self._until_progress("gamma", "a host that was cut off for a moment continues")
        if lost := self.hosts_in(BoardState.LOST):
            raise NotReachedError(f"a host that was cut off for a moment is not lost: {lost}")

    def _kill_registry(self, alpha: Host) -> None:
        """Kill the farm's registry twice, the second time with damaged holds: no run loses a board by it."""
        lost = self.hosts_in(BoardState.LOST)
        for fault in ("registry killed", "registry killed, its file torn"):
            before = _registries(alpha)
            self._fault(fault)
            if "torn" in fault:
                (alpha.home / HOLDS).write_bytes(b'{"beta:mock:n150:0": {"wh')
            alpha.kill(*before.values())
            self._until(lambda before=before: bool(_registries(alpha).keys() - before), "a new registry runs")  # type: ignore[misc]
            for host in self.hosts:
                self._until_progress(host.name, "a run whose registry was killed goes on")
            boards = json.loads(alpha.run(f"farm boards --json --address {HEAD}"))["boards"]
            if {_host(board["id"]) for board in boards} != {host.name for host in self.hosts}:
                raise NotReachedError(f"a registry that was killed has all hosts: {boards}")
        if self.hosts_in(BoardState.LOST) != lost:
            raise NotReachedError(f"a registry that is killed loses no host: {self.hosts_in(BoardState.LOST)}")

    def _suspend_driver(self) -> None:
        """Stop the driver for longer than anyone may be silent: it finds no fault in the others."""
        self._fault("driver suspended")
        lost = self.hosts_in(BoardState.LOST)
        self._sweep.send_signal(signal.SIGSTOP)
        time.sleep(CLUSTER_SILENCE_SECONDS + A_MOMENT)
        self._sweep.send_signal(signal.SIGCONT)
        for host in self.hosts:
            self._until_progress(host.name, "a driver that was suspended continues")
        if self.hosts_in(BoardState.LOST) != lost:
            raise NotReachedError(f"a driver that was suspended loses no host: {self.hosts_in(BoardState.LOST)}")

    def _lose_for_long(self, host: Host) -> None:
        at = self._fault("link cut for long")
        host.cut()
        self._until(lambda: host.name in self.hosts_in(BoardState.LOST), "a host that is cut off for long is lost")
        self._noticed(at, host.name)
        host.mend()  # what it ran meanwhile arrives late, or never

    def _reboot(self, host: Host) -> None:
        """End all processes of a host, and give the pid of its node to another program; its state folder stays."""
        at = self._fault("host rebooted")
        host.kill()
        self._until(lambda: host.name in self.hosts_in(BoardState.LOST), "a host that is rebooted is lost")
        self._noticed(at, host.name)
        with host.start("exec sleep 1000") as foreign:
            state = host.home / ".local/state/farm/host/host.json"
            identity = identity_of(foreign.pid)
            assert identity is not None
            record = {"pid": identity.pid, "began": identity.start, "boot": "of the start before"}
            state.write_text(json.dumps({**json.loads(state.read_text()), **record}))
            host.run(JOIN)
            if foreign.poll() is not None:
                raise NotReachedError("after a reboot, a process that has the pid of the host's node is not ended")
            self._until_progress(host.name, "a host that was rebooted continues")
            foreign.kill()

    def _replace_head(self, alpha: Host) -> tuple[int, str]:
        self._fault("head killed and replaced")
        alpha.kill("gcs_server")  # what else is of the head's node ends with it; its supervisor starts another one
        output = ended(self._sweep, "the sweep whose head is replaced", None, 4 * self._patience)
        if self.view().run.finished is None:
            raise NotReachedError(f"a sweep whose head is replaced goes on; its output:\n{output}")
        self._remember()
        self.drivers += output.count(" goes on\n")
        return self._sweep.returncode, output

    def resume(self, boards: str) -> tuple[int, str]:
        """Resume the run on the head alone, with its own boards; return the exit code and the output."""
        line = f"farm sweep --resume last --retry-infra --boards '{boards}'"
        for _ in range(3):
            self.drivers += 1
            process = self.hosts[0].start(line)
            output = ended(process, line, None)
            if "Ray doesn't start" not in output:  # it may not, on a very busy host
                break
        return process.returncode, output

    def view(self) -> RunView:
        """Read the run from the store."""
        with Store.open(self.store) as store:
            return store.view(store.runs()[0].id)

    def done(self) -> Counter[str]:
        """Count the good attempts, by host."""
        try:
            attempts = recorded(self.store).values()
        except sqlite3.OperationalError:  # there is no run yet
            return Counter()
        return Counter(_host(board) for board, verdict, _ in attempts if verdict in GOOD)

    def hosts_in(self, state: BoardState) -> set[str]:
        """Return the hosts of boards that ever were in a state."""
        boards = self.view().run.boards
        return {_host(board.id) for board in boards if any(event.state is state for event in board.events)}

    def _fault(self, name: str) -> float:
        """Record a fault that is injected now; return the Unix time."""
        self._remember()
        self.faults.append(name)
        return time.time()

    def _remember(self) -> None:
        self.earlier |= recorded(self.store)

    def _noticed(self, at: float, host: str) -> None:
        self.waits += noticed(self.store, [at], host)

    def _until_progress(self, host: str, what: str) -> None:
        before = self.done()[host]
        self._until(lambda: self.done()[host] > before, what)

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + self._patience
        while not condition():
            if self._sweep.poll() is not None or time.monotonic() > deadline:
                self._sweep.kill()
                output = self._sweep.communicate()[0]
                raise NotReachedError(f"not reached: {what}; {self.done()}; the output of the sweep:\n{output}")
            time.sleep(0.3)


def _registries(host: Host) -> dict[str, str]:
    """The names of the processes of a farm's registry, by process id."""
    names = {}
    for pid in host.processes():
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode()
            if name.startswith(REGISTRY):
                names[pid] = name
    return names


def _host(board: str) -> str:
    return board.partition(":")[0]


def three_hosts(patience: float) -> Stage:
    """Run the stage, until it ends or the time is up.

    Raises:
        pytest.skip.Exception: this machine can't have such hosts.
    """
    pytest.importorskip("aiohttp", reason=NEEDED)
    each = {"FARM_BOARDS": "mock:n150", "FARM_STORE": "farm.db", **settings(GOOD_VECTORS, 1, SECONDS)}
    aborted = ""
    with network({"alpha": {**each, **IMPATIENT}, "beta": each, "gamma": each}) as hosts:
        losses = Losses(hosts, min(patience, PATIENCE))
        start = time.monotonic()
        try:
            losses.begin(f"--sweeps {MODULES} --module '*'")
            losses.lose_hosts_and_wait_for_them()
            while not finished(losses.store):
                losses.resume("mock:n150*2")
                if time.monotonic() - start > patience:
                    raise NotReachedError(f"not finished in {patience:.0f} s")
        except AssertionError as error:
            print(error)
            aborted = str(error).splitlines()[0]
        seconds = time.monotonic() - start
        behavior = behaviors(losses.store)
        return Stage(
            "three hosts",
            Counter(losses.faults),
            losses.drivers,
            seconds,
            audit(losses.store, losses.earlier, behavior, vector_count(GOOD_VECTORS, 1), ended=not aborted),
            Counter(behavior.values()),
            losses.waits,
            aborted=aborted,
        )
