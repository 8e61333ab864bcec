"""The keeper of one board: starts its process, opens the board, runs vectors, and goes on after whatever they do."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.boards.base import Board
from farm.outcome import Outcome
from farm.process.protocol import BoardProcess, Hung, OpenFailed, ProcessDied, ProcessError
from farm.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds.

    Attributes:
        open: opening a board.
        vector: running a vector that brings no limit of its own.
    """

    open: float = 120.0
    vector: float = 30.0


def board_process(board: Board, workdir: Path) -> BoardProcess:
    """The process that fits a board's backend."""
    if board.backend == "fake":
        from farm.process.fake import FakeProcess

        return FakeProcess(board)
    from farm.process.handle import TtnnProcess

    return TtnnProcess(board, workdir, python=board.python or sys.executable)


class Keeper:
    """Holds one board. A vector that hangs or kills the process costs that vector an attempt, and only that vector.

    Attributes:
        board: the board.
        limits: how long things may take.
        process: the process that owns the board.
    """

    def __init__(
        self,
        board: Board,
        workdir: Path,
        limits: Limits,
        make_process: Callable[[Board, Path], BoardProcess] = board_process,
    ) -> None:
        self.board = board
        self.limits = limits
        self.process = make_process(board, workdir)
        self._running = False
        self._opened: DeviceConfig | None = None
        self._stopping = False

    def start(self) -> dict[str, Any]:
        """Starts the process; returns what it says of itself.

        Raises:
            NotRunnable: what the process needs isn't here.
            ProcessDied: it doesn't start.
        """
        hello = self.process.start()
        self._running = True
        return hello

    def run(self, config: DeviceConfig, vectors: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """Runs vectors on the board, opened so, and yields each one's outcome.

        Vectors without an outcome were not tried. That is so after a stop, and when the board doesn't open: then the
        first of them gets that as its outcome.
        """
        waiting = deque(vectors)
        while waiting and not self._stopping:
            refused = self._open(config, waiting[0]["id"])
            if refused is not None:
                yield refused
                return
            yield from self._run_some(waiting)

    def stop(self) -> None:
        """Lets the vector that runs end, and no other begin. May be called while `run` runs, in another thread."""
        self._stopping = True

    def close(self) -> None:
        """Releases the board and ends the process."""
        self._running = False
        self._opened = None
        self.process.close()

    def _run_some(self, waiting: deque[dict[str, Any]]) -> Iterator[Outcome]:
        """Runs vectors until all are run, the process is gone, or a stop; takes them out of `waiting`."""
        began = time.time()
        try:
            for outcome in self.process.run(list(waiting), self.limits.vector):
                waiting.popleft()
                began = time.time()
                yield outcome
                if self._stopping or outcome.verdict is Verdict.BOARD_FAULT:
                    # what of the rest already went to the process is not wanted, and a faulty board starts afresh
                    self.close()
                    return
        except (ProcessDied, Hung) as error:
            self._running = False
            self._opened = None
            vector = waiting.popleft()
            yield _end_of(error, vector["id"], began)

    def _open(self, config: DeviceConfig, vector_id: str) -> Outcome | None:
        """Opens the board unless it is open so; what the vector came to if that fails."""
        if self._opened == config:
            return None
        self._opened = None
        began = time.time()
        try:
            if not self._running:
                self.start()
            self.process.open(config, self.limits.open)
        except ProcessError as error:
            self._running = isinstance(error, OpenFailed)
            reason = Reason.OPEN_TIMEOUT if isinstance(error, Hung) else Reason.OPEN_FAILED
            return Outcome(
                vector_id, Verdict.BOARD_FAULT, reason, str(error), started=began, seconds=time.time() - began
            )
        self._opened = config
        return None


def _end_of(error: ProcessDied | Hung, vector_id: str, began: float) -> Outcome:
    """What a vector came to that the process ended under; a process that ends between vectors blames the board."""
    if error.vector_id != vector_id:
        verdict, reason = Verdict.BOARD_FAULT, Reason.CRASH
    else:
        verdict, reason = Verdict.FAIL_CRASH_HANG, Reason.HANG if isinstance(error, Hung) else Reason.CRASH
    return Outcome(vector_id, verdict, reason, str(error), started=began, seconds=time.time() - began)
