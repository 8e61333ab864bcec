"""The worker of a fake board: not a process, but with every way in which one can end."""

from __future__ import annotations

import math
import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from farm.board.backends.fake import Act, Opening, Script
from farm.board.protocol import (
    CheckFailed,
    Deadlines,
    LookAhead,
    OpenFailed,
    WorkerDied,
    WorkerError,
    WorkerHung,
    no_look_ahead,
)
from farm.core.board import Board
from farm.core.messages import CheckProblem, Hello, Opened
from farm.core.outcome import Outcome, discount
from farm.core.payload import EncodedVector
from farm.core.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig

_OUTCOMES = {
    Act.PASS: (Verdict.VALIDATED, Reason.NONE, ""),
    Act.LEAVE: (Verdict.VALIDATED, Reason.NONE, ""),
    Act.FAIL: (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "the fake board was told to fail"),
    Act.FAULT: (Verdict.BOARD_FAULT, Reason.INTERNAL, "the fake board was told to be at fault"),
}


class FakeWorker:
    """A worker that follows its board's script; see `farm.board.protocol.Worker`.

    Attributes:
        board: the fake board.
        script: how it behaves.
        runs: how often each vector was run, over all starts.
        opened: every device config it was opened with, in order.
        checks: how often it was checked, over all starts.
        kernels: always (0, 0): no kernels are compiled.
        host_view: always "": it is not isolated.
    """

    def __init__(self, board: Board, deadlines: Deadlines | None = None) -> None:
        self.board = board
        self.deadlines = deadlines or Deadlines()
        self.checks = 0
        self.script = Script.of(board)
        self.runs: Counter[str] = Counter()
        self.opened: list[DeviceConfig] = []
        self.kernels = (0, 0)
        self.host_view = ""
        self._alive = False

    def start(self) -> Hello:
        """See the protocol."""
        if not self.script.starts:
            raise WorkerDied(f"{self.board.id} was told not to start", exit=1)
        self._alive = True
        return Hello(ttnn=None, python=platform.python_version(), pid=os.getpid())

    def open(self, config: DeviceConfig, timeout: float) -> Opened:
        """See the protocol."""
        self._require_alive()
        if self.script.opening is Opening.REFUSES:
            raise OpenFailed(f"{self.board.id} was told not to open")
        if self.script.opening is Opening.DIES:
            self._alive = False
            raise WorkerDied(f"{self.board.id} was told to die while opening", exit=-6)
        if self.script.opening is Opening.HANGS:
            self._hang(timeout, None)
        self.opened.append(config)
        return Opened(chips=math.prod(config.mesh_shape))

    def check(self) -> None:
        """See the protocol."""
        self._require_alive()
        passes = self.script.checks[min(self.checks, len(self.script.checks) - 1)] if self.script.checks else True
        self.checks += 1
        if not passes or (self.script.sound_while and not Path(self.script.sound_while).exists()):
            raise CheckFailed(f"{self.board.id} was told not to be sound", CheckProblem.WRONG_RESULT)

    def run(
        self,
        vectors: Sequence[EncodedVector],
        timeout: float,
        look_ahead: LookAhead = no_look_ahead,  # noqa: ARG002 - a fake doesn't wait between calls
    ) -> Iterator[Outcome]:
        """See the protocol."""
        self._require_alive()
        for vector in vectors:
            outcome = self._run(vector.id, vector.timeout or timeout)
            if outcome.verdict.failed:
                try:
                    self.check()
                except WorkerError as error:
                    yield discount(outcome, str(error))
                    return
            yield outcome

    def close(self) -> None:
        """See the protocol."""
        self._alive = False

    def _run(self, vector_id: str, timeout: float) -> Outcome:
        started = time.time()
        acts = self.script.acts.get(vector_id) or self.script.acts.get("*", (Act.PASS,))
        act = acts[min(self.runs[vector_id], len(acts) - 1)]
        self.runs[vector_id] += 1
        if act is Act.HANG or self.script.seconds > timeout:
            self._hang(timeout, vector_id)
        if self.script.seconds:
            time.sleep(self.script.seconds)
        if act is Act.CRASH:
            self._alive = False
            raise WorkerDied(f"{self.board.id} was told to crash", vector_id, exit=-11)
        if act is Act.LACK:
            self._alive = False
            printed = "[7] ERROR: UnsupportedFunctionality: the fake board was told to lack it\n"
            raise WorkerDied(f"{self.board.id} was told to end", vector_id, exit=1, printed=printed)
        if act is Act.LOSE:
            os._exit(1)
        if act is Act.HELD:
            lock = "Waiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by thread"
            held = f"{lock} TID: {self.script.holder}, PID: {self.script.holder}"
            return Outcome(vector_id, Verdict.HOST_FAULT, Reason.HOST_RESOURCES, held, started=started)
        verdict, reason, message = _OUTCOMES[act]
        seconds, left = time.time() - started, ("environment variables",) if act is Act.LEAVE else ()
        return Outcome(vector_id, verdict, reason, message, started=started, seconds=seconds, left_behind=left)

    def _hang(self, timeout: float, vector_id: str | None) -> None:
        time.sleep(timeout)
        self._alive = False
        raise WorkerHung(f"{self.board.id} was told to hang", vector_id, timeout)

    def _require_alive(self) -> None:
        if not self._alive:
            raise WorkerDied(f"the process of {self.board.id} is not running")
