"""Who may drive a run: pure decisions from looks at the run's lease, without a store, a process or a clock.

A lease names the driver of a run. Its fence grows with every driver, and every write of a driver carries it, so that
the store refuses the writes of a driver that was replaced: whatever it believes, it can't write. The rest only decides
*when* a driver may be replaced:

* at once if it gave the run back, or if its process has ended on this host;
* never while its process runs on this host;
* otherwise (another host, another container, a suspended process) once it has shown no sign of life for
  `EXPIRY_SECONDS`. Those are counted by the clock of the store, if it has one, or else by this driver's own monotonic
  clock, during which the lease didn't change. Clocks of two hosts are never compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from farm.core.process_identity import ProcessIdentity

RENEW_SECONDS = 5.0
"""How often a driver shows that it is alive."""
EXPIRY_SECONDS = 75.0
"""How long a driver may show no sign of life; longer than it waits for a store that is away."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The driver of a run.

    Attributes:
        user: the name of the user that started it.
        host: its host.
        process: its process.
        mark: what no other lease has, not even one of the same process: by it, a driver knows that its lease was
            recorded although the answer was lost.
    """

    user: str
    host: str
    process: ProcessIdentity
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.process.pid})"


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a run, as it is in the store.

    Attributes:
        fence: the number of the driver: 1 for the first one of the run.
        beat: how often the driver renewed the lease.
        batch: the number of the last batch of results that it recorded.
        holder: the driver; None once it is done.
        since: when it began, by the store's clock, in Unix seconds.
        age: seconds since the last sign of life by the store's clock.
    """

    fence: int
    beat: int
    batch: int
    holder: Holder | None
    since: float
    age: float

    @property
    def signs(self) -> tuple[int, int, int]:
        """What changes while the driver is alive."""
        return self.fence, self.beat, self.batch


class HolderState(Enum):
    """What is known on this host of a driver's process."""

    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"
    """It is on another host or in another container, or it is suspended."""


class Decision(Enum):
    """What a driver that wants a run does."""

    TAKE = "take"
    REFUSE = "refuse"
    WAIT = "wait"
    """Look again a little later."""


class LeaseWatch:
    """Decides whether a run may be driven, from one look at its lease after another."""

    def __init__(self, *, store_has_clock: bool) -> None:
        """Nothing was looked at yet.

        Args:
            store_has_clock: whether the ages of leases are by one clock.
        """
        self._store_has_clock = store_has_clock
        self._first: tuple[tuple[int, int, int], float] | None = None

    def look(self, lease: Lease | None, state: HolderState, now: float) -> Decision:
        """Return what to do.

        Args:
            lease: the lease as it is now; None if the run never had one.
            state: what is known of its holder.
            now: the time by a monotonic clock of this process, in seconds.
        """
        if lease is None or lease.holder is None or state is HolderState.ENDED:
            return Decision.TAKE
        if state is HolderState.RUNNING:
            return Decision.REFUSE
        if self._first is None:
            self._first = lease.signs, now
        signs, since = self._first
        if lease.signs != signs:
            return Decision.REFUSE
        age = max(now - since, lease.age if self._store_has_clock else 0.0)
        return Decision.TAKE if age >= EXPIRY_SECONDS else Decision.WAIT
