"""Taking the lease of a run: refused with who has it, or taken over from a driver that died."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from farm.core.errors import LeaseLost, NotRunnable
from farm.core.process_identity import identity_of
from farm.running.run_lease import RunLease, leased, own_holder, state_of, take
from farm.store import RunInfo, Store
from farm.store.lease_policy import EXPIRY_SECONDS, Holder, HolderState


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """The same store, opened by another driver."""
    with Store.open(store.place) as opened:
        yield opened


class Time:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.now = 500.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


OWN = own_holder()
ELSEWHERE = replace(OWN, user="alice", host="h2", process=replace(OWN.process, boot="of h2"))


def take_over(store: Store, run_id: str, time: Time, notes: list[str]) -> None:
    take(store, run_id, OWN, notes.append, clock=time.clock, wait=time.wait)


def test_a_process_that_runs_here_keeps_its_run(store: Store, other: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = identity_of(process.pid)
        assert identity is not None
        holder = Holder("alice", OWN.host, identity)
        store.take_lease(run_id, holder, None)
        driver = rf"alice@{OWN.host} \(pid {process.pid}\), since .* UTC, last sign of life \d+ s ago: wait for its end"
        with pytest.raises(NotRunnable, match=f"run {run_id} is driven by {driver}"):
            take_over(other, run_id, Time(), [])
        process.kill()
    notes: list[str] = []
    time = Time()
    take_over(other, run_id, time, notes)
    assert time.now == 500.0  # at once
    assert len(notes) == 1
    assert "is taken over from alice@" in notes[0]
    with pytest.raises(LeaseLost):
        store.renew_lease(run_id)


def test_a_driver_elsewhere_is_watched(store: Store, other: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.take_lease(run_id, ELSEWHERE, None)
    time, notes = Time(), list[str]()

    def wait(seconds: float) -> None:
        time.wait(seconds)
        if time.now > 503.0:
            store.renew_lease(run_id)

    with pytest.raises(NotRunnable, match=rf"run {run_id} is driven by alice@h2"):
        take(other, run_id, OWN, notes.append, clock=time.clock, wait=wait)
    assert len(notes) == 1
    assert f"waiting up to {EXPIRY_SECONDS:.0f} s" in notes[0]
    time = Time()
    take_over(other, run_id, time, notes)
    assert time.now - 500.0 == pytest.approx(EXPIRY_SECONDS, abs=1.0)


def test_a_run_is_given_back_and_driven_again(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    for fence in (1, 2):
        with leased(store, run_id, lambda _note: None) as lease:
            lease.require()
            held = store.lease(run_id)
            assert held is not None
            assert held.holder is not None
            assert (held.fence, held.holder.process) == (fence, OWN.process)
        released = store.lease(run_id)
        assert released is not None
        assert released.holder is None


def test_a_renewal_that_meets_another_driver_is_remembered(store: Store, other: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.take_lease(run_id, OWN, None)
    lease = RunLease(store, run_id)
    lease.renew()
    lease.require()
    other.take_lease(run_id, ELSEWHERE, other.lease(run_id))
    lease.renew()
    with pytest.raises(LeaseLost, match="taken over by alice@h2"):
        lease.require()


def test_what_this_host_knows_of_a_driver() -> None:
    assert state_of(None, OWN) is HolderState.ENDED
    assert state_of(OWN, OWN) is HolderState.UNKNOWN  # it may have failed to give the run back
    assert state_of(ELSEWHERE, OWN) is HolderState.UNKNOWN
    earlier = replace(OWN, process=replace(OWN.process, start=OWN.process.start - 1))
    assert state_of(earlier, OWN) is HolderState.ENDED  # its pid is that of another process now
    in_container = replace(OWN, process=replace(OWN.process, namespace="pid:[1]"))
    assert state_of(in_container, OWN) is HolderState.UNKNOWN
