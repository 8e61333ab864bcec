"""Run a sweep under faults: `python -m tests.chaos --seed 1`; `--help` has the options.

The stages run below a keeper, in namespaces of their own where that is permitted: whenever this process or the other is
killed, their Ray, hosts, bridges and namespaces end. The exit code is that of `tests.chaos.stages`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

from farm.board.kept_process import KeptProcess, launch

END_SECONDS = 120.0
"""How long the stages may take to end after Ctrl-C."""
_PREPARE = 'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"'
"""Names of network namespaces are files, which would outlive what they name."""


def start() -> KeptProcess:
    """Start the stages."""
    command = [sys.executable, "-m", "tests.chaos.stages", *sys.argv[1:]]
    if _may_unshare():
        command = ["unshare", "--mount", "--net", "sh", "-c", _PREPARE, "sh", *command]
    return launch(command, env=os.environ, cwd=None, stdin=None, stdout=None, stderr=None, attached=True)


def main() -> int:
    """Run the stages."""
    stages = start()
    try:
        return stages.wait()
    except KeyboardInterrupt:  # the stages got the same signal
        with contextlib.suppress(subprocess.TimeoutExpired):
            return stages.wait(END_SECONDS)
        return 130
    finally:
        stages.release()


def _may_unshare() -> bool:
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        return False
    trial = ["unshare", "--mount", "--net", "true"]
    return subprocess.run(trial, check=False, stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
