"""Tracing one target: a run of pytest, or of a plain script, under the tracer, in a process of its own."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tracer
from farm.board.backends import backend_of
from farm.board.environment import surroundings
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.ttnn_install import install_hint
from tracer.capture.journal import PASSED, Journal, JournalReader
from tracer.capture.raw_traces import read_whole

LADDER = ((signal.SIGINT, 30.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 10.0))
"""How an interrupted run is ended: each signal, and the seconds it is given. Only SIGINT lets ttnn release a board."""

_INTERRUPTED, _REFUSED, _NO_TESTS = 2, 4, 5  # of pytest's exit statuses
_QUIET = {"TT_LOGGER_LEVEL": "FATAL", "LOGURU_LEVEL": "ERROR"}
_POLL_SECONDS = 0.2
# nanobind tells of objects alive at exit; nobody who traces a model can do anything about them
_NOISE = re.compile(r"^(nanobind: .*| - (leaked|\.\.\. skipped).*|See https://nanobind.*)\n?", re.MULTILINE)


@dataclass(frozen=True)
class TraceRun:
    """What tracing came to.

    Attributes:
        journal: the raw trace.
        path: its file; those of pytest-xdist's workers stand beside it.
        status: pytest's exit status; that of the process where pytest never got to its end.
        output: what the run printed.
        timeout: the seconds it was given, where it took longer and was ended.
    """

    journal: Journal
    path: Path
    status: int
    output: str
    timeout: float | None = None

    @property
    def passed(self) -> list[str]:
        """The tests that passed."""
        return [test.source for test in self.journal.tests if test.outcome == PASSED]

    @property
    def problem(self) -> str | None:
        """Why the run is no good, in a line; None where every test that ran passed."""
        failed = [test for test in self.journal.left_out if test.outcome not in {"skipped", "xfailed"}]
        during = f" in {failed[-1].source}" if failed else ""
        call = f", calling {self.journal.unfinished.operation}" if self.journal.unfinished else ""
        if self.timeout is not None:
            return f"it was ended after {self.timeout:g} s{during}{call}"
        if self.journal.exit_status is None and self.status != 0:
            return f"the process ended with {_ending(self.status)}{during}{call}"
        if self.journal.exit_status is None:
            return "the raw trace breaks off: the disk is full, or the file is gone"
        if failed:
            return f"{failed[0].source} {failed[0].outcome}" + (f", and {len(failed) - 1} more" if failed[1:] else "")
        if self.status == _INTERRUPTED:
            return "pytest can't collect it"
        if not self.journal.tests and self.status == 0:
            return "pytest ran no test that the tracer sees: another plugin has its own way to run them"
        return f"pytest ended with status {self.status}" if self.status else None


def split_target(target: str, cwd: Path | None = None) -> tuple[Path, str]:
    """A pytest target as the absolute path of its file or folder, and the rest of its node id.

    Args:
        target: a node id, a file or a folder.
        cwd: what it is relative to; None for this process's working directory.

    Raises:
        FarmError: there is no such file or folder.
    """
    name, separator, rest = target.partition("::")
    path = ((cwd or Path()) / name).resolve()
    if not path.exists():
        raise FarmError(
            f"{name}: no such file or folder; give the path of a test, as in tests/test_model.py::test_name"
        )
    return path, separator + rest


def is_script(path: Path, rest: str = "") -> bool:
    """Whether a target is a plain script: a file that neither is named nor reads as pytest's tests are."""
    if rest or not path.is_file() or path.name.startswith("test_") or path.stem.endswith("_test"):
        return False
    try:
        body = ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError, OSError):
        return True  # Python itself says best what is wrong with it
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return not any(isinstance(each, functions) and each.name.lower().startswith("test") for each in body)


def trace(
    target: str,
    board: Board,
    workdir: Path,
    arguments: Sequence[str] = (),
    watch: Callable[[Journal], None] = lambda _: None,
    *,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> TraceRun:
    """Runs a pytest target, or a script, under the tracer on one board, with the interpreter whose ttnn opens it.

    Args:
        target: a node id, a file or a folder; or a script.
        board: what the test's process sees.
        workdir: a folder for the raw trace and for what ttnn leaves behind.
        arguments: further ones for pytest or the script.
        watch: called now and then with what was traced so far.
        timeout: seconds after which it is ended; what was traced is kept.
        environment: variables that it gets besides.
        cwd: the folder to run it in; None for this process's.

    Raises:
        FarmError: no such path, or no such test in it.
        NotRunnable: no ttnn for the board's Python, or pytest itself broke or isn't there.
    """
    path, rest = split_target(target, cwd)
    python = board.python or sys.executable
    if not board.python and importlib.util.find_spec("ttnn") is None:
        raise NotRunnable(f"ttnn can't be imported; {install_hint()}")
    raw, printed = workdir / "trace.jsonl", workdir / "output.txt"
    script = is_script(path, rest)
    command = _script(path, raw, arguments) if script else _pytest(path, rest, raw, workdir, arguments)
    given = {**_QUIET, "TT_METAL_LOGS_PATH": str(workdir), **surroundings(board, workdir, python, environment)}
    given |= backend_of(board).trace_environment(board)
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [python, *command],
            env=given,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = _follow(process, raw, watch, timeout)
        finally:
            _end(process)
    timed_out = timeout if status is None else None
    status = process.wait() if status is None else status
    text = _NOISE.sub("", printed.read_text(encoding="utf-8", errors="replace"))
    if (status in (_REFUSED, _NO_TESTS) and not script) or not raw.exists():
        raise _unusable(target, status, text)
    journal = read_whole(raw)
    if journal.exit_status not in (None, 0, 1, _INTERRUPTED) and not journal.tests:
        raise _unusable(target, status, text)
    ended = status if journal.exit_status is None else journal.exit_status
    return TraceRun(journal, raw, ended, text, timed_out)


def _pytest(path: Path, rest: str, raw: Path, workdir: Path, arguments: Sequence[str]) -> list[str]:
    return [
        *("-m", "pytest", f"{path}{rest}"),
        # one word: pytest takes a path standing alone for a place to look for tests
        *("-p", "tracer.plugin", f"--trace-to={raw}"),
        *("-o", f"cache_dir={workdir / 'cache'}"),
        *_root(path),
        *arguments,
    ]


def _script(path: Path, raw: Path, arguments: Sequence[str]) -> list[str]:
    return ["-m", "tracer.script", str(raw), str(path), *arguments]


def _root(path: Path) -> list[str]:
    """The models that come with the project are named alike wherever it is installed."""
    package = Path(tracer.__file__).resolve().parent
    return ["--rootdir", str(package.parent)] if package in path.parents else []


def _follow(
    process: subprocess.Popen[bytes], raw: Path, watch: Callable[[Journal], None], timeout: float | None
) -> int | None:
    """Waits for the process and reads along; its exit status, None where it took too long."""
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
        if status is not None:
            return status
        if deadline is not None and time.monotonic() > deadline:
            return None
        time.sleep(_POLL_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign, seconds in LADDER:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def _unusable(target: str, status: int, output: str) -> FarmError:
    lines = [line for line in output.splitlines() if line.strip()]
    said = next((line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "!!!"))), "")
    if status == 0:
        return NotRunnable(f"{target}: it ran without the tracer's plugin; take -p no:tracer.plugin away")
    if status == _NO_TESTS:
        return FarmError(f"{target}: pytest finds no test there")
    if status == _REFUSED:
        return FarmError(f"{target}: {said or 'pytest does not take it'}")
    last = said.strip("! ") or (lines[-1] if lines else "")
    if "trace_to" in last:
        return NotRunnable(f"{target}: another plugin has an option --trace-to, too; leave it out with -p no:NAME")
    return NotRunnable(f"{target}: pytest ended with {_ending(status)} before it ran a test: {last}")


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
