"""What a fleet makes of the answers of its actors, without any cluster."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster.actor import WorkerUnusable
from farm.cluster.board_handle import BoardHandle
from farm.cluster.fleet import BatchDone, FleetEvent, Gone, Outcomes, Started, Unusable
from farm.cluster.ray_client import ray
from farm.cluster.ray_fleet import PING_SECONDS, REQUEST_SECONDS, START_SECONDS, RayFleet
from farm.core.board import Board, WorkerInfo
from farm.core.errors import NotRunnable
from farm.core.outcome import Outcome
from farm.core.settings import CLUSTER_SILENCE_SECONDS
from farm.core.verdicts import Verdict
from tests.farm.cluster.fake_actors import Clock, FakeActors, FakeCalls, FakeHandle, FakeHeartbeat
from tracer.device_config import DeviceConfig

ONE = DeviceConfig()
A, B = fake_boards(KINDS["n300"], 2)
GOOD = Outcome("v", Verdict.VALIDATED)


class Setting:
    """A fleet, and all that it is connected to."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.actors = FakeActors()
        self.calls = FakeCalls()
        self.heartbeat = FakeHeartbeat(self.clock)
        self.fleet = RayFleet(
            Limits(), start_actor=self.actors, calls=self.calls, heartbeat=self.heartbeat, clock=self.clock
        )

    def started(self, *boards: Board) -> list[FakeHandle]:
        """Starts boards; their actors."""
        for board in boards:
            self.fleet.start(board)
        assert {event.board for event in self.fleet.wait(0) if isinstance(event, Started)} == {b.id for b in boards}
        return [self.actors.handles[board.id][-1] for board in boards]


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_reports_keep_their_order_and_a_call_that_ends_is_made_again(setting: Setting) -> None:
    [actor] = setting.started(A)
    actor.streams[0].lists += [[(1, GOOD), (1, None), (2, GOOD)], None]
    assert setting.fleet.wait(0) == [Outcomes(1, [GOOD]), BatchDone(A.id, 1), Outcomes(2, [GOOD])]
    assert setting.fleet.wait(0) == []
    actor.streams[1].lists += [[(2, None)]]
    assert setting.fleet.wait(0) == [BatchDone(A.id, 2)]


def test_a_board_that_cannot_be_used_is_reported(setting: Setting) -> None:
    setting.fleet.start(A)
    setting.actors.handles[A.id][0].calls[0].answer = WorkerUnusable("no ttnn")
    assert setting.fleet.wait(0) == [Unusable(A.id, "no ttnn")]


def test_a_start_that_takes_too_long_loses_the_board(setting: Setting) -> None:
    setting.actors.starts = False
    setting.fleet.start(A)
    setting.clock.now += START_SECONDS
    setting.heartbeat.ask()
    assert setting.fleet.wait(0) == []
    setting.clock.now += 1
    setting.heartbeat.ask()
    assert setting.fleet.wait(0) == [Gone(A.id, "no answer in 180 s")]
    assert setting.actors.handles[A.id][0].killed


def test_an_actor_that_is_silent_loses_its_board(setting: Setting) -> None:
    silent, lively = setting.started(A, B)
    silent.answers = False
    events = []
    for _ in range(int(CLUSTER_SILENCE_SECONDS / PING_SECONDS) + 2):
        setting.clock.now += PING_SECONDS
        setting.heartbeat.ask()
        events += setting.fleet.wait(0)
    assert events == [Gone(A.id, "its actor has not answered for 45 s")]
    assert [call.method for call in lively.calls].count("answer") > 5


def test_an_actor_that_died_loses_its_board(setting: Setting) -> None:
    [actor] = setting.started(A)
    actor.streams[0].lists.append(ray.exceptions.ActorDiedError())
    [gone] = setting.fleet.wait(0)
    assert isinstance(gone, Gone)
    assert setting.fleet.active == []


def test_a_batch_that_got_lost_loses_its_board_once(setting: Setting) -> None:
    first, second = setting.started(A, B)
    setting.fleet.run(A.id, 1, ONE, [])
    setting.fleet.run(A.id, 2, ONE, [])
    setting.fleet.run(B.id, 3, ONE, [])
    for call in first.calls:
        call.answer = ray.exceptions.ActorUnavailableError("try later", None)
    setting.clock.now += REQUEST_SECONDS
    [gone] = setting.fleet.wait(0)
    assert isinstance(gone, Gone)
    assert gone.board == A.id
    setting.clock.now += REQUEST_SECONDS
    assert setting.fleet.wait(0) == []
    assert setting.fleet.active == [B.id]
    assert not second.killed


def test_a_batch_that_arrives_ends_no_wait(setting: Setting) -> None:
    """The driver takes a wait without events for a quiet moment, and records what it has."""
    [actor] = setting.started(A)
    setting.fleet.run(A.id, 1, ONE, [])
    setting.calls.waits.clear()
    assert setting.fleet.wait(0.01) == []
    assert setting.calls.waits == [actor.streams]


def test_a_lost_board_is_asked_for_nothing(setting: Setting) -> None:
    [actor] = setting.started(A)
    setting.fleet.drop(A.id)
    calls = len(actor.calls)
    setting.fleet.run(A.id, 1, ONE, [])
    setting.fleet.stop(A.id)
    assert len(actor.calls) == calls


def test_a_lost_board_starts_again_once_the_head_answers(setting: Setting) -> None:
    setting.started(A)
    setting.heartbeat.nodes = None
    setting.clock.now += 1
    setting.fleet.start(A)
    setting.clock.now += 1
    assert setting.fleet.wait(0) == []
    assert len(setting.actors.handles[A.id]) == 1
    setting.heartbeat.nodes = 1
    events: list[FleetEvent] = []
    while not events:  # the actor is made in a thread
        events = setting.fleet.wait(0.01)
    assert events == [Started(A.id, WorkerInfo(pid=1))]
    assert len(setting.actors.handles[A.id]) == 2


def test_an_actor_that_is_never_made_holds_up_nothing(setting: Setting) -> None:
    """What a head that dies does to a process that asks it for an actor."""
    asked, made = threading.Event(), threading.Event()
    late = FakeHandle()

    def make(board: Board, limits: Limits, folder: Path | None, run_id: str) -> BoardHandle:
        if board.id not in setting.actors.handles:
            return setting.actors(board, limits, folder, run_id)
        asked.set()
        made.wait()
        return late

    fleet = RayFleet(Limits(), start_actor=make, calls=setting.calls, heartbeat=setting.heartbeat, clock=setting.clock)
    setting.fleet = fleet
    setting.started(A)
    fleet.start(A)
    setting.clock.now += 1
    assert fleet.wait(0.01) == []
    assert asked.wait(60)
    setting.heartbeat.nodes = None
    setting.clock.now += CLUSTER_SILENCE_SECONDS + 1
    with pytest.raises(NotRunnable):
        fleet.wait(0.01)
    fleet.close(1)
    assert not late.killed
    made.set()
    while not late.killed:  # in the thread that made it: nothing needs it any more
        pass
