"""Measure the memory of a worker and of the processes that it started, and end a worker that is over its share.

Limits of the kernel don't serve: `RLIMIT_AS` and `RLIMIT_DATA` count mappings, and ttnn maps far more than it uses; a
cgroup is not for every user to make. So the memory in use is measured, more often the less is left. What a process
shares with others (libraries, pages of its parent) counts in parts, and huge pages of the board don't count.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from farm.board.memory_share import KERNEL_KILLED, MemoryUse, Step, next_step, over_share, seconds_to_next
from farm.board.signals import signal_group, signal_process
from farm.core.process_tree import is_alive, read_process

OOM_SCORE = 600
"""How much sooner than others the kernel should pick a worker, of 1000, if the host runs out of memory all the same."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARED = "/dev/shm/"  # noqa: S108 - where to look, not where to write
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_OOM_KILLS = re.compile(r"^oom_kill (\d+)", re.MULTILINE)
_PROC = Path("/proc")
_RECENT = 20
"""Measurements since which a kill of the kernel is recent: a process that it has picked takes a moment to end."""
_NO_LIMIT = 1 << 60
"""Limits of cgroups from here on mean none."""


class MemoryWatch:
    """Watches the memory of one process in a thread of its own, and ends the process if it is over its share.

    Attributes:
        share: bytes that the process and those that it started may use.
        excess: what it used when it was over its share and was interrupted; None as long as it is not.
    """

    def __init__(self, pid: int, share: int, *, keeper: int, group: bool = True) -> None:
        """Start to watch.

        Args:
            pid: the process.
            share: see above.
            keeper: the process of its keeper, whose children are also those that its own children left behind.
            group: whether it leads a process group, which is ended with it.
        """
        self.share = share
        self.excess: MemoryUse | None = None
        self._excess_at = 0.0  # Unix time in seconds
        self._pid, self._keeper, self._group = pid, keeper, group
        self._process = read_process(pid)
        self._kills = deque([kernel_kills()], maxlen=_RECENT)  # the kernel's count at the last measurements
        self._stop = threading.Event()
        with contextlib.suppress(OSError):
            (_PROC / str(pid) / "oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
        self._thread = threading.Thread(target=self._watch, daemon=True, name="memory")
        self._thread.start()

    def complaint(self, code: int | None = None) -> str:
        """Why the process was ended, if it was because of its memory; "" otherwise.

        Args:
            code: its exit code.
        """
        if self.excess is not None:
            return over_share(self.excess, self.share)
        return KERNEL_KILLED if code == -signal.SIGKILL and kernel_kills() > self._kills[0] else ""

    def was_over_during(self, started: float, seconds: float) -> bool:
        """Whether the process was interrupted during some seconds from a Unix time on."""
        return self.excess is not None and started <= self._excess_at <= started + seconds

    def close(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        wait, interrupted = 0.0, None
        while not self._stop.wait(wait):
            use = memory_use(self._pid, self._keeper)
            if self._process is None or not is_alive(self._process):
                return
            if use.total > self.share:
                use = memory_use(self._pid, self._keeper, exact=True)
            since = None if interrupted is None else time.monotonic() - interrupted
            match next_step(use.total, self.share, since):
                case Step.INTERRUPT:
                    self._excess_at, interrupted = time.time(), time.monotonic()
                    self.excess = use
                    self._signal(signal.SIGINT)
                case Step.KILL:
                    self._signal(signal.SIGKILL)
            if interrupted is None:
                self._kills.append(kernel_kills())
            wait = seconds_to_next(use.total, self.share)

    def _signal(self, number: signal.Signals) -> None:
        (signal_group if self._group else signal_process)(self._pid, number)


def memory_use(pid: int, keeper: int, *, exact: bool = False) -> MemoryUse:
    """The memory of a process and of all that it started.

    Args:
        pid: the process; nothing is used by one that is gone.
        keeper: the process whose descendants they all are.
        exact: whether memory that several processes share counts in parts. Else it counts for each of them, which takes
            less time, and is never less.
    """
    measure = _proportional if exact else _resident
    others = [each for each in descendants(keeper) if each != pid]
    children = sum(map(measure, others))
    return MemoryUse(measure(pid), children, len(others), sum(_open_files([pid, *others]).values()))


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they started, as far as their parents live."""
    parents = [pid]  # no recursion: a module's processes may be below each other a thousand times
    while parents:
        parent = parents.pop()
        tasks: list[str] = []
        with contextlib.suppress(OSError):
            tasks = os.listdir(f"/proc/{parent}/task")  # noqa: PTH208 - twice as fast, several times a second
        for task in tasks:
            children = [int(child) for child in _text(f"/proc/{parent}/task/{task}/children").split()]
            yield from children
            parents += children


def host_memory() -> int:
    """The memory of this host, or the limit of the container or service that this process runs in, in bytes."""
    sizes = [os.sysconf("SC_PHYS_PAGES") * _PAGE, *_cgroup_limits()]
    return min(size for size in sizes if 0 < size < _NO_LIMIT)


def kernel_kills() -> int:
    """How many processes the kernel has ended since it had no memory left."""
    match = _OOM_KILLS.search(_text("/proc/vmstat"))
    return 0 if match is None else int(match[1])


def _cgroup_limits() -> Iterator[int]:
    """The limits of the cgroups that this process is in, as far as they are mounted where they usually are."""
    for line in _text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top, name = ("memory", "memory.limit_in_bytes") if controllers else ("", "memory.max")
        folder = Path("/sys/fs/cgroup") / top
        place = folder / path.lstrip("/")
        # in a container, the path is the host's, and the group itself is mounted
        for group in [place, *place.parents] if place.is_dir() else [folder]:
            if not group.is_relative_to(folder):
                break
            with contextlib.suppress(ValueError):
                yield int(_text(str(group / name)))


def _resident(pid: int) -> int:
    fields = _text(f"/proc/{pid}/statm").split()
    return int(fields[1]) * _PAGE if fields else 0


def _proportional(pid: int) -> int:
    match = _PSS.search(_text(f"/proc/{pid}/smaps_rollup"))
    return _resident(pid) if match is None else int(match[1]) << 10


def _open_files(pids: list[int]) -> dict[tuple[int, int], int]:
    """The bytes of files in shared memory that processes have open and not mapped, by device and inode."""
    files: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(entry.path).startswith((_SHARED, "/memfd:")):  # noqa: PTH115 - see `descendants`
                        state = os.stat(entry.path)  # noqa: PTH116
                        files[state.st_dev, state.st_ino] = state.st_blocks * 512
    if files:
        for pid in pids:
            for line in _text(f"/proc/{pid}/maps").split("\n"):  # the name of a file may hold any other line end
                if _SHARED in line or "/memfd:" in line:
                    major, minor = (int(part, 16) for part in line.split()[3].split(":"))
                    files.pop((os.makedev(major, minor), int(line.split()[4])), None)
    return files


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:  # noqa: PTH123 - see `descendants`
            return file.read()
    except OSError:
        return ""
