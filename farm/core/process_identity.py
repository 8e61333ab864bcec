"""The identity of a process: its pid alone is taken by another process once it has ended, or the host was restarted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from farm.core.process_stat import stat_fields

_STOPPED_STATES = "Tt"


class HostIdentity(NamedTuple):
    """Where ids of processes are told apart; see `ProcessIdentity`."""

    boot: str
    namespace: str


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, told apart from every other one that has or had its pid.

    Attributes:
        pid: its number in its namespace of pids.
        start: when it was started, in clock ticks since the host's boot.
        boot: the id of the host's boot; no other boot of any host has it.
        namespace: the namespace of pids: a container may have its own, in which the same pid is another process.
    """

    pid: int
    start: int
    boot: str
    namespace: str

    def as_json(self) -> dict[str, int | str]:
        """Return it as JSON; `ProcessIdentity(**value)` is the inverse."""
        return asdict(self)


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return the identity of the process that has a pid now; None if there is none, or it has ended."""
    fields = stat_fields(pid)
    return None if fields is None else identity_from(pid, fields, own_host())


def identity_from(pid: int, fields: Sequence[str], host: HostIdentity) -> ProcessIdentity | None:
    """Return the identity of the process with these `stat_fields` on this host; None if it has ended."""
    if fields[0] in "ZX":
        return None
    return ProcessIdentity(pid, int(fields[19]), host.boot, host.namespace)


def own_identity() -> ProcessIdentity:
    """Return the identity of this process."""
    identity = identity_of(os.getpid())
    if identity is None:
        raise OSError("/proc doesn't show this process: is it mounted?")
    return identity


def is_comparable(identity: ProcessIdentity) -> bool:
    """Whether this process can tell if the other one lives: both are of one boot and one namespace of pids.

    A process of an earlier boot has ended, but may be one of another host: its boot id doesn't say which.
    """
    return (identity.boot, identity.namespace) == own_host()


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether a comparable process still runs, or is stopped. False for any that isn't comparable."""
    return is_comparable(identity) and identity_of(identity.pid) == identity


def is_suspended(identity: ProcessIdentity) -> bool:
    """Whether a comparable process is stopped by a signal or a debugger."""
    fields = stat_fields(identity.pid)
    return is_alive(identity) and fields is not None and fields[0] in _STOPPED_STATES


def boot_id() -> str:
    """Return the id of this boot of the host."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def own_host() -> HostIdentity:
    """Return this boot and namespace of pids."""
    return HostIdentity(boot_id(), str(Path("/proc/self/ns/pid").readlink()))
