"""The last resort against orphaned workers.

The keeper above a worker ends it when its supervisor dies. If the keeper is gone as well, the worker ends itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time

_getppid, _getpid, _kill, _sleep = os.getppid, os.getpid, os.kill, time.sleep  # a module may replace them
PATIENCE_SECONDS = 45.0
"""The time that SIGINT has first, which a worker gets at its keeper's end: it releases the board."""
LOOK_SECONDS = 1.0


def end_when_orphaned(patience: float = PATIENCE_SECONDS, every: float = LOOK_SECONDS) -> None:
    """Start a thread that ends this process `patience` seconds after its parent ended."""
    parent = _getppid()

    def look() -> None:
        while _getppid() == parent:
            _sleep(every)
        _sleep(patience)
        _kill(_getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True, name="orphans").start()
