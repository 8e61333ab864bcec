"""Tracing models on one board: what `farm.board.supervisor.Supervisor` does for vectors.

Each model runs in a process of its own, so that nothing it does to itself costs another.
"""

from __future__ import annotations

import base64
import itertools
import shutil
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from farm.board.shipping import unpack
from farm.board.supervisor import BoardReport
from farm.board.trace_target import TraceRun, trace
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector, ModelTrace, decode
from farm.core.verdicts import Reason, Verdict
from tracer.capture.raw_traces import files_of
from tracer.errors import TracerError

LAST_LINES = 20
"""How many lines of what a model printed are kept where it failed."""


class TraceSupervisor:
    """Traces models on one board.

    Attributes:
        board: the board.
    """

    def __init__(self, board: Board, workdir: Path) -> None:
        self.board = board
        self._workdir = workdir
        self._numbers = itertools.count()
        self._stopping = False

    def run(self, parcels: Sequence[EncodedVector]) -> Iterator[BoardReport]:
        """Traces models, and yields the outcome of each; after a stop, the rest are not tried."""
        for parcel in parcels:
            if self._stopping:
                return
            payload = decode(parcel.text)
            if not isinstance(payload, ModelTrace):
                raise TypeError(f"{parcel.id} is not a model to trace")
            yield self._trace(payload)

    def stop(self) -> None:
        """Lets the model that runs end, and no other begin."""
        self._stopping = True

    def _trace(self, model: ModelTrace) -> Outcome:
        began = time.time()
        folder = self._workdir / f"model-{next(self._numbers)}"
        folder.mkdir(parents=True)

        def ended(verdict: Verdict, reason: Reason, message: str) -> Outcome:
            return Outcome(model.id, verdict, reason, message, started=began, seconds=time.time() - began)

        try:
            arguments = list(model.arguments)
            cwd = Path(model.folder)
            if model.archive is not None:
                cwd = unpack(base64.b64decode(model.archive), folder / "shipped")
                arguments = [f"--rootdir={cwd}", *arguments]
            elif not cwd.is_dir():
                return ended(Verdict.NOT_RUN, Reason.INVALID_VECTOR, f"this host has no folder {cwd}")
            run = trace(
                model.target,
                self.board,
                folder,
                arguments,
                timeout=model.timeout,
                environment=model.environment,
                cwd=cwd,
            )
            stem = len(run.path.stem)
            packed = {
                path.stem[stem:]: base64.b64encode(zlib.compress(path.read_bytes())).decode()
                for path in files_of(run.path)
            }
            return replace(
                ended(*_judged(run, computes=self.board.computes)),
                raw_trace=packed,
                tests=tuple(run.passed),
                printed="" if run.problem is None else "\n".join(run.output.splitlines()[-LAST_LINES:]),
            )
        except (FarmError, TracerError) as error:
            return ended(Verdict.NOT_RUN, Reason.INVALID_VECTOR, str(error))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _judged(run: TraceRun, *, computes: bool) -> tuple[Verdict, Reason, str]:
    """What a traced run came to, in the words of results."""
    if run.problem is None and not run.passed:
        return Verdict.NOT_RUN, Reason.INVALID_VECTOR, "every test was skipped"
    if run.problem is None:
        tests = len(run.passed)
        told = f"{tests} test{'' if tests == 1 else 's'}, {len(run.journal.calls)} configurations"
        return Verdict.PASS if computes else Verdict.VALIDATED, Reason.NONE, told
    if run.timeout is not None:
        return Verdict.FAIL_CRASH_HANG, Reason.HANG, run.problem
    if run.journal.exit_status is None:
        return Verdict.FAIL_CRASH_HANG, Reason.CRASH, run.problem
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, run.problem
