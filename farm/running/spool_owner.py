"""Whose results a spool holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from farm.core.store_place import StorePlace
from farm.store import Store
from farm.store.lease_policy import Lease


@dataclass(frozen=True, slots=True)
class SpoolOwner:
    """The driver whose results wait.

    Attributes:
        run_id: the run.
        fence: the number of the driver's lease of it.
        since: when that lease began: a copy of the run in another store has another lease with this number.
        store: the store, in words that hide its password.
    """

    run_id: str
    fence: int
    since: float
    store: str

    @classmethod
    def of(cls, store: Store, run_id: str) -> SpoolOwner:
        """This process, which drives a run.

        Raises:
            StoreError: the store can't be read.
        """
        lease = store.lease(run_id)
        return cls(run_id, store.fence(run_id), 0.0 if lease is None else lease.since, shown_place(store.place))

    def holds(self, run_id: str, lease: Lease) -> bool:
        """Whether it is the driver that a lease names, or named before it gave the run back."""
        return (self.run_id, self.fence, self.since) == (run_id, lease.fence, lease.since)


def shown_place(place: StorePlace) -> str:
    """The place of a store, without its password, whatever the working directory is."""
    return str(place) if place.is_url else str(Path(place.reveal()).expanduser().absolute())
