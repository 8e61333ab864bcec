"""Sweeps: vectors run on boards, from the plan to every verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from farm.api.plans import plan
from farm.core.errors import FarmError
from farm.core.progress import Progress, Silent
from farm.planning.selection import boards_of, require_ttnn
from farm.report import make_directory, read_context, write_report
from farm.store import RunView, Store

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.api.plans import Selecting
    from farm.running.sweep import Sweep
    from scheduler import RetriesByCount

TIMEOUT = 30.0
"""Seconds that one vector may take, unless told."""


def sweep(
    operations: Sequence[str] = (),
    *,
    resume: str | None = None,
    retry_failed: bool = False,
    retry_infra: bool = False,
    timeout: float = TIMEOUT,
    retries: int | None = None,
    max_time: float | None = None,
    max_board_time: float | None = None,
    priority: int = 0,
    max_boards: int | None = None,
    store: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    **selection: Unpack[Selecting],
) -> RunView:
    """Runs a master's configurations, or sweep modules, on boards; every planned vector has its verdict then.

    Ctrl-C once, in the main thread, ends it early: what was not run says so.

    Args:
        operations: of a master, in any spelling; all where none are given.
        resume: goes on with this run: its id, the beginning of one, or `last`. What has no verdict yet is run, and
            nothing twice; of `selection`, `boards` and `address` count then, and the rest is the run's own.
        retry_failed: with `resume`, try failed vectors again, too; one that passes then is flaky.
        retry_infra: with `resume`, try those again that a fault kept from a verdict of their own.
        timeout: seconds that one vector may take.
        retries: how often failed vectors are tried again; None for once, where they crash or hang, and twice where
            they were killed or stopped from outside.
        max_time: seconds after which nothing more begins.
        max_board_time: seconds after which a board gets nothing more.
        priority: on a farm, the higher, the sooner it is given boards; equals go by age.
        max_boards: on a farm, how many it may have at once; None for as many as there are.
        store: results store, a file or database URL; None for the usual one.
        out: a folder for the report's files; None writes none.
        progress: told what happens; None for silence.
        command: what reports call the run; None for this call.
        selection: what to run and where, as `farm.plan` takes it: `boards`, `master`, `modules`, `shard`, `limit` ...

    Returns:
        the run as its report has it.

    Raises:
        FarmError: what was asked for makes no sense; see `farm.core.errors` for its kinds.
        TracerError: the master can't be read, or has no such operation.
        KeyboardInterrupt: Ctrl-C came twice; the run is recorded as far as it came.
    """
    shown = progress or Silent()
    policy = _policy(retries, timeout=timeout, max_time=max_time, max_board_time=max_board_time)
    if resume is None and (retry_failed or retry_infra):
        raise FarmError("--retry-failed and --retry-infra say what to do with a run: name it with --resume")
    if selection.get("address") is None and (priority or max_boards is not None):
        raise FarmError("--priority and --max-boards are for runs that share a farm: name it with --address")
    if max_boards is not None and max_boards < 1:
        raise FarmError(f"max_boards {max_boards}: give 1 or more")
    if command is None:
        command = _call(operations, resume, selection)
    if resume is None:
        request = _begun(operations, selection, command, shown)
    else:
        request = _resumed(resume, selection, command, store, retry_failed=retry_failed, retry_infra=retry_infra)
    if out is not None:
        make_directory(Path(out))
    # only now what takes seconds: whatever can be wrong with the words has been said
    from farm.board.supervisor import Limits
    from farm.running.sweep import run_sweep

    request = replace(
        request,
        limits=Limits(vector=timeout),
        retries=policy,
        max_seconds=max_time,
        max_board_seconds=max_board_time,
        priority=priority,
        max_boards=max_boards,
    )
    with Store.open(store) as opened:
        view = opened.view(run_sweep(request, opened, shown))
        if out is not None:
            write_report(view, Path(out), context=read_context(opened, view))
    return view


def _begun(operations: Sequence[str], selection: Selecting, command: str, progress: Progress) -> Sweep:
    """A sweep of what is selected."""
    if selection.get("modules") or selection.get("sweeps"):
        progress.note("importing the sweep modules, to list their vectors")
    planned = plan(operations, **selection)
    require_ttnn(planned.boards)
    for note in planned.notes:
        progress.note(note)
    from farm.running.sweep import Sweep

    return Sweep(
        command=command,
        suite=planned.suite,
        boards=planned.boards,
        vectors=planned.vectors,
        address=planned.address,
        selection=planned.selection,
        details=planned.details,
    )


def _resumed(
    run: str,
    selection: Selecting,
    command: str,
    store: str | Path | None,
    *,
    retry_failed: bool,
    retry_infra: bool,
) -> Sweep:
    """A sweep that goes on with a run, which says itself what it is of."""
    from farm.board.selectors import AUTO
    from farm.planning.resume import boards_of as boards_of_run
    from farm.planning.resume import rest_of

    boards, address = selection.get("boards", AUTO), selection.get("address")
    named = None if boards == AUTO and address is None else boards_of(boards, address)
    with Store.open(store, create=False) as opened:
        run_id = opened.find(run)
        view = opened.view(run_id)
        chosen = named or boards_of(boards_of_run(view) or str(view.run.details.get("boards", AUTO)), None)
        kinds = [board.kind for board in chosen]
        rest = rest_of(opened, run_id, kinds, retry_failed=retry_failed, retry_infra=retry_infra)
    from farm.running.sweep import Sweep

    return Sweep(
        command=command,
        suite=view.run.suite,
        boards=chosen,
        vectors=rest.vectors,
        address=address,
        selection=boards,
        details=view.run.details,
        rest=rest,
    )


def _policy(retries: int | None, **limits: float | None) -> RetriesByCount | None:
    """What `retries` means for the scheduler, once the numbers make sense."""
    from scheduler import RetriesByCount

    for name, seconds in limits.items():
        if seconds is not None and not seconds > 0:
            raise FarmError(f"{name} {seconds:g}: give more than 0 seconds")
    if retries is not None and retries < 0:
        raise FarmError(f"retries {retries}: give 0 or more")
    return None if retries is None else RetriesByCount(crashes=retries + 1, kills=retries + 1, failures=retries + 1)


def _call(operations: Sequence[str], resume: str | None, selection: Selecting) -> str:
    """The call as it was written, more or less: what a report is headed."""
    words = [repr(list(operations))] if operations else []
    words += [f"resume={resume!r}"] if resume is not None else []
    words += [f"{name}={value!r}" for name, value in selection.items()]
    return f"farm.sweep({', '.join(words)})"
