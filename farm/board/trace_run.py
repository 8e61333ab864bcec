"""Running one target under the tracer, in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from farm.board.backends import backend_of
from farm.board.environment import process_environment
from farm.board.kept_process import KeptProcess, launch
from farm.board.signals import SignalLadder, end_process
from farm.board.trace_target import TraceTarget, command_of, is_script, split_target
from farm.core.board import Board
from farm.core.errors import FarmError, NothingSelected, NotRunnable
from farm.core.log import without_leak_report
from farm.core.stop_signals import stop_signals_wait
from farm.core.ttnn_install import install_hint
from tracer.capture.raw_traces import read_whole
from tracer.formats.journal import PASSED, Journal, JournalReader

LADDER = SignalLadder(interrupt=30.0)
"""The signals that end an interrupted or overlong run: pytest reports and releases the device after SIGINT."""

Watch: TypeAlias = Callable[[Journal], None]
"""Called regularly with the trace so far."""

_INTERRUPTED, _REFUSED, _NO_TESTS = 2, 4, 5  # of pytest's exit statuses
_POLL_SECONDS = 0.2


def no_watch(_journal: Journal) -> None:
    """A `Watch` that does nothing."""


@dataclass(frozen=True)
class TraceRun:
    """The result of running a target under the tracer.

    Attributes:
        journal: the raw trace.
        path: its file; those of pytest-xdist's workers are in the same folder.
        status: pytest's exit status; that of the process if pytest didn't reach its end.
        output: what the run printed.
        timeout: its time limit in seconds, if the run was ended for exceeding it.
        script: whether it ran a plain script rather than pytest.
        tries: how often it was run, since downloads failed.
    """

    journal: Journal
    path: Path
    status: int
    output: str
    timeout: float | None = None
    script: bool = False
    tries: int = 1

    @property
    def passed(self) -> list[str]:
        """The tests that passed."""
        return [test.source for test in self.journal.tests if test.outcome == PASSED]

    @property
    def broke_off(self) -> bool:
        """Whether its process was ended, or ended by itself before pytest did."""
        return self.timeout is not None or (self.journal.exit_status is None and self.status != 0)

    @property
    def problem(self) -> str | None:
        """Why the run failed, in one line; None if every test that ran passed."""
        failed = [test for test in self.journal.left_out if test.outcome not in {"skipped", "xfailed"}]
        during = f" in {failed[-1].source}" if failed else ""
        call = f", calling {self.journal.unfinished.operation}" if self.journal.unfinished else ""
        if self.timeout is not None:
            return f"it was ended after {self.timeout:g} s{during}{call}"
        if self.journal.exit_status is None and self.status != 0:
            return f"the process ended with {_ending(self.status)}{during}{call}"
        if self.journal.exit_status is None:
            return "the raw trace breaks off: the disk is full, or the file is gone"
        if failed and self.script:
            return f"the script ended with status {self.status}"
        if failed:
            return f"{failed[0].source} {failed[0].outcome}" + (f", and {len(failed) - 1} more" if failed[1:] else "")
        if self.status in (_INTERRUPTED, _REFUSED) and self.journal.failures:
            return "pytest can't collect it"
        if not self.journal.tests and self.journal.skipped:
            return None
        if not self.journal.tests and self.status == 0:
            return "pytest ran no test that the tracer sees: another plugin has its own way to run them"
        return f"pytest ended with status {self.status}" if self.status else None


def trace(target: TraceTarget, board: Board, folder: Path, watch: Watch = no_watch) -> TraceRun:
    """Run a target under the tracer on one board, with the interpreter whose ttnn opens it.

    Args:
        target: what to run.
        board: what its process sees.
        folder: for the raw trace and for what ttnn leaves behind.
        watch: called regularly with the trace so far.

    Raises:
        FarmError: no such path, or no such test in it.
        NothingSelected: pytest finds no test there.
        NotRunnable: no ttnn for the board's Python, or pytest itself broke or isn't there.
    """
    raw, printed = folder / "trace.jsonl", folder / "output.txt"
    command = command_of(target, raw, folder)
    python = board.python or sys.executable
    if not board.python and importlib.util.find_spec("ttnn") is None:
        raise NotRunnable(f"ttnn can't be imported; {install_hint()}")
    environment = {
        "TT_METAL_LOGS_PATH": str(folder),
        **process_environment(board, folder, python, target.environment),
        **backend_of(board).trace_environment(board),
    }
    if target.echo:
        environment.setdefault("PYTHONUNBUFFERED", "1")
    echo = _Echo(printed) if target.echo else None
    process: KeptProcess | None = None
    with printed.open("wb") as output:
        try:
            with stop_signals_wait():  # until it is known what has to be ended
                process = launch(
                    [python, *command],
                    env=environment,
                    cwd=target.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            status = _follow(process, raw, watch, target.timeout, echo)
        finally:
            if process is not None:
                end_process(process, 0.0, LADDER)
                process.release()
            if echo is not None:
                echo.pass_on(last=True)
    timeout = target.timeout if status is None else None
    status = process.wait() if status is None else status
    text = without_leak_report(printed.read_text(encoding="utf-8", errors="replace"))
    script = is_script(*split_target(target.target, target.cwd))
    if not raw.exists():
        raise _unusable(target.target, status, text)
    journal = read_whole(raw)
    if status in (_REFUSED, _NO_TESTS) and not script and not journal.failures and not journal.skipped:
        raise _unusable(target.target, status, text)
    ended_early = journal.exit_status not in (None, 0, 1, _INTERRUPTED) and not journal.tests
    if ended_early and not journal.failures and not journal.skipped:
        raise _unusable(target.target, status, text)
    status = status if journal.exit_status is None else journal.exit_status
    return TraceRun(journal, raw, status, text, timeout, script)


class _Echo:
    """Passes on to stdout, line by line, what a process prints into a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def pass_on(self, *, last: bool = False) -> None:
        """Write the new lines; an unfinished one only if it is the last."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            added = file.read()
        if not last:
            added = added[: added.rfind(b"\n") + 1]
        self._position += len(added)
        sys.stdout.write(without_leak_report(added.decode("utf-8", "replace")))
        sys.stdout.flush()


def _follow(process: KeptProcess, raw: Path, watch: Watch, timeout: float | None, echo: _Echo | None) -> int | None:
    """Wait for the process and read its raw trace meanwhile; return its exit status, or None after its time limit."""
    deadline = None if timeout is None else time.monotonic() + timeout
    reader, rest = JournalReader(), b""
    position = 0
    while True:
        status = process.poll()
        if raw.exists():
            with raw.open("rb") as file:
                file.seek(position)
                added = file.read()
            position += len(added)
            *lines, rest = (rest + added).split(b"\n")
            for line in lines:
                reader.feed(json.loads(line))
            if lines:
                watch(reader.journal)
        if echo is not None:
            echo.pass_on()
        if status is not None:
            return status
        if deadline is not None and time.monotonic() > deadline:
            return None
        time.sleep(_POLL_SECONDS)


def _unusable(target: str, status: int, output: str) -> FarmError:
    """The error of a run that left nothing to use."""
    lines = [line for line in output.splitlines() if line.strip()]
    complaint = next((line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "!!!"))), "")
    if status == 0:
        return NotRunnable(f"{target}: it ran without the tracer's plugin; remove -p no:tracer.plugin")
    if status == _NO_TESTS:
        return NothingSelected(f"{target}: pytest finds no test there: tests are functions named test_*")
    if usage := next((line.partition(": error: ")[2] for line in lines if ": error: " in line), ""):
        return FarmError(f"{target}: {usage}; neither farm nor pytest takes this")
    if status == _REFUSED:
        return FarmError(complaint or f"{target}: pytest does not take it")
    last = complaint.strip("! ") or (lines[-1] if lines else "")
    if "trace_to" in last:
        return NotRunnable(f"{target}: another plugin has an option --trace-to, too; leave it out with -p no:NAME")
    return NotRunnable(f"{target}: pytest ended with {_ending(status)} before it ran a test: {last}")


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
