"""What a submitted job runs on the head: a farm command, whose files then travel back in the job's output.

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

from farm.cluster.jobs.job_files import END, archive_lines
from farm.cluster.nodes.host_state import load_state
from farm.core.settings import DEFAULT_MASTER, load_settings

MASTER_OPTIONS = ("--master", "--out")
"""Options of `farm trace` that name the master that it adds to."""


def run_job(words: list[str]) -> int:
    """Run a farm command with this farm's boards, then print its files as an archive, and its exit code.

    The files are a sweep's report, or the master that a trace adds to.
    """
    state = load_state(load_settings().state)
    environment = {**os.environ, **({"FARM_ADDRESS": state.address} if state else {})}
    with tempfile.TemporaryDirectory(prefix="farm-job-") as folder:
        out = Path(folder) / "out"
        report_options = ["--out", str(out)] if words[:1] == ["sweep"] else []
        process = subprocess.Popen([sys.executable, "-m", "farm", *words, *report_options], env=environment)
        # a stop is meant for the command, which ends with its report; this process stays to send that
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = process.wait()
        if words[:1] == ["trace"] and (master := traced_master(words)).is_file():
            out.mkdir()
            shutil.copy(master, out / master.name)
        if out.is_dir():
            for line in archive_lines(out):
                sys.stdout.write(line + "\n")
    sys.stdout.write(f"{END}{code}\n")
    sys.stdout.flush()
    return code


def traced_master(words: Sequence[str]) -> Path:
    """The file that a `farm trace` command adds to."""
    master = DEFAULT_MASTER
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option in MASTER_OPTIONS:
            master = Path(value if equals else following)
    return master


if __name__ == "__main__":
    sys.exit(run_job(sys.argv[1:]))
