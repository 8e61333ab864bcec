"""The lease of a run while this process drives it: taken before anything is read, renewed in a thread, given back."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from farm.core.errors import FarmError, LeaseLost, NotRunnable, StoreError
from farm.core.files import set_aside
from farm.core.own_user import own_user
from farm.core.plain_words import counted
from farm.core.process_identity import identity_of, is_comparable, is_suspended, own_identity
from farm.running.record_spool import AbandonedSpool, SpoolContent, abandoned_spools, spool_folder
from farm.running.spool_owner import SpoolOwner, shown_place
from farm.running.store_patience import StorePatience
from farm.store import Store
from farm.store.lease_policy import (
    EXPIRY_SECONDS,
    RENEW_SECONDS,
    Decision,
    Holder,
    HolderState,
    Lease,
    LeaseWatch,
)
from farm.store.leases import holder_line

LOOK_SECONDS = 1.0
"""How often to look whether another driver shows a sign of life."""
STOP_SECONDS = 5.0
"""How long the end of a run waits for a renewal that is under way."""

_LOG = logging.getLogger(__name__)


def own_holder() -> Holder:
    """Return this process as the driver of a run, with a new mark."""
    return Holder(own_user(), socket.gethostname(), own_identity(), mark=secrets.token_hex(8))


def state_of(holder: Holder | None, own: Holder) -> HolderState:
    """Return what this host knows of a driver's process.

    Args:
        holder: the driver; None if there is none.
        own: this process, whose earlier leases say nothing: it may have failed to give them back.
    """
    if holder is None:
        return HolderState.ENDED
    process = holder.process
    if process == own.process or not is_comparable(process):
        return HolderState.UNKNOWN
    if identity_of(process.pid) != process:
        return HolderState.ENDED
    return HolderState.UNKNOWN if is_suspended(process) else HolderState.RUNNING


class RunLease:
    """This process's lease of a run.

    Attributes:
        lost: what was lost of the results that an earlier driver could not record, in a line; empty if nothing was.
    """

    def __init__(self, store: Store, run_id: str, lost: str = "") -> None:
        """Renew nothing yet; the store has given the run to this process.

        Args:
            store: the store that has the run, and writes with the run's fence.
            run_id: the run.
            lost: see the class.
        """
        self.lost = lost
        self._store = store
        self._run_id = run_id
        self._ended = threading.Event()
        self._loss: LeaseLost | None = None
        self._thread = threading.Thread(target=self._renew, name="farm-lease", daemon=True)

    def start(self) -> None:
        """Begin to renew the lease."""
        self._thread.start()

    def require(self) -> None:
        """Check that the last renewal didn't meet another driver.

        Raises:
            LeaseLost: it did.
        """
        if self._loss is not None:
            raise self._loss

    def end(self) -> None:
        """Give the run back."""
        self._ended.set()
        self._thread.join(STOP_SECONDS)  # a store that doesn't answer keeps the thread; the lease will expire

    def _renew(self) -> None:
        while self._loss is None and not self._ended.wait(RENEW_SECONDS):
            self.renew()
        with suppress(StoreError):
            self._store.release_lease(self._run_id)

    def renew(self) -> None:
        """Show that this driver is alive, as its thread does; `require` says whether another one has the run."""
        try:
            self._store.renew_lease(self._run_id)
        except LeaseLost as loss:
            self._loss = loss
        except FarmError as error:
            _LOG.info("the lease of run %s was not renewed: %s", self._run_id, error)


@contextmanager
def leased(
    store: Store,
    run_id: str,
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[RunLease]:
    """Drive a run during a `with` block: nobody else does so, on any host, and the store refuses who no longer may.

    A driver that has died is replaced: at once if that is certain, otherwise after it has shown no sign of life for
    `EXPIRY_SECONDS`.

    Args:
        store: the store that has the run.
        run_id: the run.
        note: receives a line if another driver may still be alive, and one if it is replaced.
        clock: seconds that don't jump.
        wait: sleeps between two looks.

    Raises:
        NotRunnable: another driver has the run.
        StoreError: the store can't be written, or has been away for too long.
    """
    spools = list(abandoned_spools(run_id, spool_folder()))
    lost = take(store, run_id, own_holder(), note, clock=clock, wait=wait, spools=spools)
    lease = RunLease(store, run_id, lost)
    lease.start()
    try:
        yield lease
    finally:
        lease.end()


def take(
    store: Store,
    run_id: str,
    own: Holder,
    note: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
    state: Callable[[Holder | None, Holder], HolderState] = state_of,
    spools: Sequence[AbandonedSpool] = (),
) -> str:
    """Take the lease of a run; see `leased`.

    Returns:
        What of the spools was lost; see `RunLease`.

    Args:
        store: see `leased`.
        run_id: see `leased`.
        own: the driver that takes it.
        note: see `leased`.
        clock: see `leased`.
        wait: see `leased`.
        state: returns what is known of a driver's process.
        spools: what earlier drivers of this host could not record. That of the last driver is recorded now; results
            of one that was replaced since are of no use, since its vectors ran again.
    """
    contents = {spool: spool.read() for spool in spools}
    patience = StorePatience(store.place, note, clock=clock, sleep=wait)
    watch = LeaseWatch(store_has_clock=store.has_own_clock)
    last: list[AbandonedSpool] = []

    def look() -> tuple[Lease | None, Decision | None]:
        """Take the lease if it may be taken; return what it was, and what to do; None if it changed meanwhile."""
        lease = store.lease(run_id)
        if lease is not None and lease.holder == own:  # the store has recorded this lease, and its answer was lost
            return lease, Decision.TAKE if store.take_lease(run_id, own, lease) else None
        decision = watch.look(lease, state(lease.holder if lease is not None else None, own), clock())
        if decision is not Decision.TAKE:
            return lease, decision
        last[:] = [
            spool
            for spool, content in contents.items()
            if lease is not None and content.owner is not None and content.owner.holds(run_id, lease)
        ]
        batches = [batch for spool in last for batch in contents[spool].batches]
        return lease, decision if store.take_lease(run_id, own, lease, batches) else None

    waits = False
    while True:
        lease, decision = patience.ask(look)
        if decision is Decision.TAKE:
            lost = [_recorded(spool, contents[spool], note) for spool in last]
            for spool in spools:
                if spool not in last:
                    note(_rest(spool, contents[spool].owner, shown_place(store.place), lease))
            if lease is not None and lease.holder not in (None, own):
                note(f"run {run_id} is taken over from {holder_line(lease)}: that driver has died, or is suspended")
            return "; ".join(filter(None, lost))
        if decision is Decision.REFUSE and lease is not None:
            raise NotRunnable(_refusal(run_id, lease))
        if decision is Decision.WAIT and lease is not None:
            if not waits:
                waits = True
                note(
                    f"run {run_id} is driven by {holder_line(lease)}: "
                    f"waiting up to {EXPIRY_SECONDS:.0f} s to see whether that driver is alive"
                )
            wait(LOOK_SECONDS)


def _recorded(spool: AbandonedSpool, content: SpoolContent, note: Callable[[str], None]) -> str:
    """Remove a spool that is recorded; return what of it was lost."""
    if not content.lost:
        note(f"results that waited in {spool.path} are recorded")
        spool.path.unlink(missing_ok=True)
        return ""
    batches, kept = counted(content.lost, "batch", "batches"), set_aside(spool.path)
    lost = f"{batches} of results that waited could not be read from {kept}: those vectors ran again"
    note(f"{lost}; the rest is recorded")
    return lost


def _rest(spool: AbandonedSpool, owner: SpoolOwner | None, store: str, lease: Lease | None) -> str:
    """Remove a spool if its results are of no use; return a line on it."""
    if owner is None:
        return f"{spool.path} doesn't say of which results store it is, and stays: remove it if nobody needs it"
    if owner.store != store or lease is None or owner.fence >= lease.fence:
        return f"{spool.path} has results of this run for another results store, {owner.store}, and stays"
    spool.path.unlink(missing_ok=True)
    return f"removing {spool.path}: another driver has run those vectors since"


def _refusal(run_id: str, lease: Lease) -> str:
    return f"run {run_id} is driven by {holder_line(lease)}: wait for its end, or stop it first"
