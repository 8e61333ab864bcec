"""Vectors run in the terminal, where a debugger works and all output is shown. Nothing is recorded."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from farm.board.backends import backend_of
from farm.board.confinement import Confinement
from farm.board.limits import Limits
from farm.board.protocol import WorkerError
from farm.board.supervisor import Supervisor
from farm.board.terminal import Terminal
from farm.cluster.hosts.board_memory import remembering
from farm.core.board import Board
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason
from farm.planning.vectors import Vector
from farm.report.exit import exit_code
from farm.running.interrupt import Interrupt
from farm.running.translation import conclude_unrunnable

_UNOPENED = (Reason.OPEN_FAILED, Reason.OPEN_TIMEOUT)


def run_foreground(
    vectors: Sequence[Vector], boards: Sequence[Board], confinement: Confinement, *, debugger: bool = False
) -> ExitCode:
    """Run vectors one after the other, print how each ends, and return the command's exit code.

    The worker is attached to the terminal, and has no time limits.

    Args:
        vectors: what to run.
        boards: candidates; the first that can run the first runnable vector is used.
        confinement: what the worker may use of this host.
        debugger: whether the debugger opens if a call raises.

    Raises:
        NotRunnable: ttnn can't be imported, or the board is held or doesn't open.
        FarmError: no board can run them.
        KeyboardInterrupt: Ctrl-C came.
    """
    board = _board_for(vectors, boards)
    counts: Counter[str] = Counter()
    nothing_to_run = 0
    with tempfile.TemporaryDirectory(prefix="farm-foreground-", ignore_cleanup_errors=True) as folder:
        supervisor = Supervisor(board, Path(folder), Limits.none(confinement), terminal=Terminal(debugger=debugger))
        # the worker gets Ctrl-C as well: its vector ends, or its debugger asks what to do; other signals it doesn't get
        with Interrupt(supervisor.stop, ctrl_c_alone=True) as interrupt:
            try:
                if confinement.isolation is not None:
                    _start_isolated(supervisor)
                for outcome in _outcomes(supervisor, vectors):
                    counts[outcome.verdict.value] += 1
                    nothing_to_run += outcome.reason.nothing_to_run
            finally:
                supervisor.close()
            if interrupt.requested:
                raise KeyboardInterrupt
    return exit_code(counts, nothing_to_run)


def _board_for(vectors: Sequence[Vector], boards: Sequence[Board]) -> Board:
    first = next((vector for vector in vectors if vector.unrunnable is None), None)
    for board in boards:
        if backend_of(board).uses_ttnn and (first is None or board.kind.name in first.kinds):
            return board
    raise FarmError(f"no board of this selection can run {(first or vectors[0]).id}: name another with --boards")


def _start_isolated(supervisor: Supervisor) -> None:
    """Start a worker that is isolated from its host, and print what it sees of the host."""
    try:
        info = supervisor.start()
    except WorkerError as error:
        raise NotRunnable(f"{supervisor.board.id} has no worker: {error}") from error
    if info.host_view:
        _say(f"each vector runs {info.host_view}")


def _outcomes(supervisor: Supervisor, vectors: Sequence[Vector]) -> Iterator[Outcome]:
    """Run vectors, and print and yield the outcome of each."""
    board = supervisor.board
    for vector in vectors:
        if vector.unrunnable is not None:
            conclusion = conclude_unrunnable(vector.id, vector.unrunnable)
            _say(f"{vector.id} {vector.operation}: {conclusion.verdict.value}: {conclusion.message}")
            yield Outcome(vector.id, conclusion.verdict, conclusion.reason, conclusion.message)
            continue
        if not supervisor.trust.usable:
            raise NotRunnable(f"{board.id} failed its checks and is held: {vector.id} was not tried")
        for outcome in remembering(board, supervisor.run(vector.config_for(board.kind.name), [vector.encoded()])):
            if outcome.reason in _UNOPENED:
                raise NotRunnable(f"{board.id} doesn't open for {vector.id}: {outcome.message}")
            _print(outcome, f"{vector.id} {vector.operation} on {board.id}")
            yield outcome


def _print(outcome: Outcome, title: str) -> None:
    sys.stderr.write(outcome.traceback)
    reason = f" ({outcome.reason.value})" if outcome.reason.value else ""
    _say(f"{title}: {outcome.verdict.value}{reason}")
    if outcome.message:
        _say(outcome.message)
    for name, number in outcome.metrics.items():
        _say(f"  {name} {number:g}")
    for note in (*outcome.measuring_notes, *(outcome.telemetry.lines() if outcome.telemetry else ())):
        _say(f"  {note}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
