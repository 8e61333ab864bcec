"""A process whose parent died ends itself, even while it computes."""

from __future__ import annotations

import os
import select
import subprocess
import sys

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
        ended = os.pidfd_open(int(parent.stdout.readline()))
        assert not select.select([ended], [], [], 0.3)[0], "it lives while its parent does"
        parent.kill()
    # not its entry in /proc: where this process adopts orphans, since a test made it do so, that stays
    assert select.select([ended], [], [], 120)[0]
    os.close(ended)
