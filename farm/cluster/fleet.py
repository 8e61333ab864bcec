"""The actors of a run's boards: told what to do, asked what happened. Everything about Ray's calls is in here."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from farm.board.supervisor import BoardReport, Limits
from farm.cluster.actor import Message, start_actor
from farm.cluster.background import in_background
from farm.cluster.board_logs import read_logs
from farm.cluster.heartbeat import Heartbeat
from farm.cluster.ray_client import ray
from farm.core.board import Board
from farm.core.log import BoardLog
from farm.core.payload import EncodedVector
from tracer.device_config import DeviceConfig

START_SECONDS = 180.0
"""How long an actor and its worker may take to answer."""
ASK_SECONDS = 5.0
"""How often an actor is asked whether it lives: one that is stopped tells nobody."""
SILENCE_SECONDS = 45.0
"""How long it may owe the answer: long enough for a busy host, and for a network that is gone for a moment."""
ORDER_SECONDS = 0.5
"""How often it is looked whether what actors are told arrived."""
AGAIN_SECONDS = 0.05
"""How often it is looked whether a lost board may be started again."""


@dataclass(frozen=True, slots=True)
class Started:
    """A board's process answered; `hello` is what it says of itself."""

    board: str
    hello: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A board can't be used on its host, and another try would end the same."""

    board: str
    message: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A board's actor died, or doesn't answer; all it was given is gone with it."""

    board: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Attempts of a batch ended, and what is thought of its board changed, in this order."""

    batch: int
    outcomes: Sequence[BoardReport]


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A board is done with a batch."""

    board: str
    batch: int


@dataclass(frozen=True, slots=True)
class Offered:
    """The farm has one more board for this run."""

    board: Board


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The farm wants a board back: its host is drained, or a person holds it."""

    board: str
    message: str


FleetEvent: TypeAlias = Started | Unusable | Gone | Outcomes | BatchDone | Offered | Withdrawn


class Fleet(Protocol):
    """What the driver needs of whoever holds the boards.

    What is asked of a board that is lost, of which the driver can't know yet, has no effect.
    """

    def start(self, board: Board) -> None:
        """Starts a board, or starts it again after it was lost."""

    def run(self, board: str, batch: int, config: DeviceConfig, parcels: Sequence[EncodedVector]) -> None:
        """Hands a batch to a board, behind those it has."""

    def stop(self, board: str) -> None:
        """Lets the vector that a board runs end, and no other begin."""

    def drop(self, board: str) -> None:
        """Gives a board up, at once."""

    def wait(self, seconds: float) -> list[FleetEvent]:
        """What happened since the last call; waits so long for something to."""

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """Releases all boards; those that take longer than so many seconds are given up.

        Returns:
            of the boards that need kernels, how many they found compiled and how many they needed.
        """

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:
        """The last lines of the logs of all boards that were started, those that were lost included.

        Args:
            remote: whether to ask other hosts; that needs the Ray cluster, and takes some seconds at most.
        """


_LOG = logging.getLogger(__name__)


class RayFleet:
    """A fleet of one Ray actor per board.

    Attributes:
        limits: how long things may take on a board.
        folder: where boards keep their files while they run; None for the temporary folder of their host.
        run_id: the run whose logs the boards write; "" for none.
    """

    def __init__(self, limits: Limits, folder: Path | None = None, *, run_id: str = "") -> None:
        self.limits = limits
        self.folder = folder
        self.run_id = run_id
        self._pulse: Heartbeat | None = None
        self._actors: dict[str, Any] = {}
        self._starting: dict[str, tuple[Any, float]] = {}  # the call to start, and when it was made
        self._streams: dict[str, Any] = {}  # what each board tells of its batches
        self._orders: dict[Any, str] = {}  # calls on their way to a board: one that gets lost would never be noticed
        self._looked = 0.0  # after them
        self._begun: dict[str, Board] = {}  # boards that were started before
        self._restarts: dict[str, tuple[Board, float]] = {}  # those to be started again, and since when
        self._making: dict[str, tuple[Future[Any], float]] = {}  # actors of those, and since when they are being made
        self._pings: dict[str, tuple[Any, float]] = {}  # the last call to answer, and when it was made

    def start(self, board: Board) -> None:
        """See `Fleet`."""
        self._pulse = self._pulse or Heartbeat()
        self.drop(board.id)
        if board.id in self._begun:
            # perhaps it was lost because the head is: Ray would wait a minute for it here, and then end this process
            self._restarts[board.id] = board, time.monotonic()
        else:
            self._begun[board.id] = board
            self._start(board.id, start_actor(board, self.limits, self.folder, self.run_id))

    def run(self, board: str, batch: int, config: DeviceConfig, parcels: Sequence[EncodedVector]) -> None:
        """See `Fleet`."""
        if actor := self._actors.get(board):
            _LOG.debug("%s: batch %d of %d vectors", board, batch, len(parcels))
            self._orders[actor.give.options(concurrency_group="control").remote(batch, config, parcels)] = board

    def stop(self, board: str) -> None:
        """See `Fleet`."""
        if actor := self._actors.get(board):
            _LOG.info("%s: stopping after the vector that runs", board)
            self._orders[actor.stop.options(concurrency_group="control").remote()] = board

    def drop(self, board: str) -> None:
        """See `Fleet`."""
        self._restarts.pop(board, None)
        if making := self._making.pop(board, None):
            making[0].add_done_callback(_kill_made)
        self._starting.pop(board, None)
        self._streams.pop(board, None)
        self._orders = {call: whose for call, whose in self._orders.items() if whose != board}
        self._pings.pop(board, None)
        if actor := self._actors.pop(board, None):
            ray.kill(actor)

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`.

        Raises:
            NotRunnable: the Ray cluster is gone.
        """
        if self._pulse:
            self._pulse.check()
        happened = self._restart() + self._late_starts() + self._silent()
        waited = {call: board for board, (call, _) in self._starting.items()}
        waited |= {stream: board for board, stream in self._streams.items()}
        again = bool(self._restarts or self._making)
        if again and not waited:
            time.sleep(min(seconds, AGAIN_SECONDS))
        if happened or not waited:
            return happened
        if again:
            seconds = min(seconds, AGAIN_SECONDS)
        ready, _ = ray.wait(list(waited), timeout=seconds, fetch_local=False)
        if ready and len(waited) > 1:
            ready, _ = ray.wait(list(waited), num_returns=len(waited), timeout=0, fetch_local=False)
        for each in ready:
            board = waited[each]
            try:
                happened += self._started(board, each) if board in self._starting else self._heard(board, each)
            except ray.exceptions.RayError as error:
                # it died, or its own code failed: either way the next actor may do better
                happened.append(self._lost(board, _told(error)))
        return happened + self._unreached()

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """See `Fleet`."""
        if self._pulse:
            self._pulse.end()
        closing = {
            board: actor.close.options(concurrency_group="control").remote()
            for board, actor in self._actors.items()
            if board not in self._starting
        }
        kernels: dict[str, tuple[int, int]] = {}
        if closing:
            calls = list(closing.values())
            with contextlib.suppress(ray.exceptions.RayError):
                closed, _ = ray.wait(calls, num_returns=len(calls), timeout=seconds)
                kernels = {board: ray.get(call) for board, call in closing.items() if call in closed}
        for board in [*self._actors, *self._making]:
            self.drop(board)
        return {board: found for board, found in kernels.items() if found[1]}

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:
        """See `Fleet`."""
        return read_logs(self.run_id, self._begun.values(), remote=remote) if self.run_id else {}

    def _start(self, board: str, actor: Any) -> None:
        self._actors[board] = actor
        self._starting[board] = actor.start.remote(), time.monotonic()
        _LOG.info("%s: its actor starts", board)

    def _restart(self) -> list[FleetEvent]:
        """Starts boards that were lost, once the head has answered since.

        Should it die just then, making an actor waits for it for ever, and only a thread of its own may.
        """
        for name, (board, since) in list(self._restarts.items()):
            if self._pulse and self._pulse.since(since):
                del self._restarts[name]
                making = in_background(partial(start_actor, board, self.limits, self.folder, self.run_id))
                self._making[name] = making, time.monotonic()
        lost: list[FleetEvent] = []
        for name, (made, _) in list(self._making.items()):
            if made.done():
                del self._making[name]
                try:
                    self._start(name, made.result())
                except ray.exceptions.RayError as error:
                    lost.append(self._lost(name, _told(error)))
        return lost

    def _started(self, board: str, call: Any) -> list[FleetEvent]:
        hello = ray.get(call)
        del self._starting[board]
        if "unusable" in hello:
            _LOG.error("%s can't be used: %s", board, hello["unusable"])
            return [Unusable(board, hello["unusable"])]
        _LOG.info("%s started: %s", board, ", ".join(f"{name} {value}" for name, value in hello.items()))
        self._listen(board)
        return [Started(board, hello)]

    def _listen(self, board: str) -> None:
        self._streams[board] = self._actors[board].outcomes.remote()

    def _heard(self, board: str, stream: Any) -> list[FleetEvent]:
        try:
            messages: list[Message] = ray.get(next(stream))
        except StopIteration:
            self._listen(board)
            return []
        heard: list[FleetEvent] = []
        for batch, about in groupby(messages, key=itemgetter(0)):
            told = [each for _, each in about]
            if outcomes := [each for each in told if each is not None]:
                heard.append(Outcomes(batch, outcomes))
            if told[-1] is None:
                heard.append(BatchDone(board, batch))
        return heard

    def _unreached(self) -> list[FleetEvent]:
        """Gives up boards that were told something that never arrived, as far as Ray knows."""
        now = time.monotonic()
        if not self._orders or now - self._looked < ORDER_SECONDS:
            return []
        self._looked = now
        ended, _ = ray.wait(list(self._orders), num_returns=len(self._orders), timeout=0, fetch_local=False)
        lost: list[FleetEvent] = []
        for call in ended:
            board = self._orders.pop(call, None)
            if board is not None:  # else it was given up just now
                try:
                    ray.get(call)
                except ray.exceptions.RayError as error:
                    lost.append(self._lost(board, _told(error)))
        return lost

    def _late_starts(self) -> list[FleetEvent]:
        now = time.monotonic()
        begun = [*self._starting.items(), *self._making.items()]
        late = [board for board, (_, since) in begun if now - since > START_SECONDS]
        return [self._lost(board, f"no answer in {START_SECONDS:.0f} s") for board in late]

    def _silent(self) -> list[FleetEvent]:
        """Asks actors whether they live, and gives up those that don't answer."""
        now = time.monotonic()
        lost: list[FleetEvent] = []
        for board, actor in list(self._actors.items()):
            call, since = self._pings.get(board, (None, 0.0))
            if board in self._starting or now - since < ASK_SECONDS:
                continue
            if call is None or ray.wait([call], timeout=0, fetch_local=False)[0]:
                self._pings[board] = actor.answer.options(concurrency_group="control").remote(), now
            elif now - since > SILENCE_SECONDS:
                lost.append(self._lost(board, f"its actor has not answered for {SILENCE_SECONDS:.0f} s"))
        return lost

    def _lost(self, board: str, message: str) -> Gone:
        _LOG.warning("%s is lost: %s", board, message)
        self.drop(board)
        return Gone(board, message)


def _kill_made(made: Future[Any]) -> None:
    """Ends an actor that nobody wants any more, once it is made."""
    with contextlib.suppress(Exception):
        ray.kill(made.result())


def _told(error: ray.exceptions.RayError) -> str:
    """What Ray says of an error, in one line; of an exception in the actor, the exception alone."""
    cause = getattr(error, "cause", None)
    if cause is not None:
        return f"{type(cause).__name__}: {cause}".splitlines()[0]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    exits = [line for line in lines if "Worker exit detail" in line]
    # the traceback of an actor that failed while it was made ends with what failed
    return (exits or lines[-1:] or [type(error).__name__])[0][:300]
