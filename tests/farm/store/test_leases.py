"""One driver per run: who may take it, when, and that the store refuses the writes of all others."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Float, literal

from farm.core.attempt import Conclusion
from farm.core.errors import LeaseLost, StoreAway
from farm.core.process_identity import own_identity
from farm.core.verdicts import Verdict
from farm.store import Ended, RunBoard, RunInfo, Store
from farm.store.databases.sqlite import Sqlite
from farm.store.lease_policy import (
    EXPIRY_SECONDS,
    RENEW_SECONDS,
    Decision,
    Holder,
    HolderState,
    Lease,
    LeaseWatch,
)
from tests.farm.flaky_store import FlakyStore
from tests.farm.store_helpers import MOCK, Planned, attempt

OWN = own_identity()
ALICE, BOB = Holder("alice", "h1", OWN), Holder("bob", "h2", replace(OWN, boot="of h2"))
LEASE = Lease(fence=1, beat=3, batch=2, holder=ALICE, since=0.0, age=0.0)


@pytest.mark.parametrize(
    ("lease", "state", "decision"),
    [
        (None, HolderState.ENDED, Decision.TAKE),
        (replace(LEASE, holder=None), HolderState.ENDED, Decision.TAKE),
        (LEASE, HolderState.ENDED, Decision.TAKE),
        (LEASE, HolderState.RUNNING, Decision.REFUSE),
        (replace(LEASE, age=2 * EXPIRY_SECONDS), HolderState.RUNNING, Decision.REFUSE),
        (LEASE, HolderState.UNKNOWN, Decision.WAIT),
        (replace(LEASE, age=EXPIRY_SECONDS), HolderState.UNKNOWN, Decision.TAKE),
    ],
)
def test_the_first_look_decides_if_it_can(lease: Lease | None, state: HolderState, decision: Decision) -> None:
    assert LeaseWatch(store_has_clock=True).look(lease, state, 0.0) is decision


def test_without_a_clock_of_the_store_only_time_that_was_watched_counts() -> None:
    old = replace(LEASE, age=1e9)  # by the clocks of two hosts
    watch = LeaseWatch(store_has_clock=False)
    assert watch.look(old, HolderState.UNKNOWN, 1000.0) is Decision.WAIT
    assert watch.look(old, HolderState.UNKNOWN, 1000.0 + EXPIRY_SECONDS - 1) is Decision.WAIT
    assert watch.look(old, HolderState.UNKNOWN, 1000.0 + EXPIRY_SECONDS) is Decision.TAKE


@pytest.mark.parametrize("sign", [(1, 4, 2), (1, 3, 3), (2, 0, 0)])
def test_a_sign_of_life_refuses(sign: tuple[int, int, int]) -> None:
    watch = LeaseWatch(store_has_clock=False)
    assert watch.look(LEASE, HolderState.UNKNOWN, 0.0) is Decision.WAIT
    fence, beat, batch = sign
    assert watch.look(replace(LEASE, fence=fence, beat=beat, batch=batch), HolderState.UNKNOWN, 1.0) is Decision.REFUSE


def test_a_lease_that_changed_is_not_taken(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    assert store.lease(run_id) is None
    assert store.take_lease(run_id, ALICE, None)
    before = store.lease(run_id)
    store.renew_lease(run_id)
    with Store.open(store.place) as other:
        assert not other.take_lease(run_id, BOB, None)
        assert not other.take_lease(run_id, BOB, before)
        assert other.take_lease(run_id, BOB, other.lease(run_id))
    lease = store.lease(run_id)
    assert lease is not None
    assert (lease.signs, lease.holder) == ((2, 0, 0), BOB)


def test_every_write_of_a_driver_that_was_replaced_is_refused(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.take_lease(run_id, ALICE, None)
    store.plan(run_id, [Planned("v"), Planned("w")])
    store.record(run_id, [attempt("v")], [Conclusion("v", Verdict.VALIDATED)])
    with Store.open(store.place) as other:
        assert other.take_lease(run_id, BOB, other.lease(run_id))
        other.record(run_id, [attempt("w")], [Conclusion("w", Verdict.VALIDATED)])
    before = store.view(run_id)
    for write in (
        lambda: store.record(run_id, [attempt("w", Verdict.FAIL_CRASH_HANG)], [Conclusion("w", Verdict.FLAKY)]),
        lambda: store.conclude(run_id, [Conclusion("v", Verdict.NOT_RUN)]),
        lambda: store.board(run_id, RunBoard(MOCK)),
        lambda: store.plan(run_id, [Planned("x")]),
        lambda: store.resume_run(run_id, 2e9),
        lambda: store.finish_run(run_id, Ended.FAILED, finished=2e9),
        lambda: store.renew_lease(run_id),
    ):
        with pytest.raises(LeaseLost, match=r"run \S+ was taken over by bob@h2 \(pid \d+\) at \d{4}-.* UTC: "):
            write()
    assert store.view(run_id) == before
    store.release_lease(run_id)  # that of another driver stays
    lease = store.lease(run_id)
    assert lease is not None
    assert lease.holder == BOB
    with pytest.raises(LeaseLost):
        store.board(run_id, RunBoard(MOCK))  # a late write is no better


def test_a_run_that_was_removed_has_no_driver(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.take_lease(run_id, ALICE, None)
    store.remove(run_id)
    with pytest.raises(LeaseLost, match="was removed from the store"):
        store.renew_lease(run_id)


class Process(Enum):
    RUNNING = "running"
    SUSPENDED = "suspended"
    DEAD = "dead"


@dataclass
class Driver:
    """A driver as the test knows it.

    Attributes:
        jump: how far its host's clock has jumped.
        believes: whether it thinks that it has the run.
        silent: seconds since the store had a sign of life of it.
    """

    holder: Holder
    store: FlakyStore
    jump: float = 0.0
    process: Process = Process.RUNNING
    believes: bool = False
    was_suspended: bool = False
    silent: float = 0.0
    watch: LeaseWatch = field(default_factory=lambda: LeaseWatch(store_has_clock=False))


class Leases(RuleBasedStateMachine):
    """Drivers on two hosts that want one run, are suspended, wake up, die and write.

    The hosts' clocks differ and jump; the database is away at times.
    """

    folder = tempfile.TemporaryDirectory(prefix="farm-leases-")

    def __init__(self) -> None:
        super().__init__()
        self.drivers: list[Driver] = []
        self.clocks = ExitStack()

    @initialize()
    def start(self) -> None:
        place = Path(self.folder.name) / "farm.db"
        holders = [
            Holder(f"u{at}", host, replace(OWN, pid=at + 1, boot=host)) for at, host in enumerate(("h1", "h1", "h2"))
        ]
        self.now = 1000.0
        self.drivers = [Driver(holder, FlakyStore.open(place)) for holder in holders]
        self.actor = self.drivers[0]
        clock = patch.object(Sqlite, "now", lambda _: literal(self.now + self.actor.jump, Float(53)))
        self.clocks.enter_context(clock)
        self.run_id = self.drivers[0].store.start_run(RunInfo("test"))
        self.drivers[0].store.plan(self.run_id, [Planned("v")])
        self.owner: Driver | None = None
        self.fence = 0
        self.written: Verdict | None = None

    def teardown(self) -> None:
        self.clocks.close()
        for driver in self.drivers:
            driver.store.close()

    @property
    def is_away(self) -> bool:
        return self.drivers[0].store.is_away

    @rule()
    def leave_or_return(self) -> None:
        is_away = not self.is_away
        for driver in self.drivers:
            driver.store.is_away = is_away

    @rule(at=st.integers(0, 2), seconds=st.sampled_from([-1e6, -EXPIRY_SECONDS, EXPIRY_SECONDS, 1e6]))
    def jump(self, at: int, seconds: float) -> None:
        self.drivers[at].jump += seconds

    def state(self, holder: Holder | None, seeker: Driver) -> HolderState:
        """What the seeker's host knows of a holder."""
        other = next((driver for driver in self.drivers if driver.holder == holder), None)
        if other is None:
            return HolderState.ENDED
        if other is seeker or other.holder.host != seeker.holder.host or other.process is Process.SUSPENDED:
            return HolderState.UNKNOWN
        return HolderState.ENDED if other.process is Process.DEAD else HolderState.RUNNING

    @rule(at=st.integers(0, 2))
    def want(self, at: int) -> None:
        driver = self.drivers[at]
        if driver.process is not Process.RUNNING or driver.believes:
            return
        self.actor = driver
        if self.is_away:
            with pytest.raises(StoreAway):
                driver.store.lease(self.run_id)
            return
        lease = driver.store.lease(self.run_id)
        decision = driver.watch.look(lease, self.state(lease.holder if lease else None, driver), self.now)
        if decision is Decision.WAIT:
            return
        driver.watch = LeaseWatch(store_has_clock=False)
        if decision is Decision.TAKE:
            owner = self.owner
            is_alive = owner is not None and owner.process is Process.RUNNING and owner.believes
            assert owner is None or not is_alive or owner.was_suspended or owner.silent >= EXPIRY_SECONDS
            assert driver.store.take_lease(self.run_id, driver.holder, lease)
            self.owner, driver.believes, driver.was_suspended, driver.silent = driver, True, False, 0.0
        else:
            assert self.owner is not None

    @rule(seconds=st.sampled_from([1.0, RENEW_SECONDS, EXPIRY_SECONDS]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for driver in self.drivers:
            driver.silent += seconds
            if (
                driver.believes
                and driver.process is Process.RUNNING
                and seconds >= RENEW_SECONDS
                and self.write_of(driver, partial(driver.store.renew_lease, self.run_id))
            ):
                driver.silent = 0.0

    @rule(at=st.integers(0, 2), verdict=st.sampled_from([Verdict.VALIDATED, Verdict.FAIL_CRASH_HANG]))
    def write(self, at: int, verdict: Verdict) -> None:
        driver = self.drivers[at]
        if driver.believes and driver.process is Process.RUNNING:
            conclusion = Conclusion("v", verdict)
            if self.write_of(driver, lambda: driver.store.conclude(self.run_id, [conclusion])):
                self.written = verdict

    def write_of(self, driver: Driver, write: Callable[[], None]) -> bool:
        """Write as a driver; it succeeds exactly if the driver has the run, and the database is there."""
        self.actor = driver
        if self.is_away:
            with pytest.raises(StoreAway):
                write()
            return False
        if driver is self.owner:
            write()
            return True
        with pytest.raises(LeaseLost):
            write()
        driver.believes = False
        return False

    @rule(at=st.integers(0, 2))
    def suspend(self, at: int) -> None:
        if self.drivers[at].process is Process.RUNNING:
            self.drivers[at].process = Process.SUSPENDED
            self.drivers[at].was_suspended = True

    @rule(at=st.integers(0, 2))
    def wake(self, at: int) -> None:
        if self.drivers[at].process is Process.SUSPENDED:
            self.drivers[at].process = Process.RUNNING

    @precondition(lambda self: sum(driver.process is Process.DEAD for driver in self.drivers) < 2)
    @rule(at=st.integers(0, 2))
    def die(self, at: int) -> None:
        self.drivers[at].process = Process.DEAD

    @rule(at=st.integers(0, 2))
    def release(self, at: int) -> None:
        driver = self.drivers[at]
        if driver.believes and driver.process is Process.RUNNING:
            driver.believes = False
            if self.is_away:
                with pytest.raises(StoreAway):
                    driver.store.release_lease(self.run_id)
                return
            driver.store.release_lease(self.run_id)
            if driver is self.owner:
                self.owner = None

    @invariant()
    def the_store_has_one_owner_and_what_it_wrote(self) -> None:
        reader = self.drivers[0].store
        if self.is_away:
            return
        lease = reader.lease(self.run_id)
        if lease is None:
            return
        assert lease.holder == (self.owner.holder if self.owner else None)
        assert lease.fence >= self.fence
        self.fence = lease.fence
        [vector] = reader.view(self.run_id).vectors
        assert (vector.verdict if vector.concluded else None) == self.written


Leases.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLeases = Leases.TestCase
