"""Pick a process of a running sweep, signal it, and record what was done and when."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from farm.core.process_identity import ProcessIdentity, identity_of
from farm.core.process_table import send_signal

_WORKER = "-m farm.worker"
_KEEPER = "farm.core.process_keeper"
_ACTOR = "ray::BoardActor"
_SUSPENDED_SECONDS = 3.0


@dataclass(frozen=True)
class Target:
    """A kind of process, and what is done to it.

    Attributes:
        pattern: a part of its command line; empty for the driver itself.
        without: what its command line doesn't have: a keeper's has the worker's. Empty for nothing.
        signals: those it may get, one of which is drawn.
        resumed: whether it may go on after `_SUSPENDED_SECONDS`.
        by_program: whether the pattern is looked for in the name of the program alone: Ray's processes name each other
            in their arguments.
    """

    pattern: str
    signals: tuple[signal.Signals, ...] = (signal.SIGKILL,)
    resumed: bool = False
    by_program: bool = False
    without: str = ""

    def matches(self, command: str) -> bool:
        """Return whether a command line is of such a process."""
        if self.without and self.without in command:
            return False
        return self.pattern in (command.split(" ", 1)[0] if self.by_program else command)


TARGETS = {
    "worker": Target(_WORKER, (*(signal.SIGKILL,) * 3, *(signal.SIGSTOP,) * 2), without=_KEEPER),
    "worker in trouble": Target(
        _WORKER, (signal.SIGSEGV, signal.SIGBUS, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE), without=_KEEPER
    ),
    "worker suspended": Target(_WORKER, (signal.SIGSTOP,), resumed=True, without=_KEEPER),
    "keeper": Target(_KEEPER),
    "stopped keeper": Target(_KEEPER, (signal.SIGSTOP,)),
    "actor": Target(_ACTOR),
    "actor terminated": Target(_ACTOR, (signal.SIGTERM,)),
    "stopped actor": Target(_ACTOR, (signal.SIGSTOP,)),
    "actor suspended": Target(_ACTOR, (signal.SIGSTOP,), resumed=True),
    "raylet": Target("raylet/raylet", by_program=True),
    "head": Target("gcs/gcs_server", by_program=True),
    "head suspended": Target("gcs/gcs_server", (signal.SIGSTOP,), resumed=True, by_program=True),
    "driver": Target(""),
    "driver terminated": Target("", (signal.SIGTERM,)),
    "driver interrupted": Target("", (signal.SIGINT,)),
    "driver hung up": Target("", (signal.SIGHUP,)),
    "driver suspended": Target("", (signal.SIGSTOP,), resumed=True),
}


@dataclass(frozen=True)
class Fault:
    """One injected fault.

    Attributes:
        target: a key of `TARGETS`.
        signal: the name of the signal.
        at: Unix time, in seconds.
        where: the working directory of the process; empty if unknown.
    """

    target: str
    signal: str
    at: float
    where: str = ""


def descendants(root: int) -> dict[int, str]:
    """Return every process below another, with its command line."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            commands[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    below: dict[int, str] = {}
    for pid in parents:
        ancestor, steps = pid, 0
        while ancestor not in (0, 1, root) and steps < 64:
            ancestor, steps = parents.get(ancestor, 0), steps + 1
        if ancestor == root and pid != root:
            below[pid] = commands[pid]
    return below


class Monkey:
    """Injects faults into the processes of one driver at a time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.faults: list[Fault] = []
        self._stopped: list[ProcessIdentity] = []  # for good, as far as this program is concerned

    def resume(self) -> None:
        """Continue what was stopped for good and still lives: what is stopped can't notice the end of its parent."""
        for process in self._stopped:
            send_signal(process, signal.SIGCONT)
        self._stopped.clear()

    def inject(self, driver: int, target: str) -> bool:
        """Inject one fault; return False if there is no such process now."""
        kind = TARGETS[target]
        below = descendants(driver) if kind.pattern else {driver: ""}
        victims = sorted(pid for pid, command in below.items() if kind.matches(command))
        if not victims:
            return False
        victim = self.random.choice(victims)
        sent = self.random.choice(kind.signals)
        where = ""
        with contextlib.suppress(OSError):
            where = str(Path(f"/proc/{victim}/cwd").readlink())
        identity = identity_of(victim)
        try:
            os.kill(victim, sent)
            if kind.resumed:
                time.sleep(_SUSPENDED_SECONDS)
                os.kill(victim, signal.SIGCONT)
        except ProcessLookupError:
            return False
        if sent is signal.SIGSTOP and not kind.resumed and identity is not None:
            self._stopped.append(identity)
        self.faults.append(Fault(target, sent.name, time.time(), where))
        return True
