"""A fleet of one Ray actor per board."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypedDict

from farm.board.limits import Limits
from farm.cluster.actor import Message, WorkerStarted, WorkerUnusable
from farm.cluster.background import in_background
from farm.cluster.board_handle import BoardHandle, Calls, RayCalls, start_actor
from farm.cluster.board_logs import read_logs
from farm.cluster.fleet import BatchDone, FleetEvent, Gone, Outcomes, Started, Unusable
from farm.cluster.heartbeat import Heartbeat
from farm.cluster.ray_client import ray
from farm.core.awake_clock import awake_seconds
from farm.core.board import Board
from farm.core.log import BoardLog
from farm.core.payload import EncodedVector
from farm.core.settings import load_settings
from tracer.device_config import DeviceConfig

_LOG = logging.getLogger(__name__)

START_SECONDS = 180.0
"""How long an actor and its worker may take to start."""
PING_SECONDS = 5.0
"""How often an actor is asked whether it is alive: one that is stopped says nothing by itself."""
REQUEST_SECONDS = 0.5
"""How often to check that requests arrived at their actors."""
RESTART_SECONDS = 0.05
"""How often to check whether a lost board may be started again."""


class Seams(TypedDict, total=False):
    """What tests of a fleet replace, see `RayFleet`: no cluster, and a clock of their own."""

    start_actor: Callable[[Board, Limits, Path | None, str], BoardHandle]
    calls: Calls
    heartbeat: Heartbeat
    clock: Callable[[], float]


class RayFleet:
    """A fleet of one Ray actor per board; see `Fleet`.

    Attributes:
        limits: how long things may take on a board.
        folder: where boards keep their files while they run; None for the temporary folder of their host.
        run_id: the run whose logs the boards write; "" for none.
        is_stopped: whether a person stopped the run.
    """

    def __init__(
        self,
        limits: Limits,
        folder: Path | None = None,
        *,
        run_id: str = "",
        start_actor: Callable[[Board, Limits, Path | None, str], BoardHandle] = start_actor,
        calls: Calls | None = None,
        heartbeat: Heartbeat | None = None,
        clock: Callable[[], float] = awake_seconds,
    ) -> None:
        """Make a fleet without boards.

        Args:
            limits: see above.
            folder: see above.
            run_id: see above.
            start_actor: starts the actor of a board.
            calls: waits for the answers of actors; None for Ray.
            heartbeat: detects the loss of the head; None for that of Ray's head, with the limit of the settings.
            clock: seconds, as `time.monotonic` counts them, while this process is not stopped.
        """
        self.limits = limits
        self.folder = folder
        self.run_id = run_id
        self.is_stopped = False
        self._start_actor = start_actor
        self._calls = calls or RayCalls()
        self._heartbeat = heartbeat or Heartbeat(silence_limit=load_settings().silence_limit)
        self._clock = clock
        self._boards: dict[str, Board] = {}  # all that were ever started
        self._actors: dict[str, BoardHandle] = {}
        self._starting: dict[str, tuple[Any, float]] = {}  # the call of `start`, and when it was made
        self._streams: dict[str, Any] = {}  # what each board reports of its batches
        self._requests: dict[Any, str] = {}  # calls on their way to a board: no answer tells of one that gets lost
        self._requests_checked = 0.0
        self._restarts: dict[str, float] = {}  # lost boards that wait for the head to answer, and since when
        self._new_actors: dict[str, tuple[Future[BoardHandle], float]] = {}  # of those, and since when they are made
        self._pings: dict[str, tuple[Any, float]] = {}  # the last call of `answer`, and when it was made

    def start(self, board: Board) -> None:
        """See `Fleet`."""
        if not self._boards:
            self._heartbeat.start()
        self.drop(board.id)
        if board.id in self._boards:
            # perhaps it was lost because the head is: Ray would wait a minute for it here, and then end this process
            self._restarts[board.id] = self._clock()
        else:
            self._boards[board.id] = board
            self._begin(board.id, self._make_actor(board))

    def run(self, board: str, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> None:
        """See `Fleet`."""
        if actor := self._actors.get(board):
            _LOG.debug("%s: batch %d, vectors: %d", board, batch, len(vectors))
            self._requests[actor.give(batch, config, vectors)] = board

    def stop(self, board: str) -> None:
        """See `Fleet`."""
        if actor := self._actors.get(board):
            _LOG.info("%s: stopping after the vector that runs", board)
            self._requests[actor.stop()] = board

    def drop(self, board: str) -> None:
        """See `Fleet`."""
        self._restarts.pop(board, None)
        if new_actor := self._new_actors.pop(board, None):
            new_actor[0].add_done_callback(_kill)
        self._starting.pop(board, None)
        self._streams.pop(board, None)
        self._requests = {call: target for call, target in self._requests.items() if target != board}
        self._pings.pop(board, None)
        if actor := self._actors.pop(board, None):
            actor.kill()

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`.

        Raises:
            NotRunnable: the Ray cluster is gone.
        """
        if self._boards:
            self._heartbeat.check()
        events = self._restart() + self._late_starts() + self._silent()
        pending = {call: board for board, (call, _) in self._starting.items()}
        pending |= {stream: board for board, stream in self._streams.items()}
        restarting = bool(self._restarts or self._new_actors)
        if restarting and not pending:
            time.sleep(min(seconds, RESTART_SECONDS))
        if events or not pending:
            return events
        ready = self._calls.wait(
            list(pending), number=1, seconds=min(seconds, RESTART_SECONDS) if restarting else seconds
        )
        if ready and len(pending) > 1:
            ready = self._calls.wait(list(pending), number=len(pending), seconds=0)
        for call in ready:
            board = pending[call]
            try:
                events += self._started(board, call) if board in self._starting else self._receive(board, call)
            except ray.exceptions.RayError as error:
                # it died, or its own code failed: either way the next actor may do better
                events.append(self._lost(board, summary_of(error)))
        return events + self._undelivered()

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """See `Fleet`."""
        self._heartbeat.end()
        closing = {board: actor.close() for board, actor in self._actors.items() if board not in self._starting}
        kernels: dict[str, tuple[int, int]] = {}
        if closing:
            calls = list(closing.values())
            with contextlib.suppress(ray.exceptions.RayError):
                closed = self._calls.wait(calls, number=len(calls), seconds=seconds)
                kernels = {board: self._calls.get(call) for board, call in closing.items() if call in closed}
        for board in [*self._actors, *self._new_actors]:
            self.drop(board)
        return {board: counts for board, counts in kernels.items() if counts[1]}

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:
        """See `Fleet`."""
        return read_logs(self.run_id, self._boards.values(), remote=remote) if self.run_id else {}

    @property
    def silence_limit(self) -> float:
        """How many seconds an actor may be silent: as many as the head."""
        return self._heartbeat.silence_limit

    @property
    def active(self) -> list[str]:
        """The ids of the boards that have an actor, starting ones included."""
        return list(self._actors)

    def _make_actor(self, board: Board) -> BoardHandle:
        return self._start_actor(board, self.limits, self.folder, self.run_id)

    def _begin(self, board: str, actor: BoardHandle) -> None:
        _LOG.info("%s: starting", board)
        self._actors[board] = actor
        self._starting[board] = actor.start(), self._clock()

    def _restart(self) -> list[FleetEvent]:
        """Start lost boards again, once the head has answered since they were lost.

        If the head dies just then, making an actor waits for it for ever: so that is done in a thread of its own.
        """
        for name, lost_at in list(self._restarts.items()):
            if self._heartbeat.alive_since(lost_at):
                del self._restarts[name]
                new_actor = in_background(partial(self._make_actor, self._boards[name]))
                self._new_actors[name] = new_actor, self._clock()
        lost: list[FleetEvent] = []
        for name, (new_actor, _) in list(self._new_actors.items()):
            if new_actor.done():
                del self._new_actors[name]
                try:
                    self._begin(name, new_actor.result())
                except ray.exceptions.RayError as error:
                    lost.append(self._lost(name, summary_of(error)))
        return lost

    def _started(self, board: str, call: Any) -> list[FleetEvent]:
        start: WorkerStarted | WorkerUnusable = self._calls.get(call)
        del self._starting[board]
        if isinstance(start, WorkerUnusable):
            _LOG.error("%s can't be used: %s", board, start.message)
            return [Unusable(board, start.message)]
        _LOG.info("%s started: %s", board, ", ".join(f"{name} {value}" for name, value in start.info.as_json().items()))
        self._listen(board)
        return [Started(board, start.info)]

    def _listen(self, board: str) -> None:
        self._streams[board] = self._actors[board].outcomes()

    def _receive(self, board: str, stream: Any) -> list[FleetEvent]:
        try:
            messages: list[Message] = self._calls.get(next(stream))
        except StopIteration:
            self._listen(board)
            return []
        events: list[FleetEvent] = []
        for batch, group in groupby(messages, key=itemgetter(0)):
            reports = [report for _, report in group]
            if outcomes := [report for report in reports if report is not None]:
                events.append(Outcomes(batch, outcomes))
            if reports[-1] is None:
                events.append(BatchDone(board, batch))
        return events

    def _undelivered(self) -> list[FleetEvent]:
        """Give up boards to which a request got lost, as far as Ray knows."""
        now = self._clock()
        if not self._requests or now - self._requests_checked < REQUEST_SECONDS:
            return []
        self._requests_checked = now
        lost: list[FleetEvent] = []
        for call in self._calls.wait(list(self._requests), number=len(self._requests), seconds=0):
            board = self._requests.pop(call, None)
            if board is not None:  # else the board was given up just now
                try:
                    self._calls.get(call)
                except ray.exceptions.RayError as error:
                    lost.append(self._lost(board, summary_of(error)))
        return lost

    def _late_starts(self) -> list[FleetEvent]:
        now = self._clock()
        starts = [*self._starting.items(), *self._new_actors.items()]
        late = [board for board, (_, since) in starts if now - since > START_SECONDS]
        return [self._lost(board, f"no answer in {START_SECONDS:.0f} s") for board in late]

    def _silent(self) -> list[FleetEvent]:
        """Ask actors whether they are alive, and give up those that don't answer."""
        now = self._clock()
        lost: list[FleetEvent] = []
        for board, actor in list(self._actors.items()):
            call, asked_at = self._pings.get(board, (None, -PING_SECONDS))
            if board in self._starting or now - asked_at < PING_SECONDS:
                continue
            if call is None or self._calls.wait([call], number=1, seconds=0):
                self._pings[board] = actor.answer(), now
            elif now - asked_at > self.silence_limit:
                lost.append(self._lost(board, f"its actor has not answered for {self.silence_limit:.0f} s"))
        return lost

    def _lost(self, board: str, message: str) -> Gone:
        _LOG.warning("%s is lost: %s", board, message)
        self.drop(board)
        return Gone(board, message)


def _kill(new_actor: Future[BoardHandle]) -> None:
    """End an actor that is not needed any more, once it is made."""
    with contextlib.suppress(Exception):
        new_actor.result().kill()


def summary_of(error: ray.exceptions.RayError) -> str:
    """What Ray says of an error, in one line; of an exception in the actor, the exception alone."""
    if isinstance(error, ray.exceptions.RayTaskError):
        return f"{type(error.cause).__name__}: {error.cause}".splitlines()[0]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    exits = [line for line in lines if "Worker exit detail" in line]
    # the traceback of an actor that failed while it was made ends with what failed
    return (exits or lines[-1:] or [type(error).__name__])[0][:300]
