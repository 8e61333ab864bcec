"""Who stops and kills: picks a process of a running sweep and sends it a signal, and writes down what and when."""

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
    """What was done, to what, and when (Unix time in seconds)."""

    target: str
    signal: str
    at: float
    where: str = ""


def descendants(root: int) -> dict[int, str]:
    """Every process below one, with its command line."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            commands[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    found: dict[int, str] = {}
    for pid in parents:
        above, steps = pid, 0
        while above not in (0, 1, root) and steps < 64:
            above, steps = parents.get(above, 0), steps + 1
        if above == root and pid != root:
            found[pid] = commands[pid]
    return found


def _called(command: str, target: str) -> str:
    """What to look for a target in: Ray's own processes name each other in their arguments."""
    return command.split(" ", 1)[0] if target in ("raylet", "head") else command


class Monkey:
    """Throws faults at the tree of processes of one driver at a time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.faults: list[Fault] = []

    def throw(self, driver: int, target: str) -> bool:
        """Throws one fault; False where no such process is there now."""
        how = signal.SIGKILL
        if target == "driver":
            victim = driver
        else:
            wanted = TARGETS[target]
            victims = sorted(pid for pid, command in descendants(driver).items() if wanted in _called(command, target))
            if not victims:
                return False
            victim = self.chance.choice(victims)
            if target == "stopped actor" or (target == "worker" and self.chance.random() < 0.4):
                how = signal.SIGSTOP
        where = ""
        with contextlib.suppress(OSError):
            where = str(Path(f"/proc/{victim}/cwd").readlink())
        try:
            os.kill(victim, how)
        except ProcessLookupError:
            return False
        self.faults.append(Fault(target, how.name, time.time(), where))
        return True
