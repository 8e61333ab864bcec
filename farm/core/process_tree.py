"""The processes below one process: children, and theirs, whatever session or group they have made for themselves.

A process that adopts orphans (`adopt_orphans`) has all of them below itself as long as it lives: those whose parent
ended, too. Nothing else is ever signalled here. Needs only the standard library.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Collection, Iterator
from time import monotonic, sleep  # the functions themselves: a sweep module may replace the names in `time`
from typing import NamedTuple

from farm.core.process_stat import pids, stat_fields

END_SECONDS = 10.0
"""How long processes may take to vanish after SIGKILL: one that waits for a device can't end before that answers."""
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_LOOK_SECONDS = 0.002


class TreeProcess(NamedTuple):
    """A process, as `/proc` describes it.

    Attributes:
        pid: its id.
        start: when it was started, in clock ticks since the host's boot: no other process has both.
        parent: its parent's id.
        ended: whether it has ended, and only its parent's wait for it is missing.
    """

    pid: int
    start: int
    parent: int
    ended: bool


def adopt_orphans() -> bool:
    """Become the parent of every descendant whose own parent ends; return whether the kernel does that."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def signal_at_parents_end(number: signal.Signals) -> bool:
    """Get a signal when the parent process ends; return whether the kernel does that. Forked children get none."""
    return _prctl(_PR_SET_PDEATHSIG, int(number))


def leave_no_core_dump() -> None:
    """Leave no core dump, not even with a program of the host that takes them."""
    _prctl(_PR_SET_DUMPABLE, 0)


def read_process(pid: int) -> TreeProcess | None:
    """Describe a process; None if there is none."""
    fields = stat_fields(pid)
    return None if fields is None else TreeProcess(pid, int(fields[19]), int(fields[1]), fields[0] in "ZX")


def processes() -> Iterator[TreeProcess]:
    """Every process of this namespace of pids."""
    for pid in pids():
        if (process := read_process(pid)) is not None:
            yield process


def below(root: int, spared: Collection[TreeProcess] = ()) -> set[TreeProcess]:
    """The processes below one that have not ended.

    Args:
        root: its id. It is not among them.
        spared: processes to leave out, together with those below them.
    """
    children: dict[int, list[TreeProcess]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process)
    left_out = {(process.pid, process.start) for process in spared}
    tree: set[TreeProcess] = set()
    pending = [root]
    while pending:
        for process in children.pop(pending.pop(), ()):
            if (process.pid, process.start) not in left_out:
                tree.add(process)
                pending.append(process.pid)
    return {process for process in tree if not process.ended}


def end_below(root: int, spared: Collection[TreeProcess] = (), seconds: float = END_SECONDS) -> int:
    """End all processes below one; return how many there were.

    They are stopped first, until no other one appears: a stopped process starts no further ones.

    Args:
        root: the process's id. It must adopt orphans, or be stopped; it isn't signalled itself.
        spared: see `below`.
        seconds: how long to try.
    """
    deadline = monotonic() + seconds
    ended: set[tuple[int, int]] = set()
    while alive := below(root, spared):
        stopped: set[tuple[int, int]] = set()
        while fresh := {process for process in alive if process[:2] not in stopped}:
            for process in fresh:
                send(process, signal.SIGSTOP)
            stopped |= {process[:2] for process in fresh}
            alive = below(root, spared)
            if monotonic() > deadline:
                break
        for process in alive:
            send(process, signal.SIGKILL)
        ended |= {process[:2] for process in alive} | stopped
        while any(is_alive(process) for process in alive):
            if monotonic() > deadline:
                return len(ended)
            sleep(_LOOK_SECONDS)
    return len(ended)


def is_alive(process: TreeProcess) -> bool:
    """Whether a process has not ended, and its pid is not another one's by now."""
    now = read_process(process.pid)
    return now is not None and now.start == process.start and not now.ended


def send(process: TreeProcess, number: signal.Signals) -> None:
    """Send a signal to a process, never to another one that has its pid by now."""
    send_while(process.pid, number, lambda: is_alive(process))


def send_while(pid: int, number: signal.Signals, is_same: Callable[[], bool]) -> bool:
    """Send a signal to the process that has a pid, if it is the one that is meant; return whether it was sent.

    Args:
        pid: its id.
        number: the signal.
        is_same: whether the process that is meant lives, and has this id.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    except OSError:  # a kernel older than 5.3
        handle = None
    try:
        if not is_same():  # a handle is from here on that process's, whatever happens to the id
            return False
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except OSError:
        return False  # it ended just now, or is another user's
    finally:
        if handle is not None:
            os.close(handle)
    return True


def _prctl(option: int, value: int) -> bool:
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
