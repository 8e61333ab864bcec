"""The leases of runs in the store: each function is a part of one transaction."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, select, update

from farm.core.errors import LeaseLost
from farm.store import schema
from farm.store.databases import database_of
from farm.store.inserts import insert_new
from farm.store.lease_policy import Holder, Lease

_TABLE = schema.run_leases
_HOLDER = TypeAdapter(Holder)


def read_lease(connection: Connection, run_id: str) -> Lease | None:
    """Read the lease of a run; None if it never had one."""
    row = _read(connection, run_id)
    return None if row is None else _lease(row)


def take_lease(connection: Connection, run_id: str, holder: Holder, before: Lease | None) -> int | None:
    """Give a run to a driver if its lease is still as it was; return its fence, or None if the lease has changed.

    Args:
        connection: a transaction that writes.
        run_id: the run.
        holder: the driver.
        before: the lease as it was when it was decided that the run may be driven.
    """
    now = database_of(connection).now()
    values = {"beat": 0, "batch": 0, "holder": _HOLDER.dump_python(holder, mode="json"), "since": now, "renewed": now}
    if before is None:
        # of two drivers that both saw no lease, the one whose row exists drives the run
        fresh = {"run_id": run_id, "fence": 0, "beat": 0, "batch": 0, "holder": None, "since": 0.0, "renewed": 0.0}
        connection.execute(insert_new(connection, _TABLE), fresh)
        signs, holds = (0, 0, 0), False
    else:
        signs, holds = before.signs, before.holder is not None
    fence = signs[0] + 1
    unchanged: list[ColumnElement[bool]] = [
        _TABLE.c.run_id == run_id,
        *(column == sign for column, sign in zip((_TABLE.c.fence, _TABLE.c.beat, _TABLE.c.batch), signs, strict=True)),
        _TABLE.c.holder.is_not(None) if holds else _TABLE.c.holder.is_(None),
    ]
    taken = connection.execute(update(_TABLE).where(*unchanged).values(fence=fence, **values))
    return fence if taken.rowcount == 1 else None


def renew_lease(connection: Connection, run_id: str, fence: int) -> None:
    """Show that a driver is alive.

    Raises:
        LeaseLost: another driver has the run.
    """
    now = database_of(connection).now()
    renewed = connection.execute(_of(run_id, fence).values(beat=_TABLE.c.beat + 1, renewed=now))
    if renewed.rowcount != 1:
        raise _lost(connection, run_id)


def release_lease(connection: Connection, run_id: str, fence: int) -> None:
    """Give a run back, unless another driver has it."""
    connection.execute(_of(run_id, fence).values(holder=None))


def check_fence(connection: Connection, run_id: str, fence: int) -> None:
    """Check that a driver still has its run, and keep others from taking it before this transaction ends.

    Raises:
        LeaseLost: another driver has the run.
    """
    current = select(_TABLE.c.fence).where(_TABLE.c.run_id == run_id).with_for_update(read=True)
    if connection.scalar(current) != fence:
        raise _lost(connection, run_id)


def begin_batch(connection: Connection, run_id: str, fence: int, batch: int) -> bool:
    """Check a driver's fence for a batch of results, and note the batch; return False if it is recorded already.

    A driver that doesn't know whether a commit succeeded tries it again with the same number.

    Raises:
        LeaseLost: another driver has the run.
    """
    now = database_of(connection).now()
    noted = connection.execute(_of(run_id, fence).where(_TABLE.c.batch < batch).values(batch=batch, renewed=now))
    if noted.rowcount == 1:
        return True
    check_fence(connection, run_id, fence)
    return False


def holder_line(lease: Lease) -> str:
    """Return who holds a lease, since when, and when that driver last showed a sign of life."""
    return f"{lease.holder}, since {_utc(lease.since)}, last sign of life {max(lease.age, 0.0):.0f} s ago"


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, tz=timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _of(run_id: str, fence: int) -> Any:
    return update(_TABLE).where(_TABLE.c.run_id == run_id, _TABLE.c.fence == fence)


def _read(connection: Connection, run_id: str) -> Row[Any] | None:
    age = (database_of(connection).now() - _TABLE.c.renewed).label("age")
    return connection.execute(select(_TABLE, age).where(_TABLE.c.run_id == run_id)).one_or_none()


def _lease(row: Row[Any]) -> Lease:
    holder = None if row.holder is None else _HOLDER.validate_python(row.holder)
    return Lease(row.fence, row.beat, row.batch, holder, row.since, row.age)


def _lost(connection: Connection, run_id: str) -> LeaseLost:
    lease = read_lease(connection, run_id)
    if lease is None:
        return LeaseLost(f"run {run_id} was removed from the store: this driver ends, and has recorded nothing since")
    by = "another driver, which is done," if lease.holder is None else str(lease.holder)
    return LeaseLost(
        f"run {run_id} was taken over by {by} at {_utc(lease.since)}: "
        "this driver ends, and has recorded nothing since then"
    )
