"""A process whose parent died ends itself, even while it computes."""

from __future__ import annotations

import subprocess
import sys
import time

from farm.core.process_tree import is_alive, read_process

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
        child = read_process(int(parent.stdout.readline()))
        assert child is not None
        time.sleep(0.3)
        assert is_alive(child), "it lives while its parent does"
        parent.kill()
    deadline = time.monotonic() + 120
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)  # whoever got it as a child may not have looked yet
