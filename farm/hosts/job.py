"""What a submitted job runs on the head: a farm command, whose report then travels back in its output.

python -m farm.hosts.job sweep --suite model_traced --op add
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from farm.hosts.parcel import END, packed
from farm.hosts.state import load_state
from farm.settings import load_settings

REPORTING = ("sweep",)
"""Commands that take --address, and whose report is brought back."""


def run_job(words: list[str]) -> int:
    """Runs a farm command with this farm's boards; prints its report as a parcel, and then its exit code."""
    state = load_state(load_settings().state)
    environment = {**os.environ, **({"FARM_ADDRESS": state.address} if state else {})}
    with tempfile.TemporaryDirectory(prefix="farm-job-") as folder:
        out = Path(folder) / "out"
        more = ["--out", str(out)] if words[:1] and words[0] in REPORTING else []
        process = subprocess.Popen([sys.executable, "-m", "farm", *words, *more], env=environment)
        # a stop is meant for the command, which ends with its report; we stay to send that
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = process.wait()
        if out.is_dir():
            for line in packed(out):
                sys.stdout.write(line + "\n")
    sys.stdout.write(f"{END}{code}\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(run_job(sys.argv[1:]))
