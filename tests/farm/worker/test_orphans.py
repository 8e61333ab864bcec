"""A process whose parent died ends itself, even while it computes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import os
from farm.worker.orphans import end_when_orphaned
end_when_orphaned(patience=0.1, every=0.05)
print(os.getpid(), flush=True)
while True:
    pass
"""
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}])
"""


def test_an_orphan_ends_although_its_main_thread_never_rests() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        assert child.exists()
        time.sleep(0.3)
        assert child.exists(), "it lives while its parent does"
        parent.kill()
    deadline = time.monotonic() + 120
    while child.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.exists()
