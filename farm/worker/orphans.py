"""The last resort against workers that nobody holds any more.

The guard beside a worker ends it when its supervisor dies. Should the guard be gone as well, the
process ends itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time

PATIENCE_SECONDS = 45.0
"""How long the guard is given first: it tries SIGINT, which releases the board, then SIGTERM, then SIGKILL."""
LOOK_SECONDS = 1.0


def end_when_orphaned(patience: float = PATIENCE_SECONDS, every: float = LOOK_SECONDS) -> None:
    """Ends this process, so many seconds after its parent did, from a thread that looks now and then."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        time.sleep(patience)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True, name="orphans").start()
