"""Tracing models on a board that a supervisor holds, each in a process of its own."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farm.board.backends import backend_of
from farm.board.download_retries import trace_with_retries
from farm.board.model_traces import trace_model
from farm.board.trace_run import TraceRun, Watch, no_watch
from farm.board.trace_target import TraceTarget
from farm.board.trust import Trust
from farm.core.board import Board
from farm.core.outcome import Outcome, discount
from farm.core.payload import EncodedVector, ModelTrace, decode
from scheduler.board_state import Cause
from scheduler.health import BoardSignal

if TYPE_CHECKING:
    from farm.board.supervisor import BoardReport

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Holder:
    """What tracing needs of the supervisor that holds the board.

    Attributes:
        stopping: whether nothing more should start.
        vouch: checks the board before a process that checks nothing itself; returns an outcome if it fails.
        recover: takes steps after trouble with the board, until it is sound or out of use.
        release: ends the worker, which has the board open.
    """

    stopping: Callable[[], bool]
    vouch: Callable[[str], Outcome | None]
    recover: Callable[[Cause, str], bool]
    release: Callable[[], None]


class BoardTracing:
    """Traces targets on one board."""

    def __init__(self, board: Board, workdir: Path, trust: Trust, holder: Holder) -> None:
        """Prepare tracing.

        Args:
            board: the board.
            workdir: a folder for what traced processes leave behind.
            trust: how far the board is trusted.
            holder: the supervisor that holds it.
        """
        self._board = board
        self._workdir = workdir
        self._trust = trust
        self._holder = holder
        self._models = itertools.count()

    def trace_models(self, vectors: Sequence[EncodedVector]) -> Iterator[BoardReport]:
        """Trace models one after the other; each has a process of its own, so that none costs another."""
        for vector in vectors:
            if self._holder.stopping() or not self._trust.usable:
                return
            refused = self._holder.vouch(vector.id)
            yield from self._trust.transitions()
            if refused is not None:
                yield refused
                return
            model = decode(vector.text)
            if not isinstance(model, ModelTrace):
                raise TypeError(f"{vector.id} is no model to trace")
            folder = self._workdir / f"model-{next(self._models)}"
            lacks, computes = backend_of(self._board).lacks, self._board.computes
            outcome = trace_model(model, vector.archive, folder, self.trace, computes=computes, lacks=lacks)
            sound = self._trust.usable
            yield outcome if sound or not outcome.verdict.failed else discount(outcome, self._trust.complaint)
            yield from self._trust.transitions()

    def trace(self, target: TraceTarget, folder: Path, watch: Watch = no_watch) -> TraceRun:
        """Run a target on a board that can be trusted."""
        self._holder.release()  # the target's own process opens the board
        checked = self._trust.healthy
        if checked:
            self._trust.observe(BoardSignal.WORK_BEGAN, Cause.WORK_BEGAN)
        _LOG.info("%s: tracing %s", self._board.id, target.target)
        run = None
        try:
            run = trace_with_retries(target, self._board, folder, watch)
        finally:
            if checked and (run is None or not run.broke_off):
                self._trust.observe(BoardSignal.WORK_ENDED, Cause.WORK_ENDED)
        if checked and run.broke_off:
            self._holder.recover(Cause.PROCESS_HUNG if run.timeout else Cause.PROCESS_DIED, run.problem or "")
            self._holder.release()
        return run
