"""`farm trace --zoo`: every model of a manifest, on all boards at once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from farm.store.view import RunView

INTERRUPTED = 130


def trace_zoo(
    path: Path,
    master: Path,
    boards: str,
    arguments: Sequence[str],
    *,
    traces: Path | None,
    results: str | None,
    address: str | None,
    resume: bool,
) -> None:
    """Traces a zoo and adds what it yields to a master; see `farm trace`."""
    from rich.console import Console

    from farm.boards.select import AUTO
    from farm.cli.trace import show
    from farm.zoo.manifest import Manifest
    from farm.zoo.traces import Traces
    from tracer.master import Master, update

    manifest = Manifest.read(path)
    if master.exists():
        Master.read(master)
    kept = Traces.of(manifest, traces)
    if not resume:
        kept.clear()
    entries = [entry for entry in manifest.entries if not kept.whole(entry)]
    console = Console()
    if resume:
        console.print(f"{len(manifest.entries) - len(entries)} of {len(manifest.entries)} models are traced already")
    code = ExitCode.GOOD
    if entries:
        from farm.report import exit_code, progress_on
        from farm.selecting import boards_of, require_ttnn
        from farm.sweeping import Sweep
        from farm.zoo.run import SUITE, planned, run_zoo, with_needed_mocks

        chosen = boards_of(boards, address)
        if boards == AUTO and address is None and all(board.backend == "mock" for board in chosen):
            chosen = with_needed_mocks(chosen, entries)
        require_ttnn(chosen)
        request = Sweep(
            command=shlex.join(["farm", *sys.argv[1:]]),
            suite=SUITE,
            boards=chosen,
            vectors=planned(manifest, entries, chosen, arguments),
            address=address,
            selection=boards,
            details={"manifest": str(manifest.path), "boards": boards, "traces": str(kept.folder)},
        )
        try:
            view = run_zoo(request, kept, results, progress_on(sys.stderr))
        except KeyboardInterrupt:
            sys.stderr.write(f"farm: ended at once; go on with farm trace --zoo {path} --resume\n")
            raise typer.Exit(INTERRUPTED) from None
        _tell(console, view)
        code = exit_code(view.counts)
    from farm.zoo.run import gather

    gathered = gather(manifest, kept)
    if len(gathered.master):
        show(console, gathered.master, update(master, gathered.master), master, gathered.left_out)
    console.print(f"raw traces: {kept.folder}", soft_wrap=True, highlight=False)
    if gathered.missing:
        told = f"{', '.join(gathered.missing)}: not traced to the end; go on with --resume"
        typer.echo(f"farm: {told}", err=True)
        code = code or ExitCode.NOT_RUN
    raise typer.Exit(code)


def _tell(console: Console, view: RunView) -> None:
    """How each model ended."""
    from rich.table import Table

    from farm.report.text import first_line

    table = Table("model", "verdict", "board", "seconds", "", box=None, pad_edge=False)
    for vector in view.vectors:
        words = (vector.vector_id, vector.verdict.value, vector.board or "", f"{vector.seconds:.1f}")
        table.add_row(*words, first_line(vector.message))
    console.print(table)
