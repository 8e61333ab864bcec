"""The interruption of a worker from outside, told from a `KeyboardInterrupt` that a sweep module raises itself."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

from farm.core.errors import WorkerInterrupted


def raise_on_sigint() -> None:
    """Let SIGINT raise `WorkerInterrupted` in the main thread."""
    signal.signal(signal.SIGINT, _raise)


def _raise(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise WorkerInterrupted
