"""What a submitted job runs on the head: a farm command, whose files then travel back in the job's output.

python -m farm.cluster.jobs.job_entrypoint sweep --suite model_traced --op add
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from farm.cluster.jobs.job_files import END, Unmarked, archive_lines
from farm.cluster.jobs.job_log import JobLog, job_origin
from farm.cluster.jobs.job_package import command_words
from farm.cluster.nodes.host_state import load_state
from farm.core.errors import FarmError
from farm.core.settings import DEFAULT_MASTER, load_settings

MASTER_OPTIONS = ("--master", "--out")
"""Options of `farm trace` that name the master that it adds to."""
_PIECE = 65536
"""Bytes of output that are passed on at once."""
_PIPE = 2**20
"""The bytes that a pipe may hold when its process ends: what comes after them is of a process that was left running."""


def run_job(words: list[str]) -> int:
    """Run a farm command with this farm's boards, then print its files as an archive, and its exit code.

    The files are a sweep's report, or the master that a trace adds to. What the command prints is passed on without
    the marks of files and exit codes, which this process alone may print.
    """
    state_folder = load_settings().state
    state, origin = load_state(state_folder), job_origin(os.environ)
    # the door logs its jobs itself: it knows who stops one
    is_logged = state is not None and state.head and origin is not None and not origin.person
    log = JobLog(state_folder, origin, words) if origin is not None and is_logged else None

    def stop(_number: int, _frame: object) -> None:
        # a stop is meant for the command, which ends with its report; this process stays to send that
        if log is not None:
            log.stopped()

    environment = {**os.environ, **({"FARM_ADDRESS": state.address} if state else {})}
    with tempfile.TemporaryDirectory(prefix="farm-job-") as folder:
        out = Path(folder) / "out"
        report_options = ["--out", str(out)] if words[:1] == ["sweep"] else []
        process = subprocess.Popen(
            [sys.executable, "-m", "farm", *words, *report_options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        signal.signal(signal.SIGINT, stop)
        pass_on_output(process, sys.stdout.buffer)
        code = process.wait()
        if code < 0:  # ended by a signal
            code = 128 - code
        if words[:1] == ["trace"] and (master := traced_master(words)).is_file():
            out.mkdir()
            shutil.copy(master, out / master.name)
        if out.is_dir():
            for line in archive_lines(out):
                sys.stdout.write(line + "\n")
    sys.stdout.write(f"{END}{code}\n")
    sys.stdout.flush()
    return code


def pass_on_output(process: subprocess.Popen[bytes], target: BinaryIO) -> None:
    """Pass a process's output on until the process ends: what it left running may hold the pipe open for longer.

    Lines that follow begin on a line of their own.
    """
    assert process.stdout is not None  # noqa: S101 - its output is a pipe
    source = process.stdout.fileno()
    unmarked = Unmarked()
    last = b"\n"
    left = _PIPE
    end = os.pidfd_open(process.pid)
    try:
        has_ended = False
        while left > 0:
            ready, _, _ = select.select([source] if has_ended else [source, end], [], [], 0 if has_ended else None)
            if source in ready:
                if not (data := os.read(source, _PIECE)):
                    break
                left -= len(data) if has_ended else 0
                text = unmarked.feed(data)
            elif has_ended:
                break
            else:
                has_ended = True
                continue
            if text:
                target.write(text)
                target.flush()
                last = text[-1:]
    finally:
        os.close(end)
        process.stdout.close()
    rest = unmarked.finish()
    target.write(rest)
    if (rest or last)[-1:] != b"\n":
        target.write(b"\n")
    target.flush()


def traced_master(words: Sequence[str]) -> Path:
    """The file that a `farm trace` command adds to."""
    master = DEFAULT_MASTER
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option in MASTER_OPTIONS:
            master = Path(value if equals else following)
    return master


def main() -> int:
    """Run the job of this process's arguments; returns its exit code."""
    try:
        return run_job(command_words(sys.argv[1:]))
    except FarmError as error:
        sys.stdout.write(f"farm: {error}\n{END}{int(error.exit_code)}\n")
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
