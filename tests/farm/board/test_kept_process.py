"""A keeper ends what it keeps when its supervisor dies, even if it was stopped itself."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

from farm.core.process_tree import read_process, send

SUPERVISOR = """
import os, subprocess, sys
from farm.board.kept_process import launch

command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
null = subprocess.DEVNULL
kept = launch(command, env=os.environ, cwd=None, stdin=null, stdout=null, stderr=null)
print(kept.keeper.pid, kept.pid, flush=True)
sys.stdin.read()
"""
END_SECONDS = 60


def ends(descriptor: int) -> bool:
    """Wait for the end of the process of a descriptor; return whether it came."""
    return bool(select.select([descriptor], [], [], END_SECONDS)[0])


def test_a_stopped_keeper_whose_supervisor_dies_ends_with_its_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        processes = [read_process(int(pid)) for pid in supervisor.stdout.readline().split()]
        keeper, kept = processes
        assert keeper is not None
        assert kept is not None
        handles = [os.pidfd_open(keeper.pid), os.pidfd_open(kept.pid)]
        try:
            send(keeper, signal.SIGSTOP)
            supervisor.kill()
            supervisor.wait()
            assert all(map(ends, handles))
        finally:
            for process in (keeper, kept):
                send(process, signal.SIGKILL)
            for handle in handles:
                os.close(handle)
