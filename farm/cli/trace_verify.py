"""`farm trace --verify`: does a master's every configuration run as it was traced?"""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from farm.store.view import RunView

SUITE = "model_traced"
INTERRUPTED = 130


def trace_verify(path: Path, boards: str, *, results: str | None, address: str | None) -> None:
    """Sweeps a master under the tracer and compares what ran with what was traced; see `farm trace`."""
    from farm.boards.enough import add_needed_mocks
    from farm.boards.select import AUTO, select_boards
    from farm.report import exit_code, progress_on
    from farm.store import Store
    from farm.sweeping import Sweep, run_sweep
    from farm.vectors import Vector, plan
    from tracer.master import Master

    read = Master.read(path)
    chosen = select_boards(boards)
    if boards == AUTO and all(board.backend == "mock" for board in chosen):
        chosen, vectors = add_needed_mocks(chosen, lambda kinds: plan(read, (), kinds))
    else:
        vectors = plan(read, (), dict.fromkeys(board.kind for board in chosen))

    def under_tracing(vector: Vector) -> Vector:
        return replace(vector, payload={**vector.payload, "verify": True})

    request = Sweep(
        command=shlex.join(["farm", *sys.argv[1:]]),
        suite=SUITE,
        boards=chosen,
        vectors=list(map(under_tracing, vectors)),
        address=address,
        details={"master": str(path), "boards": boards, "verify": True},
    )
    with Store.open(results) as store:
        try:
            view = store.view(run_sweep(request, store, progress_on(sys.stderr)))
        except KeyboardInterrupt:
            sys.stderr.write("farm: ended at once; `farm show last` tells how far it came\n")
            raise typer.Exit(INTERRUPTED) from None
    _tell(view)
    raise typer.Exit(exit_code(view.counts))


def _tell(view: RunView) -> None:
    """Every difference, and how many configurations ran as they were traced."""
    from farm.report.text import first_line

    for vector in view.vectors:
        if not vector.verdict.good:
            typer.echo(f"{vector.operation} {vector.vector_id}: {vector.verdict.value}: {first_line(vector.message)}")
    same = sum(vector.verdict.good for vector in view.vectors)
    share = 100 * same / len(view.vectors)
    typer.echo(f"{same} of {len(view.vectors)} configurations ({share:.1f} %) ran as they were traced, hash by hash")
