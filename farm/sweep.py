"""One sweep, from planned vectors to a finished run in the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from farm.boards.base import Board
from farm.cluster import cluster
from farm.driver import Driver
from farm.errors import FarmError
from farm.fleet import RayFleet
from farm.interrupt import Interrupt
from farm.keeper import Limits
from farm.report.progress import Progress
from farm.store import Ended, RunInfo, Store
from farm.vectors import Vector

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
        address: of a Ray cluster to use; None starts one.
        details: what else is worth keeping of the run, JSON.
    """

    command: str
    suite: str
    boards: Sequence[Board]
    vectors: Sequence[Vector]
    limits: Limits = field(default_factory=Limits)
    address: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def run_sweep(sweep: Sweep, store: Store, progress: Progress) -> str:
    """Runs a sweep and returns its run's id; every planned vector has its verdict then.

    Ctrl-C once ends it early, and what was not run says so.

    Raises:
        NotRunnable: there is no Ray, or what a board's host needs isn't there.
        KeyboardInterrupt: Ctrl-C came twice. The run is recorded as far as it came.
    """
    run_id = store.start_run(RunInfo(sweep.command, suite=sweep.suite, details=sweep.details))
    ended, message = Ended.FAILED, ""
    try:
        with progress, Interrupt() as interrupt:
            store.plan(run_id, sweep.vectors)
            progress.planned(len(sweep.vectors))
            _run(sweep, run_id, store, progress, interrupt)
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


def _run(sweep: Sweep, run_id: str, store: Store, progress: Progress, interrupt: Interrupt) -> None:
    able = {kind for vector in sweep.vectors if not vector.unrunnable for kind in vector.kinds}
    boards = [board for board in sweep.boards if board.kind.name in able]
    with cluster(len(boards), sweep.address) if boards else nullcontext() as folder:
        fleet = RayFleet(sweep.limits, folder)
        driver = Driver(run_id, boards, fleet, store, progress)
        try:
            driver.start()
            driver.run(sweep.vectors, interrupt.stop_asked)
            fleet.close(CLOSE_SECONDS)
        except BaseException:
            # the error at hand tells more than one of recording what it leaves behind
            with suppress(FarmError):
                driver.abandon()
            raise
