"""A process that a keeper stands above: nothing that it starts outlives it, and it doesn't outlive its supervisor."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from farm.board.signals import Process
from farm.core.process_identity import ProcessIdentity
from farm.core.process_table import all_processes, has_variable, send_signal
from farm.core.process_tree import end_below, is_alive, read_process, send

MARKER_VARIABLE = "FARM_PROCESS"
"""Set in the environment of a kept process: its value is in that of everything that it starts."""
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    f"import sys; sys.path.append({_ROOT!r}); from farm.core.process_keeper import main; main()"  # nothing is shadowed
)
_LONGEST_LINE = 64
FOREVER = 1e8
"""Seconds to wait where there is no limit."""


class KeptProcess:
    """A process below a keeper; what `subprocess.Popen` offers of it.

    Attributes:
        pid: its id. It leads a process group, unless it is attached to a terminal.
        keeper: the keeper, which ends as the process did once nothing is left of that.
        lifeline: the descriptor of the pipe whose end tells the keeper that there is no supervisor any more.
        status: the descriptor of the pipe on which the keeper reports.
        marker: the value of `MARKER_VARIABLE`.
        left: how many processes it left behind, which are ended; 0 while it runs.
    """

    def __init__(self, pid: int, keeper: Process, lifeline: int, status: int, marker: str, *, between: int = 0) -> None:
        self.pid = pid
        self._between = between
        self._innermost: int | None = None
        self.keeper = keeper
        self.lifeline = lifeline
        self.status = status
        self.marker = marker
        self.left = 0
        self._process = read_process(pid)
        self._code: int | None = None

    def wait(self, timeout: float = FOREVER) -> int:
        """Wait for its end, and for that of everything that it started; return its exit code, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.keeper.pid, signal.SIGCONT)  # one that is stopped would never end
            code = self.keeper.wait(timeout)
            # a container's program tells of a signal as a shell does
            self._code = 128 - code if self._between and code > 128 else code
            self._settle()
        return self._code

    @property
    def innermost(self) -> int:
        """The id of the process that does the work: the first child of the first child, as far as there are such."""
        if self._innermost is not None:
            return self._innermost
        pid = self.pid
        for _ in range(self._between):
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            except OSError:
                children = []
            if not children:
                return pid  # it is not there yet, or has ended
            pid = int(children[0])
        self._innermost = pid
        return pid

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal; None while it runs."""
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def release(self) -> None:
        """Close the pipes to the keeper, which ends the process if it still runs."""
        os.close(self.lifeline)
        os.close(self.status)

    def _settle(self) -> None:
        """Take the keeper's last report; where there is none, it was killed, and its work is done here."""
        os.set_blocking(self.status, False)
        with contextlib.suppress(BlockingIOError):
            if report := os.read(self.status, _LONGEST_LINE):
                self.left = int(report)
                return
        if self._process is not None and is_alive(self._process):
            send(self._process, signal.SIGSTOP)  # it starts no more, and is still there to be above the rest
            self.left = end_below(self.pid)
            send(self._process, signal.SIGKILL)
        self.left += end_marked(self.marker)


def launch(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stdin: int | None,
    stdout: IO[Any] | int | None,
    stderr: IO[Any] | int | None,
    pass_fds: Sequence[int] = (),
    attached: bool = False,
    between: int = 0,
) -> KeptProcess:
    """Start a command below a keeper.

    Args:
        command: the command.
        env: its environment; the marker is added.
        cwd: its working directory.
        stdin: see `subprocess.Popen`, as for the others.
        stdout: as above.
        stderr: as above.
        pass_fds: the descriptors that it inherits.
        attached: whether it stays in this process's session and group, to use its terminal.
        between: how many processes are between it and the one that does the work: those of a container.

    Raises:
        OSError: it can't be started.
    """
    marker = secrets.token_hex(16)
    watched, lifeline = os.pipe()
    status, reports = os.pipe()
    try:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, str(watched), str(reports), str(int(attached)), *command],
            env={**env, MARKER_VARIABLE: marker},
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(*pass_fds, watched, reports),
            start_new_session=not attached,
        )
    except OSError:
        os.close(lifeline)
        os.close(status)
        raise
    finally:
        os.close(watched)
        os.close(reports)
    line = os.read(status, _LONGEST_LINE).decode()
    if line.startswith("!") or not line:
        os.close(lifeline)
        os.close(status)
        keeper.wait()
        number = int(line[1:]) if line else 0
        raise OSError(number, os.strerror(number) if line else "its keeper ended early", command[0])
    return KeptProcess(int(line), keeper, lifeline, status, marker, between=between)


def end_marked(marker: str) -> int:
    """End the processes whose environment has a marker, compared whole; return how many there were."""
    ended: set[ProcessIdentity] = set()
    while marked := {
        each.identity for pid, each in all_processes().items() if has_variable(pid, MARKER_VARIABLE, marker)
    }:
        if marked <= ended:
            break  # SIGKILL has not ended them yet, or can't
        for identity in marked - ended:
            send_signal(identity, signal.SIGKILL)
        ended |= marked
    return len(ended)
