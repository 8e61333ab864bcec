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
    from farm.boards.select import AUTO
    from farm.report import exit_code, progress_on
    from farm.selecting import boards_of, plan_master, require_ttnn
    from farm.store import Store
    from farm.sweeping import Sweep, run_sweep
    from farm.vectors import Vector

    named = boards_of(boards, address)
    chosen, vectors = plan_master(path, (), named, may_add=boards == AUTO and address is None)
    require_ttnn(chosen)

    def under_tracing(vector: Vector) -> Vector:
        return replace(vector, payload={**vector.payload, "verify": True})

    request = Sweep(
        command=shlex.join(["farm", *sys.argv[1:]]),
        suite=SUITE,
        boards=chosen,
        vectors=list(map(under_tracing, vectors)),
        address=address,
        selection=boards,
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
