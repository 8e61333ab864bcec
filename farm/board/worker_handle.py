"""The supervisor's hold on a real worker: starts, feeds, times and ends it.

Two pipes carry lines of JSON; whatever ttnn prints goes to a log file in the process's own folder. A guard, a shell of
a few kilobytes, ends the process when its supervisor dies: it waits for the end of a pipe that only the
supervisor holds open.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from farm.board.backends import backend_of
from farm.board.environment import COUNT_KERNELS, QUIET, process_environment
from farm.board.feed import Feed
from farm.board.kernel_cache import VARIABLE as KERNELS
from farm.board.kernel_cache import hits, opening
from farm.board.pipes import Pipes, line_to_run
from farm.board.protocol import (
    CheckFailed,
    Deadlines,
    LookAhead,
    OpenFailed,
    WorkerDied,
    WorkerError,
    WorkerHung,
    nothing,
)
from farm.board.signals import end_process
from farm.board.terminal import Terminal
from farm.board.watchdog import LOOK_SECONDS, Watch
from farm.core.board import Board
from farm.core.classify import describe_exit, last_words
from farm.core.errors import NotRunnable
from farm.core.log import WORKER_OUTPUT
from farm.core.measures import COLD
from farm.core.outcome import Outcome, discount, read_outcome
from farm.core.payload import EncodedVector, line_of
from farm.core.ttnn_install import install_hint
from farm.core.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig

START_SECONDS = 120.0
"""How long a process may take to import ttnn."""
OPERATION_TIMEOUT_VARIABLE = "TT_METAL_OPERATION_TIMEOUT_SECONDS"
"""tt-metal's own limit for one operation on the device; it names the core that hangs, so it is set below ours."""

AHEAD = 128
"""Vectors that the process is given before the first of them ended, so that it never waits for its supervisor."""
PIECE = 16
"""Vectors of one request: the process begins with the first ones while the others are written."""
GATHER_SECONDS = 0.02
"""While the process has so much to do, its replies are read no sooner: being woken for each would cost it its core."""

_GUARD = """
read -r _
for signal in INT TERM KILL; do
    kill -"$signal" -"$1" 2>/dev/null || exit 0
    kill -CONT -"$1" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 -"$1" 2>/dev/null || exit 0; sleep 1; done
done
"""


class WorkerProcess:
    """A worker with ttnn in it; see `farm.board.protocol.Worker`.

    Attributes:
        board: what it opens.
        workdir: its working directory, where ttnn may leave files and `process.log` is.
        deadlines: how long things may take.
        python: the interpreter whose ttnn is used.
        terminal: what holds where it is attached to the terminal of this process; None where it isn't.
        kernels: how many kernels its processes found compiled, and how many they needed, as far as that is known.
    """

    def __init__(
        self,
        board: Board,
        workdir: Path,
        deadlines: Deadlines | None = None,
        python: str = sys.executable,
        terminal: Terminal | None = None,
    ) -> None:
        self.board = board
        self._backend = backend_of(board)
        self.workdir = workdir
        self.deadlines = deadlines or Deadlines()
        self.python = python
        self.terminal = terminal
        self.log = workdir / WORKER_OUTPUT
        self.kernels = (0, 0)
        self._cache: Path | None = None
        self._used = False  # whether this process has opened the board
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._pipes: Pipes | None = None
        self._life = -1
        self._told_before = 0  # the log's length when this process began
        self._ahead = 0  # vectors that this process has and that have not ended
        self._pace = 0.0  # seconds that a vector took of late
        self._compiled: set[str] = set()  # operations that this process has run: their kernels are there
        self._unprepared: dict[str, WorkerDied | WorkerHung] = {}  # sweep modules that killed or hung a process at once

    def start(self) -> dict[str, Any]:
        """See the protocol."""
        self.workdir.mkdir(parents=True, exist_ok=True)
        requests, replies = os.pipe(), os.pipe()
        with self.log.open("ab") as log:
            self._told_before = log.tell()
            self._process = subprocess.Popen(
                [
                    *(self.python, "-m", "farm.worker"),
                    *("--requests", str(requests[0]), "--replies", str(replies[1])),
                    *("--computes", str(int(self.board.computes))),
                    *(("--debugger",) if self.terminal is not None and self.terminal.debugger else ()),
                ],
                cwd=self.workdir,
                env=self._environment(),
                stdin=subprocess.DEVNULL if self.terminal is None else None,
                stdout=log if self.terminal is None else None,
                stderr=log if self.terminal is None else None,
                pass_fds=(requests[0], replies[1]),
                start_new_session=self.terminal is None,
            )
        os.close(requests[0])
        os.close(replies[1])
        self._pipes = Pipes(requests[1], replies[0])
        self._compiled.clear()
        self._used = False
        self._ahead = 0
        if self.terminal is None:
            self._start_guard(self._process.pid)
        try:
            reply = self._reply(START_SECONDS)
        except WorkerHung as error:
            self._gone()
            raise WorkerDied(f"the worker of {self.board.id} didn't start in {START_SECONDS:.0f} s") from error
        if "unusable" in reply:
            self._gone()
            raise NotRunnable(f"{reply['unusable']}; {install_hint()}")
        hello: dict[str, Any] = reply["hello"]
        return hello

    def open(self, config: DeviceConfig, timeout: float) -> dict[str, Any]:
        """See the protocol."""
        if self._used and self._opens_once:
            self.close()
            self.start()
        self._used = True
        with nullcontext() if self._cache is None else opening(self._cache, self.board, config):
            self._send({"open": config.as_json()})
            try:
                reply = self._reply(timeout)
            except WorkerHung as error:
                self._gone()
                raise WorkerHung(f"{self.board.id} didn't open in {timeout:g} s", None, timeout) from error
        if "refused" in reply:
            raise OpenFailed(reply["refused"])
        opened: dict[str, Any] = reply["opened"]
        return opened

    def check(self) -> None:
        """See the protocol."""
        self._send({"check": self.board.kind.chips})
        limit = self.deadlines.check
        try:
            complaint = self._reply(limit)["checked"]
        except WorkerHung as error:
            self._gone()
            raise WorkerHung(f"{self.board.id} didn't pass its check in {limit:g} s: {error}", None, limit) from error
        if complaint is not None:
            raise CheckFailed(str(complaint))

    def run(self, parcels: Sequence[EncodedVector], timeout: float, behind: LookAhead = nothing) -> Iterator[Outcome]:
        """See the protocol."""
        # the first ones may have been given to it while those before them ran
        feed = Feed(parcels, behind, lambda parcel: parcel.operation not in self._unprepared, given=self._ahead)
        for parcel in parcels:
            while self._ahead <= AHEAD - PIECE and (piece := feed.piece(PIECE)):
                self._write(line_to_run(piece, self.board.kind.chips))
                self._ahead += len(piece)
            if parcel.operation in self._unprepared:
                yield _of_unprepared(parcel.id, self._unprepared[parcel.operation])
                continue
            limit = parcel.timeout or timeout
            if self.board.computes and parcel.operation not in self._compiled:
                limit = max(limit, self.deadlines.first)
            self._compiled.add(parcel.operation)
            try:
                reply = self._reply(limit, parcel.id, self._gather())
                while "finished" not in reply:
                    reply = self._after_preparing(reply, limit, parcel.id)
            except (WorkerHung, WorkerDied) as error:
                if isinstance(error, WorkerHung):
                    self._gone()
                if error.preparing:
                    # its other vectors would only end the same way, each at the cost of a process
                    self._unprepared[parcel.operation] = error
                raise
            self._ahead -= 1
            outcome = read_outcome(parcel.id, reply["finished"])
            self._pace += (outcome.seconds - self._pace) / PIECE
            if outcome.verdict.failed:
                outcome = self._confirmed(outcome)
            yield outcome
            if outcome.verdict is Verdict.BOARD_FAULT:
                return

    def vectors_of(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """Asks for the vectors of a sweep module, and yields the messages of `farm.worker.listing`.

        Args:
            request: see `farm.worker.listing.listing`.
            timeout: seconds that importing the module may take, and its generators from one message to the next.

        Raises:
            WorkerDied: the process ended.
            WorkerHung: there was no message in time; the process is gone.
        """
        self._send({"list": request})
        listed = False
        while not listed:
            try:
                message = self._reply(timeout)
            except WorkerHung:
                self._gone()
                raise
            listed = "listed" in message
            yield message

    def _gather(self) -> float:
        """Seconds for which the process has enough to do by itself."""
        return max(0.0, min(GATHER_SECONDS, self._pace * (self._ahead - 1) / 2))

    def _after_preparing(self, told: dict[str, Any], limit: float, vector_id: str) -> dict[str, Any]:
        """The reply after a vector's module said what it prepares, which has a time limit of its own."""
        what = told.get("preparing")
        if what is None:
            return self._reply(limit, vector_id)
        try:
            return self._reply(float(told["seconds"]), vector_id)
        except WorkerHung as error:
            raise WorkerHung(
                f"{what} did not end in {told['seconds']:g} s",
                vector_id,
                told["seconds"],
                what,
                stopped=error.stopped,
            ) from error
        except WorkerDied as error:
            raise WorkerDied(f"{what}: {error}", vector_id, error.exit, what) from error

    def _confirmed(self, failed: Outcome) -> Outcome:
        """A failure, as it is if the board passes its check right after it, else as nothing that counts."""
        try:
            complaint = self._reply(self.deadlines.check)["checked"]
        except WorkerError as error:
            self._gone()
            complaint = str(error)
        return failed if complaint is None else discount(failed, str(complaint))

    def close(self) -> None:
        """See the protocol."""
        if self._pipes is not None:
            self._send({"close": True})
        self._gone(patience=2.0)

    @property
    def _opens_once(self) -> bool:
        """Whether a process can't open this board a second time."""
        return self._backend.opens_once(self.board, os.environ)

    def _environment(self) -> dict[str, str]:
        if self.terminal is not None:
            defaults = dict(QUIET)
        else:
            seconds = str(max(1, int(self.deadlines.vector * 0.8)))
            logging = COUNT_KERNELS if self._backend.compiles_kernels else QUIET
            defaults = {**logging, OPERATION_TIMEOUT_VARIABLE: seconds}
        made = process_environment(self.board, self.workdir, self.python, defaults=defaults)
        made["PYTHONUNBUFFERED"] = "1"
        if COLD.items() <= made.items():
            made[KERNELS] = str(self.workdir.absolute() / "kernels")
        self._cache = Path(made[KERNELS]) if self._backend.compiles_kernels and made.get(KERNELS) else None
        return made

    def _start_guard(self, pid: int) -> None:
        watched, self._life = os.pipe()
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "farm-guard", str(pid)],
            stdin=watched,  # a shell reads from no other descriptor of two digits
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(watched)

    def _send(self, request: dict[str, Any]) -> None:
        self._write(line_of(request))

    def _write(self, line: bytes) -> None:
        if self._pipes is None:
            raise WorkerDied(f"the worker of {self.board.id} is not running")
        self._pipes.send(line)

    def _reply(self, timeout: float, vector_id: str | None = None, gather: float = 0.0) -> dict[str, Any]:
        """The next reply; where there is none yet, so many seconds may pass before it is looked for.

        Raises:
            WorkerDied: the process ended instead.
            WorkerHung: there was none in time; the process still runs.
        """
        if self._pipes is None:
            raise WorkerDied(f"the worker of {self.board.id} is not running", vector_id)
        watch = None
        if self.terminal is not None:
            timeout = math.inf
        elif self._process is not None:
            watch = Watch(self._process.pid, self.log, self.deadlines.silence)

        def look() -> None:
            if watch and (complaint := watch.complaint()):
                raise WorkerHung(f"{self.board.id}: {complaint}", vector_id, timeout, stopped=watch.stopped)

        try:
            line = self._pipes.line(timeout, look, LOOK_SECONDS, gather)
        except TimeoutError:
            stopped = watch is not None and watch.stopped
            told = ", since its process was stopped" if stopped else ""
            raise WorkerHung(
                f"no answer from {self.board.id} in {timeout:g} s{told}", vector_id, timeout, stopped=stopped
            ) from None
        if line is None:
            code = self._gone(patience=5.0)  # it is ending: its own exit code tells most
            told = f"the worker {describe_exit(code)}"
            last = last_words(self.log, self._told_before)
            raise WorkerDied(f"{told}: {last}" if last else told, vector_id, code)
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _gone(self, patience: float = 0.0) -> int | None:
        """Ends the process if it still lives after `patience` seconds, and lets go of its pipes; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        code = end_process(process, patience, self.deadlines.ladder, group=self.terminal is None)
        if counted := hits(self.log, self._told_before):
            self.kernels = self.kernels[0] + counted[0], self.kernels[1] + counted[1]
        if self._pipes is not None:
            self._pipes.close()
            self._pipes = None
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard = None
            os.close(self._life)
        return code


def _of_unprepared(vector_id: str, error: WorkerDied | WorkerHung) -> Outcome:
    """The outcome of a vector whose module has killed or hung a process before, while it was prepared."""
    reason = Reason.HANG if isinstance(error, WorkerHung) else Reason.CRASH
    return Outcome(vector_id, Verdict.FAIL_CRASH_HANG, reason, f"not tried again: {error}", started=time.time())
