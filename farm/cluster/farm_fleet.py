"""A run's boards in a farm of many hosts: those that the registry grants it, while they are there."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from farm.board.limits import Limits
from farm.cluster.background import in_background
from farm.cluster.fleet import FleetEvent, Offered, Outcomes, Unusable, Withdrawn
from farm.cluster.placement import cores_of_host
from farm.cluster.ray_client import ray
from farm.cluster.ray_fleet import RayFleet, summary_of
from farm.cluster.registry.client import ANSWER_SECONDS, FarmClient
from farm.cluster.registry.entries import BY_FARM
from farm.cluster.registry.records import RegistryAnswer, RunReport
from farm.cluster.registry.service import RegistryActor
from farm.cluster.shared_progress import SharedProgress
from farm.core.board import Board
from scheduler.board_state import BoardState, Cause, Transition

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.cluster.ray_fleet import Seams

_LOG = logging.getLogger(__name__)

EXCHANGE_SECONDS = 0.5
"""How often a run reports to the registry."""
_RESET_ENDS = (Cause.RESET_ENDED, Cause.RESET_FAILED, Cause.RESET_TIMEOUT)


class FarmFleet(RayFleet):
    """A fleet whose boards come and go. A board starts once the registry grants it to this run.

    A host starts as many boards at once as it has cores, and the first ones run while others start. Were all of them
    started at once, none would be ready before all are.
    """

    def __init__(
        self,
        limits: Limits,
        farm: FarmClient,
        run: RunReport,
        *,
        progress: SharedProgress,
        accepts: Callable[[Board], bool],
        boards: Sequence[Board],
        starts_at_once: Callable[[Board], int] = cores_of_host,
        **seams: Unpack[Seams],
    ) -> None:
        """Make a fleet in which no board is started yet.

        Args:
            limits: how long things may take on a board.
            farm: the registry.
            run: what doesn't change of the run's report.
            progress: the run's progress.
            accepts: whether the run uses a board that the farm offers.
            boards: the boards that the run starts with.
            starts_at_once: how many boards the host of a board may start at once; it is asked once for each host.
            seams: see `RayFleet`.
        """
        super().__init__(limits, run_id=run.run, **seams)
        self._farm = farm
        self._run = run
        self._progress = progress
        self._accepts = accepts
        self._requested: dict[str, Board] = {}  # boards that the run has or waits for
        self._granted: set[str] = set()
        self._leaving: set[str] = set()
        self._to_start: dict[str, Board] = {}  # granted boards that wait until others of their host started
        self._starts_at_once = starts_at_once
        self._start_limits: dict[str, int] = {}  # by host
        self._offered = {board.id for board in boards}  # boards that the run need not be offered
        self._exchange_call: Any = None
        self._renewal: Future[None] | None = None
        self._exchanged_at = -EXCHANGE_SECONDS

    def start(self, board: Board) -> None:
        """See `Fleet`."""
        self._requested[board.id] = board
        if board.id in self._granted:
            self._to_start[board.id] = board
            self._start_next()

    def _start_next(self) -> None:
        """Start boards that wait for their turn."""
        starting = Counter(self._boards[name].host for name in [*self._starting, *self._restarts, *self._new_actors])
        for board in list(self._to_start.values()):
            if board.host not in self._start_limits:
                self._start_limits[board.host] = self._starts_at_once(board)
            if starting[board.host] < self._start_limits[board.host]:
                starting[board.host] += 1
                super().start(board)  # which drops it first
                self._requested[board.id] = board

    def drop(self, board: str) -> None:
        """See `Fleet`."""
        super().drop(board)
        self._to_start.pop(board, None)
        self._requested.pop(board, None)
        if board in self._leaving:  # it may be offered again
            self._leaving.discard(board)
            self._offered.discard(board)

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`."""
        events = self._exchange()
        self._start_next()
        if not self._actors and not events:
            time.sleep(min(seconds, EXCHANGE_SECONDS))
        return events + [self._share(event) for event in super().wait(0 if events else seconds)]

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """See `Fleet`."""
        kernels = super().close(seconds)
        self._farm.tell(RegistryActor.ended, self._run.run, stopped=self.is_stopped)
        return kernels

    def _share(self, event: FleetEvent) -> FleetEvent:
        """Report an event to the farm if it outlives the run; the event as it is for this run.

        A board that its host can't use only leaves: the others go on.
        """
        if isinstance(event, Outcomes):
            for report in event.outcomes:
                if isinstance(report, Transition):
                    self._share_transition(report)
        if isinstance(event, Unusable):
            self._farm.tell(RegistryActor.checked, event.board, passed=False, message=event.message)
            self._leaving.add(event.board)
            return Withdrawn(event.board, event.message)
        return event

    def _share_transition(self, transition: Transition) -> None:
        if transition.cause is Cause.CHECK_PASSED:
            self._farm.tell(RegistryActor.checked, transition.board, passed=True, message="")
        elif transition.cause in _RESET_ENDS:
            good = transition.cause is Cause.RESET_ENDED
            message = "" if good else transition.message or transition.cause.value
            self._farm.tell(
                RegistryActor.was_reset, transition.board, self._run.run, message=message, seconds=transition.seconds
            )
        elif transition.after is BoardState.HELD:
            self._farm.tell(RegistryActor.hold, transition.board, transition.message, BY_FARM)

    def _exchange(self) -> list[FleetEvent]:
        """Report to the registry, and apply its answer, without waiting for either."""
        if self._exchange_call is None:
            if self._clock() - self._exchanged_at > EXCHANGE_SECONDS:
                self._exchanged_at = self._clock()
                self._exchange_call = self._farm.tell(RegistryActor.exchange, self._report())
            return []
        if not self._calls.wait([self._exchange_call], number=1, seconds=0):
            if self._clock() - self._exchanged_at > ANSWER_SECONDS:
                _LOG.warning("no answer from the farm's registry in %g s", ANSWER_SECONDS)
                self._exchange_call = None
                self._renew()
            return []
        call, self._exchange_call = self._exchange_call, None
        try:
            return self._apply(self._calls.get(call))
        except ray.exceptions.RayError as error:
            # the run keeps its boards; without its head the cluster ends too, and the heartbeat says so
            _LOG.warning("no answer from the farm's registry: %s", summary_of(error))
            if isinstance(error, ray.exceptions.RayActorError):
                self._renew()
            return []

    def _renew(self) -> None:
        """Find the registry that took the place of a dead one, without waiting for it."""
        if self._renewal is None or self._renewal.done():
            self._renewal = in_background(self._farm.renew)

    def _apply(self, answer: RegistryAnswer) -> list[FleetEvent]:
        events: list[FleetEvent] = []
        for board in answer.offered:
            if board.id not in self._offered and self._accepts(board):
                events.append(Offered(board))
            self._offered.add(board.id)
        for name, why in answer.withdrawn.items():
            if name in self._requested and name not in self._leaving:
                self._leaving.add(name)
                events.append(Withdrawn(name, why))
        newly_granted = [name for name in self._requested if name in answer.granted - self._granted]
        self._granted = set(answer.granted)
        for name in newly_granted:
            if name not in self._leaving and name not in self._actors:
                self.start(self._requested[name])
        return events

    def _report(self) -> RunReport:
        statuses = self._progress.boards
        return replace(
            self._run,
            requested=frozenset(self._requested),
            using=frozenset(self._requested.keys() & (self._granted | {*self.active})),
            offered=frozenset(self._offered),
            boards={name: statuses[name] for name in self._requested if name in statuses},
            planned=self._progress.vectors,
            concluded=self._progress.verdicts.total(),
            verdicts=dict(self._progress.verdicts),
        )
