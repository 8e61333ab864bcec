"""The keeper's hold on a real board process: starts, feeds, times and ends it.

Two pipes carry lines of JSON; whatever ttnn prints goes to a log file in the process's own folder. A guard, a shell of
a few kilobytes, ends the process when its keeper dies, however suddenly: it waits for the end of a pipe that only the
keeper holds open.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import farm
from farm.boards.base import Board
from farm.errors import NotRunnable
from farm.outcome import Outcome
from farm.process.classify import describe_exit
from farm.process.protocol import Hung, OpenFailed, ProcessDied
from tracer.device_config import DeviceConfig

START_SECONDS = 120.0
"""How long a process may take to import ttnn."""
LADDER = ((signal.SIGINT, 15.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 10.0))
"""How a process is ended: each signal, and the seconds it is given. Only SIGINT lets ttnn release a board."""

_QUIET = {"TT_LOGGER_LEVEL": "FATAL", "LOGURU_LEVEL": "ERROR"}
_COMPLAINTS = ("TT_FATAL", "TT_THROW", "what():", "Error")
_GUARD = """
read -r _ <&"$1"
for signal in INT TERM KILL; do
    kill -"$signal" -"$2" 2>/dev/null || exit 0
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 -"$2" 2>/dev/null || exit 0; sleep 1; done
done
"""


class TtnnProcess:
    """A board process with ttnn in it; see `farm.process.protocol.BoardProcess`.

    Attributes:
        board: what it opens.
        workdir: its working directory, where ttnn may leave files and `process.log` is.
        python: the interpreter whose ttnn is used.
    """

    def __init__(self, board: Board, workdir: Path, python: str = sys.executable) -> None:
        self.board = board
        self.workdir = workdir
        self.python = python
        self.log = workdir / "process.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._pipes: _Pipes | None = None
        self._life = -1

    def start(self) -> dict[str, Any]:
        """See the protocol."""
        self.workdir.mkdir(parents=True, exist_ok=True)
        requests, replies = os.pipe(), os.pipe()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self.python, "-m", "farm.process"),
                    *("--requests", str(requests[0]), "--replies", str(replies[1])),
                    *("--computes", str(int(self.board.computes))),
                ],
                cwd=self.workdir,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(requests[0], replies[1]),
                start_new_session=True,
            )
        os.close(requests[0])
        os.close(replies[1])
        self._pipes = _Pipes(requests[1], replies[0])
        self._start_guard(self._process.pid)
        try:
            reply = self._reply(START_SECONDS)
        except Hung as error:
            self._gone()
            raise ProcessDied(f"the board process of {self.board.id} didn't start in {START_SECONDS:.0f} s") from error
        if "unusable" in reply:
            self._gone()
            raise NotRunnable(_how_to_get_ttnn(reply["unusable"]))
        hello: dict[str, Any] = reply["hello"]
        return hello

    def open(self, config: DeviceConfig, timeout: float) -> dict[str, Any]:
        """See the protocol."""
        self._send({"open": config.as_json()})
        try:
            reply = self._reply(timeout)
        except Hung as error:
            self._gone()
            raise Hung(f"{self.board.id} didn't open in {timeout:g} s", None, timeout) from error
        if "refused" in reply:
            raise OpenFailed(reply["refused"])
        opened: dict[str, Any] = reply["opened"]
        return opened

    def run(self, vectors: Sequence[dict[str, Any]], timeout: float) -> Iterator[Outcome]:
        """See the protocol."""
        self._send({"run": list(vectors)})
        for vector in vectors:
            limit = float(vector.get("timeout") or timeout)
            try:
                reply = self._reply(limit, vector["id"])
                while "finished" not in reply:
                    reply = self._prepared(reply, limit, vector["id"])
            except Hung:
                self._gone()
                raise
            yield Outcome.from_json(reply["finished"])

    def vectors_of(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """Asks for the vectors of a sweep module, and yields the messages of `farm.process.listing`.

        Args:
            request: see `farm.process.listing.listing`.
            timeout: seconds that importing the module may take, and its generators from one message to the next.

        Raises:
            ProcessDied: the process ended.
            Hung: there was no message in time; the process is gone.
        """
        self._send({"list": request})
        listed = False
        while not listed:
            try:
                message = self._reply(timeout)
            except Hung:
                self._gone()
                raise
            listed = "listed" in message
            yield message

    def close(self) -> None:
        """See the protocol."""
        if self._pipes is not None:
            self._send({"close": True})
        self._gone(patience=2.0)

    def _prepared(self, told: dict[str, Any], limit: float, vector_id: str) -> dict[str, Any]:
        """The reply after a vector's module said what it prepares, which has a time limit of its own."""
        what = told.get("preparing")
        if what is None:
            return self._reply(limit, vector_id)
        try:
            return self._reply(float(told["seconds"]), vector_id)
        except Hung as error:
            raise Hung(f"{what} did not end in {told['seconds']:g} s", vector_id, told["seconds"], what) from error
        except ProcessDied as error:
            raise ProcessDied(f"{what}: {error}", vector_id, error.exit, what) from error

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        # farm and tracer come along by path: the host's own environment needs to hold ttnn alone
        packages = str(Path(farm.__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, (packages, inherited.get("PYTHONPATH"))))
        return {**_QUIET, **inherited, **self.board.environment, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

    def _start_guard(self, pid: int) -> None:
        watched, self._life = os.pipe()
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "farm-guard", str(watched), str(pid)],
            pass_fds=(watched,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(watched)

    def _send(self, request: dict[str, Any]) -> None:
        if self._pipes is None:
            raise ProcessDied(f"the board process of {self.board.id} is not running")
        self._pipes.send(json.dumps(request, separators=(",", ":")).encode() + b"\n")

    def _reply(self, timeout: float, vector_id: str | None = None) -> dict[str, Any]:
        """The next reply.

        Raises:
            ProcessDied: the process ended instead.
            Hung: there was none in time; the process still runs.
        """
        if self._pipes is None:
            raise ProcessDied(f"the board process of {self.board.id} is not running", vector_id)
        try:
            line = self._pipes.line(timeout)
        except TimeoutError:
            raise Hung(f"no answer from {self.board.id} in {timeout:g} s", vector_id, timeout) from None
        if line is None:
            code = self._gone(patience=5.0)  # it is ending: its own exit code tells most
            told = f"the board process {describe_exit(code)}"
            last = self._last_words()
            raise ProcessDied(f"{told}: {last}" if last else told, vector_id, code)
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _last_words(self) -> str:
        """The line of the log that tells most about an end: ttnn's own complaint, else the last one."""
        with contextlib.suppress(OSError):
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 16384))
                lines = log.read().decode(errors="replace").splitlines()
            told = [line.strip() for line in lines if line.strip()]
            wanted = [
                line for line in told if any(word in line for word in ("TT_FATAL", "TT_THROW", "what():", "Error"))
            ]
            return (wanted or told or [""])[-1][:400]
        return ""

    def _gone(self, patience: float = 0.0) -> int | None:
        """Ends the process if it still lives after `patience` seconds, and lets go of its pipes; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        code = _end(process, patience)
        if self._pipes is not None:
            self._pipes.close()
            self._pipes = None
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard = None
        os.close(self._life)
        return code


class _Pipes:
    """The keeper's ends of a process's two pipes. Writing never blocks: a hung process reads nothing."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)
        self._unsent = bytearray()
        self._read = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(replies, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Queues data, and writes what the pipe takes now."""
        if not self._unsent:
            self._selector.register(self._requests, selectors.EVENT_WRITE)
        self._unsent += data
        self._write()

    def line(self, timeout: float) -> bytes | None:
        """The next line, None at the end of the replies.

        Raises:
            TimeoutError: there was none within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        searched = 0
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in self._selector.select(left):
                if key.fd == self._requests:
                    self._write()
                elif not self._fill():
                    return None
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    def close(self) -> None:
        self._selector.close()
        os.close(self._requests)
        os.close(self._replies)

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            written = os.write(self._requests, self._unsent)
            del self._unsent[:written]
            if self._unsent:
                return
            self._selector.unregister(self._requests)
            return
        # a broken pipe shows as the end of the replies, which tells more

    def _fill(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._replies, 1 << 20)
            self._read += data
            return bool(data)
        return True


def _end(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """Ends a process and its group, gently first; its exit code, None where even SIGKILL didn't end it in time."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        code: int | None = process.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return code
    for number, seconds in LADDER:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
    return None


def _how_to_get_ttnn(told: str) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    hint = (
        "install it with `pip install 'ttnn-farm[ttnn]'`"
        if version in ("3.10", "3.12") and sys.platform == "linux"
        else f"its wheels are for CPython 3.10 and 3.12 on x86-64 Linux, this is {version} on {sys.platform}"
    )
    return f"{told}; {hint}"
