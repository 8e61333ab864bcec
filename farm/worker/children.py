"""The processes that a vector of a sweep module leaves behind: they would hold the board, so they end with it.

The worker adopts orphans, as the keeper above it does, so that all of them are below it, in whatever session they are.
Helpers of Python's own that stay as long as the process does are left alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from time import monotonic, sleep  # the functions themselves: a module may have replaced the names in `time`

from farm.core.plain_words import counted
from farm.core.process_tree import TreeProcess, adopt_orphans, below, end_below, processes, read_process

GRACE_SECONDS = 0.2
"""How long they may take to end by themselves."""
_LOOK_SECONDS = 0.005
_EVERY_CHILD = os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | 0x40000000  # __WALL: also those made by clone()


class Children:
    """Ends the processes that were started since a vector began."""

    def __init__(self) -> None:
        """Adopt orphans from now on; the processes that there are already are left alone for good."""
        adopt_orphans()
        self._foreign = _all_below()
        self._earlier = self._foreign

    def begin(self) -> None:
        """Note the processes that a vector finds, its module's own."""
        self._earlier = _all_below() if _any() else frozenset()

    def forget(self) -> None:
        """Let none of the processes count as a module's own any more."""
        self._earlier = self._foreign

    def end(self) -> int:
        """End the processes that were started since; return how many did not end by themselves."""
        if not _any():
            return 0
        own = os.getpid()
        helpers = _helpers()
        spared = {*self._earlier, *helpers}
        grace = monotonic() + GRACE_SECONDS
        while below(own, spared) and monotonic() < grace:
            sleep(_LOOK_SECONDS)
        ended = end_below(own, spared) + sum(end_below(helper.pid, self._earlier) for helper in helpers)
        kept = {process[:2] for process in spared}
        for process in list(processes()):  # else each later vector would look for living ones
            if process.parent == own and process.ended and process[:2] not in kept:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
        return ended


def in_words(ended: int) -> str:
    """Say how many processes a vector left behind."""
    return f"left {counted(ended, 'process', 'processes')} behind, which farm ended"


def _any() -> bool:
    """Whether this process has a child, ended or not; this costs a microsecond."""
    try:
        os.waitid(*_EVERY_CHILD)
    except ChildProcessError:
        return False
    return True


def _all_below() -> frozenset[TreeProcess]:
    """The processes below this one, and its children that have ended but have not been waited for."""
    own = os.getpid()
    return frozenset({process for process in processes() if process.parent == own} | below(own))


def _helpers() -> set[TreeProcess]:
    """The helpers of `multiprocessing` that stay: they have nothing of a vector's."""
    return {helper for pid in _helper_pids() if (helper := read_process(pid)) is not None}


def _helper_pids() -> Iterator[int]:
    for module, name, attribute in (
        ("multiprocessing.resource_tracker", "_resource_tracker", "_pid"),
        ("multiprocessing.forkserver", "_forkserver", "_forkserver_pid"),
    ):
        helper = vars(sys.modules[module]).get(name) if module in sys.modules else None
        pid = None if helper is None else vars(helper).get(attribute)
        if isinstance(pid, int):
            yield pid
