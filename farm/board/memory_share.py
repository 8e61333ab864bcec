"""The policy of a worker's share of its host's memory. Pure: `farm.board.memory_watch` measures and acts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from farm.core.plain_words import counted
from farm.core.sizes import size_text

RESERVED_PART = 0.1
RESERVED_MOST = 8 << 30
"""What is left to the host itself, its supervisors and Ray: a tenth of its memory, but no more than this."""
LEAST_SHARE = 1 << 30
"""The default share is never less: a host with many virtual boards lends the same memory to several of them."""
GROWTH = 4 << 30
"""Bytes that a process may fill in a second; the next measurement comes before it can fill half of what is left."""
SOONEST, LATEST = 0.05, 0.5
"""Seconds between two measurements."""
KERNEL_KILLED = "the host ran out of memory, and its kernel ended the worker"
GRACE_SECONDS = 5.0
"""How long a process that was interrupted may take to release its board."""
RUNAWAY = 1.25
"""How many times its share a process that was interrupted may use before it is killed at once."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """The memory of a worker and of all processes that it started.

    Attributes:
        worker: bytes of the worker.
        children: bytes of the others.
        processes: how many others there are.
        files: bytes of files in shared memory (`/dev/shm`) that they have open and not mapped.
    """

    worker: int
    children: int = 0
    processes: int = 0
    files: int = 0

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.worker + self.children + self.files


class Step(Enum):
    """What to do with a process after its memory was measured."""

    CONTINUE = "continue"
    INTERRUPT = "interrupt"
    """End it by SIGINT, which lets ttnn release the board."""
    KILL = "kill"
    """End it and its children by SIGKILL."""


def next_step(use: int, share: int, since_interrupt: float | None = None) -> Step:
    """What to do with a process.

    Args:
        use: bytes that it uses.
        share: bytes that it may use.
        since_interrupt: seconds since it was interrupted; None if it was not.
    """
    if since_interrupt is None:
        return Step.INTERRUPT if use > share else Step.CONTINUE
    return Step.KILL if use > share * RUNAWAY or since_interrupt >= GRACE_SECONDS else Step.CONTINUE


def seconds_to_next(use: int, share: int) -> float:
    """Seconds until the next measurement of a process: sooner if it is closer to its share."""
    return min(LATEST, max(SOONEST, (share - use) / 2 / GROWTH))


def default_share(host: int, boards: int) -> int:
    """The share of one board's worker, in bytes.

    Args:
        host: the host's memory, in bytes, or the limit of the container that farm runs in.
        boards: how many boards of the host may have a worker at the same time.
    """
    usable = host - min(int(host * RESERVED_PART), RESERVED_MOST)
    return min(usable, max(LEAST_SHARE, usable // max(1, boards)))


def over_share(use: MemoryUse, share: int) -> str:
    """What is wrong with a process that used more than its share, in words."""
    parts = [
        *(
            [f"{size_text(use.children)} in {counted(use.processes, 'child process', 'child processes')}"]
            if use.children
            else []
        ),
        *([f"{size_text(use.files)} in files under /dev/shm"] if use.files else []),
    ]
    of_them = f", of them {' and '.join(parts)}" if parts else ""
    return f"used {size_text(use.total)} of its {size_text(share)} share of the host's memory{of_them}"
