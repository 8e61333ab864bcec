"""One sweep, from planned vectors to a finished run in the store."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from farm.board.supervisor import Limits
from farm.cluster.fleet import RayFleet
from farm.cluster.hosts.this_host import HostFleet
from farm.cluster.local_cluster import cluster
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.gc_tuning import fewer_collections
from farm.core.progress import Progress
from farm.planning.estimates import learn
from farm.planning.resume import Rest
from farm.planning.spool import kinds_of
from farm.planning.vectors import Vector
from farm.running.driver import Driver
from farm.running.interrupt import Interrupt
from farm.store import Ended, RunInfo, Store, log_event
from scheduler import RetriesByCount

CLOSE_SECONDS = 30.0
"""How long boards may take to be released at the end of a run."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What to run, and on what.

    Attributes:
        command: the command line, as typed.
        suite: the suite of the vectors.
        boards: where to run them.
        vectors: what to run.
        limits: how long things may take on a board.
        address: of the farm whose boards these are; None starts a Ray of our own for boards of this host.
        selection: which boards of the farm the run takes, should more join.
        priority: on a farm, the higher, the sooner it is given boards.
        max_boards: on a farm, how many it may have at once; None for as many as there are.
        details: what else is worth keeping of the run, JSON.
        retries: how often vectors are tried.
        max_seconds: after so long nothing more begins.
        max_board_seconds: after so long a board gets nothing more.
        rest: what is left of an earlier run, which this one goes on with: its vectors are then `vectors`.
    """

    command: str
    suite: str
    boards: Sequence[Board]
    vectors: Sequence[Vector]
    limits: Limits = field(default_factory=Limits)
    address: str | None = None
    selection: str = "auto"
    priority: int = 0
    max_boards: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    retries: RetriesByCount | None = None
    max_seconds: float | None = None
    max_board_seconds: float | None = None
    rest: Rest | None = None


def run_sweep(sweep: Sweep, store: Store, progress: Progress) -> str:
    """Runs a sweep and returns its run's id; every planned vector has its verdict then.

    Ctrl-C once ends it early, and what was not run says so.

    Raises:
        NotRunnable: there is no Ray, or what a board's host needs isn't there; or someone drives this run already.
        KeyboardInterrupt: Ctrl-C came twice. The run is recorded as far as it came.
    """
    if sweep.rest is None:
        run_id = store.start_run(RunInfo(sweep.command, suite=sweep.suite, details=sweep.details))
    else:
        run_id = sweep.rest.run_id
    with driving(run_id):
        return _drive(sweep, run_id, store, progress)


@contextmanager
def driving(run_id: str) -> Iterator[None]:
    """Makes sure that nobody else on this host drives a run.

    Raises:
        NotRunnable: somebody does.
    """
    folder = Path(tempfile.gettempdir()) / f"farm-runs-{os.getuid()}"
    lock = FileLock(folder / f"{run_id}.lock", timeout=0)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise NotRunnable(f"run {run_id} is still being run on this host: wait for it, or end it first") from None
    except OSError as error:
        raise NotRunnable(f"can't write to {folder}: {error.strerror or error}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            Path(lock.lock_file).unlink()
        lock.release()


def _drive(sweep: Sweep, run_id: str, store: Store, progress: Progress) -> str:
    ended, message = Ended.FAILED, ""
    try:
        # the plan is recorded while Ray and the boards start
        with progress, fewer_collections(), Interrupt() as interrupt, ThreadPoolExecutor(1) as aside:
            planning = aside.submit(store.plan, run_id, () if sweep.rest else sweep.vectors)
            progress.planned(len(sweep.vectors))
            _run(sweep, run_id, store, progress, interrupt, planning=planning)
        ended = Ended.STOPPED if interrupt.asked else Ended.COMPLETED
    except KeyboardInterrupt:
        ended, message = Ended.STOPPED, "stopped at once"
        raise
    except Exception as error:
        message = str(error)
        raise
    finally:
        store.finish_run(run_id, ended, finished=time.time(), message=message)
    return run_id


def _run(
    sweep: Sweep, run_id: str, store: Store, progress: Progress, interrupt: Interrupt, *, planning: Future[int]
) -> None:
    able = kinds_of(sweep.vectors)
    boards = [board for board in sweep.boards if board.kind.name in able]
    with _fleet(sweep, run_id, boards, able, progress) as (fleet, shown):
        driver = Driver(run_id, boards, fleet, store, shown, retries=sweep.retries)
        try:
            driver.start()
            past = sweep.rest.past if sweep.rest else None
            costs = learn(store, sweep.vectors, boards)  # while the boards start
            planning.result()
            driver.run(
                sweep.vectors,
                interrupt.stop_asked,
                costs=costs,
                past=past,
                max_seconds=sweep.max_seconds,
                max_board_seconds=sweep.max_board_seconds,
            )
            driver.released(fleet.close(CLOSE_SECONDS))
            _keep_logs(run_id, store, fleet, remote=True)
        except BaseException:
            # the error at hand tells more than one of recording what it leaves behind
            with suppress(FarmError):
                driver.abandon()
                _keep_logs(run_id, store, fleet, remote=False)
            raise


def _keep_logs(run_id: str, store: Store, fleet: RayFleet, *, remote: bool) -> None:
    """Records the last lines of each board's log."""
    events = [log_event(board, log) for board, log in fleet.logs(remote=remote).items()]
    if events:
        store.record(run_id, events=events)


@contextmanager
def _fleet(
    sweep: Sweep, run_id: str, boards: Sequence[Board], kinds: frozenset[str], progress: Progress
) -> Iterator[tuple[RayFleet, Progress]]:
    """The boards' actors, on this host or in a farm, for the time of a `with` block, and who hears of them."""
    if boards and sweep.address is not None:
        from farm.cluster.farm_runs import farm_fleet, report_of

        report = report_of(
            *(run_id, sweep.command, time.time(), len(sweep.vectors)),
            priority=sweep.priority,
            max_boards=sweep.max_boards,
        )
        with farm_fleet(
            sweep.address, report, sweep.limits, boards, selection=sweep.selection, progress=progress, kinds=kinds
        ) as both:
            yield both
    else:
        with cluster(len(boards)) if boards else nullcontext() as folder:
            yield HostFleet(sweep.limits, folder, run_id=run_id), progress
