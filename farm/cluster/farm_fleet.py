"""A run's boards in a farm of many hosts: those that the registry gives it, where they are, while they are there."""

from __future__ import annotations

import getpass
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from farm.board.limits import Limits
from farm.cluster.fleet import FleetEvent, Offered, Outcomes, Unusable, Withdrawn
from farm.cluster.ray_client import ray
from farm.cluster.ray_fleet import RayFleet
from farm.cluster.registry.records import Answer, RunReport
from farm.cluster.registry.registry import BY_FARM
from farm.cluster.registry.service import FarmClient
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.progress import BoardStatus, Progress
from scheduler.board_state import BoardState, Cause, Transition

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from farm.cluster.ray_fleet import Seams

EXCHANGE_SECONDS = 0.5
"""How often the registry hears of a run."""


class Watched:
    """A run's progress, shown as before and kept for the farm to see. See `Progress`.

    Attributes:
        boards: the last status of each board.
        vectors: planned vectors.
        verdicts: concluded vectors by verdict.
    """

    def __init__(self, shown: Progress) -> None:
        self.boards: dict[str, BoardStatus] = {}
        self.vectors = 0
        self.verdicts: Counter[str] = Counter()
        self._shown = shown

    def planned(self, vectors: int) -> None:
        """See `Progress`."""
        self.vectors += vectors
        self._shown.planned(vectors)

    def board(self, board: str, status: BoardStatus) -> None:
        """See `Progress`."""
        self.boards[board] = status
        self._shown.board(board, status)

    def attempt(self, attempt: Attempt, operation: str) -> None:
        """See `Progress`."""
        self._shown.attempt(attempt, operation)

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        """See `Progress`."""
        self.verdicts[conclusion.verdict.value] += 1
        self._shown.concluded(conclusion, operation)

    def note(self, text: str) -> None:
        """See `Progress`."""
        self._shown.note(text)

    def __enter__(self) -> Progress:
        self._shown.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.__exit__(kind, error, trace)


class FarmFleet(RayFleet):
    """A fleet whose boards come and go. A board starts once the registry gives it to this run."""

    def __init__(
        self,
        limits: Limits,
        farm: FarmClient,
        run: RunReport,
        *,
        watched: Watched,
        takes: Callable[[Board], bool],
        known: Sequence[Board],
        **seams: Unpack[Seams],
    ) -> None:
        """Starts with no board.

        Args:
            limits: how long things may take on a board.
            farm: the registry.
            run: what doesn't change of the run.
            watched: its progress.
            takes: whether a board that the farm offers is one this run is to use.
            known: the boards that the run starts with.
            seams: see `RayFleet`.
        """
        super().__init__(limits, run_id=run.run, **seams)
        self._farm = farm
        self._run = run
        self._watched = watched
        self._takes = takes
        self._wanted: dict[str, Board] = {}
        self._granted: set[str] = set()
        self._leaving: set[str] = set()
        self._known = {board.id for board in known}
        self._call: Any = None
        self._asked = -EXCHANGE_SECONDS

    def start(self, board: Board) -> None:
        """See `Fleet`."""
        if board.id in self._granted:
            super().start(board)
        self._wanted[board.id] = board

    def drop(self, board: str) -> None:
        """See `Fleet`."""
        super().drop(board)
        self._wanted.pop(board, None)
        if board in self._leaving:  # it may be offered again
            self._leaving.discard(board)
            self._known.discard(board)

    def wait(self, seconds: float) -> list[FleetEvent]:
        """See `Fleet`."""
        happened = self._exchange()
        if not self._actors and not happened:
            time.sleep(min(seconds, EXCHANGE_SECONDS))
        return happened + [self._bearable(each) for each in super().wait(0 if happened else seconds)]

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        """See `Fleet`."""
        kernels = super().close(seconds)
        self._farm.actor.ended.remote(self._run.run)
        return kernels

    def _bearable(self, happening: FleetEvent) -> FleetEvent:
        """Where a host can't use its board, the others still can theirs."""
        if isinstance(happening, Outcomes):
            for told in happening.outcomes:
                if isinstance(told, Transition):
                    self._trusted(told)
        if isinstance(happening, Unusable):
            self._farm.actor.checked.remote(happening.board, False, happening.message)  # noqa: FBT003 - it failed
            self._leaving.add(happening.board)
            return Withdrawn(happening.board, happening.message)
        return happening

    def _trusted(self, transition: Transition) -> None:
        """Lets the farm know how far a board is trusted: that outlives the run."""
        if transition.cause is Cause.CHECK_PASSED:
            self._farm.actor.checked.remote(transition.board, True, "")  # noqa: FBT003 - it passed
        elif transition.after is BoardState.HELD:
            self._farm.actor.hold.remote(transition.board, transition.message, BY_FARM)

    def _exchange(self) -> list[FleetEvent]:
        """Tells the registry of the run and takes in its answer, without waiting for either."""
        if self._call is None:
            if self._clock() - self._asked > EXCHANGE_SECONDS:
                self._asked = self._clock()
                self._call = self._farm.actor.exchange.remote(self._report())
            return []
        if not self._calls.wait([self._call], number=1, seconds=0):
            return []
        call, self._call = self._call, None
        try:
            return self._take_in(self._calls.get(call))
        except ray.exceptions.ActorUnavailableError:
            return []  # that call got lost: the next one may not
        except ray.exceptions.RayError as error:
            # without its head the cluster ends too: each board says so by itself
            return [self._lost(board, f"the farm's registry is gone: {error}") for board in list(self._actors)]

    def _take_in(self, answer: Answer) -> list[FleetEvent]:
        happened: list[FleetEvent] = []
        for board in answer.offered:
            if board.id not in self._known and self._takes(board):
                happened.append(Offered(board))
            self._known.add(board.id)
        for name, why in answer.withdrawn.items():
            if name in self._wanted and name not in self._leaving:
                self._leaving.add(name)
                happened.append(Withdrawn(name, why))
        fresh = (answer.granted & self._wanted.keys()) - self._granted
        self._granted = set(answer.granted)
        for name in fresh:
            if name not in self._leaving and name not in self._actors:
                self.start(self._wanted[name])
        return happened

    def _report(self) -> RunReport:
        return replace(
            self._run,
            wanted=frozenset(self._wanted),
            known=frozenset(self._known),
            boards={name: self._watched.boards[name] for name in self._wanted if name in self._watched.boards},
            planned=self._watched.vectors,
            concluded=self._watched.verdicts.total(),
            verdicts=dict(self._watched.verdicts),
        )


def who_runs() -> str:
    """The user and host that a run is shown under."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a user id without a name
        return socket.gethostname()
