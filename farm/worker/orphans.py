"""The last resort against orphaned workers.

The guard beside a worker ends it when its supervisor dies. If the guard is gone as well, the worker ends itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time

PATIENCE_SECONDS = 45.0
"""The time that the guard has first: it tries SIGINT, which releases the board, then SIGTERM, then SIGKILL."""
LOOK_SECONDS = 1.0


def end_when_orphaned(patience: float = PATIENCE_SECONDS, every: float = LOOK_SECONDS) -> None:
    """Start a thread that ends this process `patience` seconds after its parent ended."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        time.sleep(patience)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True, name="orphans").start()
