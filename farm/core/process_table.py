"""The processes of this host: which are marked as whose, and signals that reach one process and no later one."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from farm.core.process_identity import ProcessIdentity, identity_from, is_alive, own_host
from farm.core.process_stat import pids, stat_fields
from farm.core.process_tree import send_while

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """A living process.

    Attributes:
        identity: the process.
        parent: the id of its parent.
        session: the id of its session, which was the id of the process that made the session.
    """

    identity: ProcessIdentity
    parent: int
    session: int


def all_processes() -> dict[int, ProcessEntry]:
    """All living processes of this host that can be seen here, by id."""
    entries: dict[int, ProcessEntry] = {}
    host = own_host()
    for pid in pids():
        fields = stat_fields(pid)
        if fields is not None and (identity := identity_from(pid, fields, host)) is not None:
            entries[pid] = ProcessEntry(identity, parent=int(fields[1]), session=int(fields[3]))
    return entries


def descendants(entries: dict[int, ProcessEntry], roots: set[int]) -> set[int]:
    """The ids of some processes and of all their descendants."""
    family = set(roots)
    while children := {pid for pid, entry in entries.items() if entry.parent in family} - family:
        family |= children
    return family


def has_variable(pid: int, name: str, value: str) -> bool:
    """Whether a process was started with exactly this value of an environment variable.

    Args:
        pid: the process.
        name: the variable.
        value: its value, compared whole.
    """
    try:
        return f"{name}={value}".encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # the process ended, or is another user's


def send_signal(process: ProcessIdentity, number: signal.Signals) -> bool:
    """Send a process a signal; one that has its id by now gets none.

    Returns:
        Whether it was sent.
    """
    return send_while(process.pid, number, lambda: is_alive(process))
