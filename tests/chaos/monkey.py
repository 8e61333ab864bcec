"""Pick a process of a running sweep, stop or kill it, and record what was done and when."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

TARGETS = {
    "worker": "-m farm.worker --requests",
    "actor": "ray::BoardActor",
    "stopped actor": "ray::BoardActor",
    "raylet": "raylet/raylet",
    "head": "gcs/gcs_server",
    "driver": "",
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


def _searched_part(command: str, target: str) -> str:
    """Return the part of a command line in which to look for a target: Ray's processes name each other in arguments."""
    return command.split(" ", 1)[0] if target in ("raylet", "head") else command


class Monkey:
    """Injects faults into the processes of one driver at a time."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.faults: list[Fault] = []

    def inject(self, driver: int, target: str) -> bool:
        """Inject one fault; return False if there is no such process now."""
        sent = signal.SIGKILL
        if target == "driver":
            victim = driver
        else:
            pattern = TARGETS[target]
            victims = sorted(
                pid for pid, command in descendants(driver).items() if pattern in _searched_part(command, target)
            )
            if not victims:
                return False
            victim = self.random.choice(victims)
            if target == "stopped actor" or (target == "worker" and self.random.random() < 0.4):
                sent = signal.SIGSTOP
        where = ""
        with contextlib.suppress(OSError):
            where = str(Path(f"/proc/{victim}/cwd").readlink())
        try:
            os.kill(victim, sent)
        except ProcessLookupError:
            return False
        self.faults.append(Fault(target, sent.name, time.time(), where))
        return True
