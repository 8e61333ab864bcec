"""A chip that another process has open: it is waited for, and never reset under that process."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from farm.board.holders import Holder, holders, is_running, process_name
from farm.board.protocol import WorkerError, WorkerHung
from farm.core.classify import last_words
from farm.core.failure_texts import HELD_CHIP

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class HeldChip:
    """A chip in use by another process.

    Attributes:
        pid: the process; None if it is unknown, or not of this host's processes.
        holder: it in words.
    """

    pid: int | None
    holder: str

    @property
    def held(self) -> bool:
        """Whether the process still runs; False if it is unknown."""
        return self.pid is not None and is_running(self.pid)

    def wait(self, seconds: float, stopping: Callable[[], bool]) -> bool:
        """Wait for the end of the process; return whether it ended.

        Args:
            seconds: the longest wait.
            stopping: whether to wait no longer.
        """
        deadline = time.monotonic() + seconds
        time.sleep(min(seconds, _POLL_SECONDS))  # also for one that is unknown, or is just ending
        while self.held and not stopping() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return not self.held


def held_chip_of(error: WorkerError, addresses: Collection[str] = ()) -> HeldChip | None:
    """The chip whose use by another process is the cause of a worker's error; None if it has another cause.

    UMD says once that it waits. A process that hung later did not hang for that, if the other process has ended.
    """
    chip = held_chip(error.words, addresses)
    if chip is not None and isinstance(error, WorkerHung) and chip.pid is not None and not chip.held:
        return None
    return chip


def held_chip(text: str, addresses: Collection[str] = ()) -> HeldChip | None:
    """The chip whose use by another process is the cause of an error; None if the error has another cause.

    Args:
        text: the text of an exception, or what a process printed before it ended or was ended.
        addresses: the PCI addresses of the board, to look its holder up if the text doesn't name it.
    """
    match = HELD_CHIP.search(last_words(text))
    if match is None:
        return None
    if match["pid"] is not None:
        pid = int(match["pid"])
        return HeldChip(pid, str(Holder("the chip", pid, process_name(pid))))
    other = next((each for each in holders() if each.address in addresses), None)
    return HeldChip(None, "the chip is in use by another process") if other is None else HeldChip(other.pid, str(other))
