"""`farm watch`: a run, from elsewhere, while it goes on."""

from __future__ import annotations

import sys

import typer

from farm.cli.report import RunName, StorePlace
from farm.core.errors import ExitCode


def watch(run: RunName = "last", store: StorePlace = None) -> None:
    """Follow a run that someone else drives; exits as its sweep does."""
    from farm.report import exit_code_of, print_summary, stdout_console
    from farm.running.display import progress_on
    from farm.running.watch import watch_run
    from farm.store import Store

    with Store.open(store, create=False) as opened:
        run_id = opened.find(run)
        try:
            watch_run(opened, run_id, progress_on(sys.stderr))
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        view = opened.view(run_id)
    print_summary(stdout_console(), view)
    raise typer.Exit(exit_code_of(view))
