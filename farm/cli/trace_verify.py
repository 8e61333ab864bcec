"""`farm trace --verify`: check that every configuration of a master runs as it was traced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.cli.common import STOPPED_BEFORE, STOPPED_DURING, exits_on_interrupt, typed_command
from farm.core.plain_words import counted
from farm.core.store_place import StorePlace
from farm.core.verdicts import Reason

if TYPE_CHECKING:
    from farm.store.view import RunView


def trace_verify(
    path: Path, boards: str, *, results: StorePlace | None, address: str | None, ttnn: str | None, tags: Sequence[str]
) -> None:
    """Sweep a master under the tracer and compare what ran with what was traced; see `farm trace`."""
    from farm.api import verify
    from farm.report import exit_code
    from farm.running.display import progress_on

    command = typed_command()
    with exits_on_interrupt(STOPPED_BEFORE, recorded=STOPPED_DURING, store=results):
        view = verify(
            path,
            boards=boards,
            address=address,
            ttnn=ttnn,
            tags=tags,
            store=results,
            progress=progress_on(sys.stderr),
            command=command,
        )
    _print(view)
    raise typer.Exit(exit_code(view.counts))


def _print(view: RunView) -> None:
    """Print every difference, calls that raise no longer, and how many configurations ran as they were traced."""
    from farm.report.text import first_line

    for vector in view.vectors:
        if not vector.verdict.good or vector.reason is Reason.ACCEPTED_NOW:
            typer.echo(f"{vector.operation} {vector.vector_id}: {vector.verdict.value}: {first_line(vector.message)}")
    same = sum(vector.verdict.good for vector in view.vectors)
    share = 100 * same / len(view.vectors)
    total = counted(len(view.vectors), "configuration")
    typer.echo(f"{same} of {total} ({share:.1f} %) ran as traced, hash by hash")
