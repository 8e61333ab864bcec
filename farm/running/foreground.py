"""Vectors run in this very process, where a debugger works and everything printed is seen. Nothing is recorded."""

from __future__ import annotations

import os
import pdb
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence

from farm.board.backends import backend_of
from farm.core.board import Board
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.planning.vectors import Vector
from farm.report.exit import exit_code
from farm.running.translation import conclude_unrunnable
from tracer.device_config import DeviceConfig

_QUIET = {"TT_LOGGER_LEVEL": "FATAL", "LOGURU_LEVEL": "ERROR"}


def run_foreground(vectors: Sequence[Vector], boards: Sequence[Board], *, debugger: bool = False) -> ExitCode:
    """Runs vectors one after the other, prints how each ends, and returns what the command exits with.

    No time limit holds here, and a vector that kills its process kills this one.

    Args:
        vectors: what to run.
        boards: where; the first that can run the first vector that can be run is taken.
        debugger: whether the debugger opens where a call raises.

    Raises:
        NotRunnable: ttnn can't be imported, or the board doesn't open.
        FarmError: no board can run them.
    """
    first = next((vector for vector in vectors if vector.unrunnable is None), None)
    able = [b for b in boards if backend_of(b).uses_ttnn and (first is None or b.kind.name in first.kinds)]
    if not able:
        raise FarmError(f"no board of this selection can run {(first or vectors[0]).id}: name another with --boards")
    board = able[0]
    os.environ.update({**_QUIET, **os.environ, **board.environment})
    try:
        from farm.worker.session import Session
    except ImportError as error:
        raise NotRunnable(f"ttnn can't be imported: {error}") from error
    session = Session(computes=board.computes, on_error=_debug if debugger else None)
    counts: Counter[str] = Counter()
    opened: DeviceConfig | None = None
    here = os.getcwd()  # noqa: PTH109 - chdir's own counterpart
    with tempfile.TemporaryDirectory(prefix="farm-foreground-", ignore_cleanup_errors=True) as folder:
        os.chdir(folder)  # ttnn leaves files behind
        try:
            for vector in vectors:
                if vector.unrunnable is not None:
                    known = conclude_unrunnable(vector.id, *vector.unrunnable)
                    _say(f"{vector.id} {vector.operation}: {known.verdict.value}: {known.message}")
                    counts[known.verdict.value] += 1
                    continue
                config = vector.config_for(board.kind.name)
                if opened != config:
                    reply = session.open(config.as_json())
                    if "refused" in reply:
                        raise NotRunnable(f"{board.id} doesn't open for {vector.id}: {reply['refused']}")
                    opened = config
                outcome = session.run(vector.payload)
                counts[outcome.verdict.value] += 1
                sys.stderr.write(outcome.traceback)
                reason = f" ({outcome.reason.value})" if outcome.reason.value else ""
                _say(f"{vector.id} {vector.operation} on {board.id}: {outcome.verdict.value}{reason}")
                if outcome.message:
                    _say(outcome.message)
                for name, number in outcome.metrics.items():
                    _say(f"  {name} {number:g}")
        finally:
            session.close()
            os.chdir(here)
    return exit_code(counts)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _debug(error: BaseException) -> None:
    _say(f"{type(error).__name__}: {error}")
    pdb.post_mortem(error.__traceback__)
