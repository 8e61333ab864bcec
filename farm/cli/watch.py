"""`farm watch`: follow a run that another process drives."""

from __future__ import annotations

import sys

import typer

from farm.cli.common import RunArgument, StoreOption, exits_on_interrupt


def watch(run: RunArgument = "last", store: StoreOption = None) -> None:
    """Follow a run that another process drives, and exit with the code of its sweep. Ctrl-C leaves the run alone.

    Example: farm watch last
    """
    from farm.report import exit_code_of, print_summary, stdout_console
    from farm.running.display import progress_on
    from farm.running.watch import watch_run
    from farm.store import Store

    with Store.open(store, create=False) as opened:
        run_id = opened.find(run)
        with exits_on_interrupt():
            watch_run(opened, run_id, progress_on(sys.stderr))
        view = opened.view(run_id)
    print_summary(stdout_console(), view, store=store)
    raise typer.Exit(exit_code_of(view))
