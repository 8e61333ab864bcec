"""A sweep over three hosts that get lost in mid-run: cut off for a moment, cut off for long, killed, the head too.

The hosts are network namespaces; see `tests.farm.cluster.network`.
"""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from farm.store import RunView, Store
from scheduler import BoardState
from tests.chaos.ledger import Recorded, audit, finished, kinds, noticed, recorded
from tests.chaos.table import Stage
from tests.chaos.vectors import GOOD, PLACE, asked, settings
from tests.farm.cluster.network import Host, ended, network

# a head that notices in seconds what it would notice in a minute
IMPATIENT = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "4",
}
NEEDED = "a farm of several hosts needs ray[default]: uv run --group cluster python -m tests.chaos"
HEAD = "10.0.0.1:6379"
A_MOMENT = 1.5
PATIENCE = 120.0
GOOD_VECTORS = 300
SECONDS = 0.25


class NeverSoError(AssertionError):
    """What should have come to pass did not."""


class Losses:
    """A farm of three hosts, the head first, and a sweep of it from which one after the other is taken.

    Attributes:
        store: of the head, where the sweep's results are.
        faults: what was done.
        drivers: how many the run took.
        seen: attempts that were recorded when a fault was.
        waits: seconds from each loss until the run wrote it down.
    """

    def __init__(self, hosts: Sequence[Host], patience: float = PATIENCE) -> None:
        self.hosts = hosts
        self.store = hosts[0].home / "farm.db"
        self.faults: list[str] = []
        self.drivers = 0
        self.seen: Recorded = {}
        self.waits: list[float] = []
        self._patience = patience
        self._sweep: subprocess.Popen[str]

    def begin(self, sweep: str) -> None:
        """Makes the hosts one farm, and starts a sweep on it.

        Args:
            sweep: the sweep's arguments, without `--address`.
        """
        head, *others = self.hosts
        head.run("farm up --head")
        join = f"ssh 10.0.0.1 cat .config/farm/token | farm up --join {HEAD} --token-file -"
        for joining in [host.start(join) for host in others]:
            ended(joining, join)
        self._sweep = head.start(f"exec farm sweep {sweep} --address {HEAD}")
        self.drivers = 1

    def happen(self) -> tuple[int, str]:
        """Loses one host after the other; the exit code of the sweep, and what it said.

        Raises:
            NeverSoError: the sweep did not take it as it should.
        """
        alpha, beta, gamma = self.hosts
        self._until(lambda: self.done()["beta"] > 2 and self.done()["gamma"] > 2, "all hosts run")

        self._fault("link cut for a moment")
        gamma.cut()
        time.sleep(A_MOMENT)
        gamma.mend()
        self._until_more("gamma", "a host that was cut off for a moment goes on")
        if lost := self.hosts_in(BoardState.LOST):
            raise NeverSoError(f"a host that was cut off for a moment is not lost: {lost}")

        at = self._fault("link cut for long")
        beta.cut()
        self._until(lambda: "beta" in self.hosts_in(BoardState.LOST), "a host that is cut off for long is lost")
        self._noticed(at, "beta")
        beta.mend()  # what it ran in between is told late, if at all

        at = self._fault("host killed")
        gamma.kill()
        self._until(lambda: "gamma" in self.hosts_in(BoardState.LOST), "a host that dies is lost")
        self._noticed(at, "gamma")
        self._until(lambda: "gamma" in self.hosts_in(BoardState.LEFT), "a host that died is one of the farm's no more")
        self._until_more("alpha", "the last host goes on")

        at = self._fault("head killed")
        alpha.kill("gcs_server")
        said = ended(self._sweep, "the sweep whose head is lost", None, self._patience)
        self._noticed(at, "alpha")
        if self.view().run.finished is None:
            raise NeverSoError(f"a sweep whose head is lost ends cleanly; it said:\n{said}")
        self._remember()
        alpha.kill()  # what is left of Ray
        return self._sweep.returncode, said

    def resume(self, boards: str) -> tuple[int, str]:
        """Goes on with the run on the head alone, with boards of its own; the exit code, and what it said."""
        line = f"farm sweep --resume last --retry-infra --boards '{boards}'"
        for _ in range(3):
            self.drivers += 1
            process = self.hosts[0].start(line)
            said = ended(process, line, None)
            if "Ray doesn't start" not in said:  # as on a host that is very busy
                break
        return process.returncode, said

    def view(self) -> RunView:
        """What the store says of the run."""
        with Store.open(self.store) as store:
            return store.view(store.runs()[0].id)

    def done(self) -> Counter[str]:
        """Attempts that ended well, by host."""
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
        """Notes what is done now; Unix time."""
        self._remember()
        self.faults.append(name)
        return time.time()

    def _remember(self) -> None:
        self.seen |= recorded(self.store)

    def _noticed(self, at: float, host: str) -> None:
        self.waits += noticed(self.store, [at], host)

    def _until_more(self, host: str, what: str) -> None:
        before = self.done()[host]
        self._until(lambda: self.done()[host] > before, what)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + self._patience
        while not holds():
            if self._sweep.poll() is not None or time.monotonic() > deadline:
                self._sweep.kill()
                said = self._sweep.communicate()[0]
                raise NeverSoError(f"it never was so: {what}; {self.done()}; the sweep said:\n{said}")
            time.sleep(0.3)


def _host(board: str) -> str:
    return board.partition(":")[0]


def three_hosts(patience: float) -> Stage:
    """Runs the stage, to its end or until patience is.

    Raises:
        pytest.skip.Exception: this machine can have no such hosts.
    """
    pytest.importorskip("aiohttp", reason=NEEDED)
    each = {"FARM_BOARDS": "mock:n150", "FARM_STORE": "farm.db", **settings(GOOD_VECTORS, 1, SECONDS)}
    given_up = ""
    with network({"alpha": {**each, **IMPATIENT}, "beta": each, "gamma": each}) as hosts:
        losses = Losses(hosts, min(patience, PATIENCE))
        begun = time.monotonic()
        try:
            losses.begin(f"--sweeps {PLACE} --module '*'")
            losses.happen()
            while not finished(losses.store):
                losses.resume("mock:n150*2")
                if time.monotonic() - begun > patience:
                    raise NeverSoError(f"not done in {patience:.0f} s")
        except AssertionError as error:
            print(error)
            given_up = str(error).splitlines()[0]
        seconds = time.monotonic() - begun
        how = kinds(losses.store)
        return Stage(
            "three hosts",
            Counter(losses.faults),
            losses.drivers,
            seconds,
            audit(losses.store, losses.seen, how, asked(GOOD_VECTORS, 1), ended=not given_up),
            Counter(how.values()),
            losses.waits,
            given_up=given_up,
        )
