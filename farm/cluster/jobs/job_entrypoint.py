"""What a submitted job runs on the head: a farm command, whose files then travel back in its output.

python -m farm.cluster.jobs.job_entrypoint sweep --suite model_traced --op add
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from farm.cluster.hosts.host_state import load_state
from farm.cluster.jobs.job_files import END, packed
from farm.core.settings import DEFAULT_MASTER, load_settings

MASTER_OPTIONS = ("--master", "--out")
"""Of `farm trace`: where the master is that it adds to."""


def run_job(words: list[str]) -> int:
    """Runs a farm command with this farm's boards; prints what it wrote as a parcel, and then its exit code.

    A sweep's report is brought back, and the master that a trace adds to.
    """
    state = load_state(load_settings().state)
    environment = {**os.environ, **({"FARM_ADDRESS": state.address} if state else {})}
    with tempfile.TemporaryDirectory(prefix="farm-job-") as folder:
        out = Path(folder) / "out"
        more = ["--out", str(out)] if words[:1] == ["sweep"] else []
        process = subprocess.Popen([sys.executable, "-m", "farm", *words, *more], env=environment)
        # a stop is meant for the command, which ends with its report; we stay to send that
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = process.wait()
        if words[:1] == ["trace"] and (master := traced_master(words)).is_file():
            out.mkdir()
            shutil.copy(master, out / master.name)
        if out.is_dir():
            for line in packed(out):
                sys.stdout.write(line + "\n")
    sys.stdout.write(f"{END}{code}\n")
    sys.stdout.flush()
    return code


def traced_master(words: Sequence[str]) -> Path:
    """The file that a `farm trace` command adds to."""
    named = DEFAULT_MASTER
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, given, value = word.partition("=")
        if option in MASTER_OPTIONS:
            named = Path(value if given else following)
    return named


if __name__ == "__main__":
    sys.exit(run_job(sys.argv[1:]))
