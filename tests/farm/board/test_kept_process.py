"""A process ends with its keeper and its supervisor, even if it or the keeper was stopped."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from farm.core.process_stat import stat_fields
from farm.core.process_tree import TreeProcess, read_process, send

SUPERVISOR = """
import os, subprocess, sys
from farm.board.kept_process import launch

command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
null = subprocess.DEVNULL
kept = launch(command, env=os.environ, cwd=None, stdin=null, stdout=null, stderr=null)
print(kept.keeper.pid, kept.pid, flush=True)
sys.stdin.read()
"""
END_SECONDS = 20


def ends(descriptor: int) -> bool:
    """Wait for the end of the process of a descriptor; return whether it came."""
    return bool(select.select([descriptor], [], [], END_SECONDS)[0])


def stop(process: TreeProcess) -> None:
    """Stop a process, and wait until it is: it could still follow a signal."""
    send(process, signal.SIGSTOP)
    while (fields := stat_fields(process.pid)) is not None and fields[0] != "T":
        time.sleep(0.01)


@pytest.mark.parametrize("stopped", ["keeper", "process"])
@pytest.mark.parametrize("keeper_dies", [False, True])
def test_nothing_outlives_its_supervisor(stopped: str, *, keeper_dies: bool) -> None:
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
            stop(keeper if stopped == "keeper" else kept)
            if keeper_dies:
                send(keeper, signal.SIGKILL)
            supervisor.kill()
            supervisor.wait()
            assert all(map(ends, handles))
        finally:
            for process in (keeper, kept):
                send(process, signal.SIGKILL)
            for handle in handles:
                os.close(handle)
