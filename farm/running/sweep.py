"""One sweep, from its planned vectors to a finished run in the store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from farm.board.confinement import confinement_of
from farm.board.limits import Limits
from farm.cluster.heartbeat import HeadLost
from farm.cluster.host_fleet import HostFleet
from farm.cluster.ray_fleet import RayFleet
from farm.core.board import Board
from farm.core.errors import FarmError, LeaseLost
from farm.core.gc_tuning import fewer_collections
from farm.core.progress import Progress
from farm.core.sweep_spec import SweepSpec
from farm.planning.carving import chosen_boards, demands_of, shares_any
from farm.planning.estimates import learn
from farm.planning.resume import ResumedRun
from farm.planning.spool import kinds_of
from farm.planning.vectors import Vector
from farm.running.continuation import RunCutOff
from farm.running.driver import Driver
from farm.running.early_start import EarlyStart
from farm.running.interrupt import Interrupt, RunInterrupted
from farm.running.patient_recorder import PatientRecorder
from farm.running.record_spool import spool_folder
from farm.running.run_lease import RunLease, leased
from farm.running.spool_owner import SpoolOwner
from farm.running.store_patience import StorePatience
from farm.store import Ended, RunInfo, Store, log_event
from farm.store.opening import store_option
from farm.store.records import RunEnd
from scheduler import retry_policy

CLOSE_SECONDS = 30.0
"""Seconds that boards may take to close at the end of a run."""

_STOPPING = "stopping: running vectors end first; press Ctrl-C again to end at once"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep to run, and its boards.

    Attributes:
        command: the command line, as typed.
        spec: the spec of the sweep; the farm, the limits and the sharing of the farm are read from it.
        boards: the boards to run on.
        vectors: the vectors to run.
        details: what the run records in addition to the spec, as JSON.
        resumed: the earlier run that this sweep continues; its remaining vectors are then `vectors`.
        suite: the suite that the run records in place of the spec and its suite: for a zoo, which no spec describes.
    """

    command: str
    spec: SweepSpec
    boards: Sequence[Board]
    vectors: Sequence[Vector]
    details: dict[str, Any] = field(default_factory=dict)
    resumed: ResumedRun | None = None
    suite: str | None = None

    def run_info(self) -> RunInfo:
        """What the store records of the run as it starts."""
        if self.suite is not None:
            return RunInfo(self.command, suite=self.suite, details=self.details)
        return RunInfo(self.command, suite=self.spec.suite or "", spec=self.spec, details=self.details)


def run_sweep(
    sweep: Sweep,
    store: Store,
    progress: Progress,
    early: EarlyStart | None = None,
    *,
    lease: RunLease | None = None,
) -> str:
    """Run a sweep until every planned vector has its verdict, and return the run's id.

    The first Ctrl-C ends it early: the verdicts of vectors that did not run say so.

    Args:
        sweep: the sweep.
        store: records it.
        progress: gets what happens.
        early: what was started while the run was planned; it is ended with the run.
        lease: this process's lease of the run, if it has one already; ended by the caller.

    Raises:
        NotRunnable: Ray, or something that a board's host needs, is missing; or another driver has this run.
        LeaseLost: another driver took the run over; nothing was recorded since.
        RunInterrupted: Ctrl-C was pressed twice; what ended by then is recorded.
    """
    with Interrupt(announce=partial(progress.note, _STOPPING)) as interrupt:
        patience = StorePatience(store.place, progress.note)
        if sweep.resumed is None:
            run_id = patience.ask(partial(store.start_run, sweep.run_info()))
        else:
            run_id = sweep.resumed.run_id
        # a run that goes on is leased since before its records were read
        with nullcontext(lease) if lease else leased(store, run_id, progress.note) as own_lease:
            if sweep.resumed is not None:
                patience.ask(partial(store.resume_run, run_id, time.time()))
            with early or EarlyStart(sweep.spec) as started:
                return _drive(_Run(sweep, run_id, store, progress, interrupt, started, own_lease, patience))


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that this process drives.

    Attributes:
        sweep: what it runs.
        run_id: its id in the store.
        store: records it.
        progress: gets what happens.
        interrupt: whether it was asked to stop.
        early: what was started while it was planned.
        lease: this process's lease of it.
        patience: asks a store again that is away.
    """

    sweep: Sweep
    run_id: str
    store: Store
    progress: Progress
    interrupt: Interrupt
    early: EarlyStart
    lease: RunLease
    patience: StorePatience


def _drive(run: _Run) -> str:
    run = replace(run, sweep=_carved(run))
    sweep, run_id, store = run.sweep, run.run_id, run.store
    ended: Ended | None = Ended.FAILED
    message, at_once = "", False
    owner = run.patience.ask(partial(SpoolOwner.of, store, run_id))
    recorder = PatientRecorder(owner, store, spool_folder(), run.progress.note)
    try:
        # the plan is recorded while Ray and the boards start
        with run.progress, fewer_collections(), ThreadPoolExecutor(1) as executor:
            planning = executor.submit(store.plan, run_id, () if sweep.resumed else sweep.vectors, run.patience.ask)
            run.progress.planned(len(sweep.vectors))
            _run_vectors(run, planning, recorder)
        stopped = run.interrupt.requested or recorder.is_overdue
        ended = Ended.STOPPED if stopped else Ended.COMPLETED
        message = "" if stopped else run.lease.lost
    except KeyboardInterrupt:
        ended, message, at_once = Ended.STOPPED, "stopped by a second Ctrl-C", True
        raise RunInterrupted(run_id) from None
    except LeaseLost:
        ended = None  # the other driver says how the run ends
        raise
    except HeadLost as error:
        message = str(error)
        if run.interrupt.requested:
            ended = Ended.STOPPED
            return run_id  # who stops a run doesn't wait until its farm is back
        line = f"{message}; go on with `farm sweep --resume {run_id}{store_option(store.place)}`"
        raise RunCutOff(line, run_id, sweep.spec, {board.kind.name for board in sweep.boards}) from error
    except Exception as error:
        message = str(error)
        raise
    finally:
        if ended is None:
            recorder.close()
        else:
            recorder.finish(RunEnd(ended, time.time(), message), at_once=at_once)
    return run_id


def _carved(run: _Run) -> Sweep:
    """The sweep on the parts of boxes that suit its vectors, where it may choose them."""
    sweep = run.sweep
    if not shares_any(sweep.boards):
        return sweep
    estimates = run.patience.ask(partial(learn, run.store, sweep.vectors, sweep.boards))
    boards = chosen_boards(sweep.boards, demands_of(sweep.vectors, estimates))
    numbers = Counter(board.kind.name for board in boards)
    run.progress.note(f"boxes are used as {', '.join(f'{kind} ({number})' for kind, number in numbers.items())}")
    return replace(sweep, boards=boards)


def _run_vectors(run: _Run, planning: Future[int], recorder: PatientRecorder) -> None:
    sweep, interrupt = run.sweep, run.interrupt
    kinds = kinds_of(sweep.vectors)
    boards = [board for board in sweep.boards if board.kind.name in kinds]

    def stop_requested() -> bool:
        run.lease.require()
        return interrupt.stop_requested() or recorder.is_overdue

    with _fleet(run, boards, kinds) as (fleet, display):
        driver = Driver(run.run_id, boards, fleet, recorder, display, retries=retry_policy(sweep.spec.retries))
        try:
            if not interrupt.requested:
                driver.start()
            past = sweep.resumed.past if sweep.resumed else None
            # while the boards start
            estimates = run.patience.ask(partial(learn, run.store, sweep.vectors, boards))
            planning.result()
            driver.run(
                sweep.vectors,
                stop_requested,
                estimates=estimates,
                past=past,
                max_seconds=sweep.spec.max_time,
                max_board_seconds=sweep.spec.max_board_time,
            )
            fleet.is_stopped = interrupt.requested
            driver.released(fleet.close(CLOSE_SECONDS))
            _keep_logs(run.run_id, recorder, fleet, remote=True)
        except BaseException as error:
            # an error while recording the rest must not hide this one
            with suppress(FarmError):
                if isinstance(error, HeadLost) and sweep.spec.address is not None and not interrupt.requested:
                    driver.leave()
                else:
                    driver.abandon()
                _keep_logs(run.run_id, recorder, fleet, remote=False)
            raise


def _keep_logs(run_id: str, recorder: PatientRecorder, fleet: RayFleet, *, remote: bool) -> None:
    """Record the last lines of each board's log."""
    events = [log_event(board, log) for board, log in fleet.logs(remote=remote).items()]
    if events:
        recorder.record(run_id, events=events)


@contextmanager
def _fleet(run: _Run, boards: Sequence[Board], kinds: frozenset[str]) -> Iterator[tuple[RayFleet, Progress]]:
    """The boards' actors, on this host or in a farm, during a `with` block, and the progress that they report to."""
    sweep, spec = run.sweep, run.sweep.spec
    limits = Limits(vector=spec.timeout, confinement=confinement_of(spec, len(boards)))
    if boards and spec.address is not None:
        from farm.cluster.farm_runs import farm_fleet, first_report
        from farm.cluster.selection import FarmSelection

        report = first_report(
            *(run.run_id, sweep.command, time.time(), len(sweep.vectors)),
            priority=spec.priority,
            max_boards=spec.max_boards,
        )
        selection = FarmSelection.parse(spec.boards, spec.ttnn)
        with farm_fleet(
            spec.address, report, limits, boards, selection=selection, progress=run.progress, kinds=kinds
        ) as fleet_and_progress:
            yield fleet_and_progress
    else:
        with run.early.cluster.use(len(boards)) if boards else nullcontext() as folder:
            yield HostFleet(limits, folder, run_id=run.run_id, ready=run.early), run.progress
