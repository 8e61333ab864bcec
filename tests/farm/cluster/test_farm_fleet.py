"""A run's boards in a farm whose registry doesn't answer, without any cluster."""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster.farm_fleet import EXCHANGE_SECONDS, FarmFleet
from farm.cluster.fleet import FleetEvent, Outcomes, Started, Withdrawn
from farm.cluster.ray_client import ray
from farm.cluster.registry.client import ANSWER_SECONDS, FarmClient
from farm.cluster.registry.records import RegistryAnswer, RunReport
from farm.cluster.shared_progress import SharedProgress
from farm.core.board import Board, WorkerInfo
from farm.running.plain import PlainProgress
from scheduler.board_state import BoardState, Cause, Transition
from tests.farm.cluster.fake_actors import Clock, FakeActors, FakeCalls, FakeHeartbeat, Reference

A, B = fake_boards(KINDS["n300"], 2)


class FakeRegistry:
    """A registry's actor.

    Attributes:
        answer: what each call of `exchange` returns or raises.
        answers: whether it has an answer.
        is_callable: whether a call can be sent.
        reports: what runs reported.
    """

    def __init__(self) -> None:
        self.answer: object = RegistryAnswer(granted=frozenset({A.id, B.id}))
        self.answers = True
        self.is_callable = True
        self.reports: list[RunReport] = []
        self.exchange = SimpleNamespace(remote=self._exchange)
        self.ended = SimpleNamespace(remote=self._call)
        self.resets: list[tuple[str, str, str, float]] = []
        self.was_reset = SimpleNamespace(remote=self._was_reset)

    def _was_reset(self, board: str, by: str, *, message: str, seconds: float) -> Reference:
        self.resets.append((board, by, message, seconds))
        return self._call()

    def _exchange(self, report: RunReport) -> Reference:
        self.reports.append(report)
        return self._call()

    def _call(self, *_: object, **__: object) -> Reference:
        if not self.is_callable:
            raise ray.exceptions.RaySystemError("no connection")
        return Reference("exchange", self.answer, self.answers)


class Setting:
    """A fleet with both boards, one of which is still starting."""

    def __init__(self, boards: Sequence[Board] = (A, B), starts_at_once: int = 2) -> None:
        self.clock = Clock()
        self.heartbeat = FakeHeartbeat(self.clock)
        self.registry = FakeRegistry()
        self.registry.answer = RegistryAnswer(granted=frozenset(board.id for board in boards))
        self.successor = FakeRegistry()
        self.actors = FakeActors()
        self.fleet = FarmFleet(
            Limits(),
            FarmClient(self.registry, self.find),
            RunReport("run", "user", "command", 0.0, planned=1),
            progress=SharedProgress(PlainProgress(io.StringIO())),
            accepts=lambda _: True,
            boards=boards,
            starts_at_once=lambda _: starts_at_once,
            start_actor=self.actors,
            calls=FakeCalls(),
            heartbeat=self.heartbeat,
            clock=self.clock,
        )
        self.actors.starts = False
        for board in boards:
            self.fleet.start(board)
        assert self.fleet.wait(0) == []  # the registry is asked
        assert self.fleet.wait(0) == []  # its answer starts the boards
        self.actors.handles[A.id][0].calls[0].is_ready = True
        assert self.fleet.wait(0) == [Started(A.id, WorkerInfo(pid=1))]

    def find(self) -> FakeRegistry:
        """The registry that took the place of the dead one."""
        return self.successor


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_boards_start_once_the_registry_grants_them(setting: Setting) -> None:
    assert sorted(setting.fleet.active) == [A.id, B.id]


def test_a_lost_call_of_the_registry_costs_no_board(setting: Setting) -> None:
    setting.registry.answer = ray.exceptions.ActorUnavailableError("try later", None)
    for _ in range(6):
        setting.clock.now += EXCHANGE_SECONDS + 0.1
        assert setting.fleet.wait(0) == []
    assert sorted(setting.fleet.active) == [A.id, B.id]


def test_a_dead_registry_costs_no_board_and_its_successor_is_found(setting: Setting) -> None:
    setting.registry.answer = ray.exceptions.ActorDiedError()
    setting.successor.answer = RegistryAnswer(granted=frozenset({A.id, B.id}), withdrawn={B.id: "held by ann"})
    setting.clock.now += EXCHANGE_SECONDS + 0.1
    assert setting.fleet.wait(0) == []  # the call is on its way
    assert setting.fleet.wait(0) == []
    events: list[FleetEvent] = []
    while not events:  # the successor is found in a thread
        setting.clock.now += EXCHANGE_SECONDS + 0.1
        events = setting.fleet.wait(0)
    assert events == [Withdrawn(B.id, "held by ann")]
    assert sorted(setting.fleet.active) == [A.id, B.id]


def test_a_registry_that_never_answers_is_asked_again(setting: Setting) -> None:
    setting.registry.answers = False
    setting.clock.now += EXCHANGE_SECONDS + 0.1
    assert setting.fleet.wait(0) == []  # the call is on its way
    setting.registry.answers = True
    setting.successor = setting.registry  # it was only busy
    setting.registry.answer = RegistryAnswer(withdrawn={B.id: "held by ann"})
    setting.clock.now += ANSWER_SECONDS + 0.1
    setting.heartbeat.ask()
    events = [setting.fleet.wait(0) for _ in range(3)]
    assert [Withdrawn(B.id, "held by ann")] in events
    assert sorted(setting.fleet.active) == [A.id, B.id]


def test_a_registry_that_can_not_be_called_costs_no_board(setting: Setting) -> None:
    setting.registry.is_callable = False
    for _ in range(3):
        setting.clock.now += EXCHANGE_SECONDS + 0.1
        assert setting.fleet.wait(0) == []
    assert setting.fleet.close(0) == {}
    assert setting.fleet.active == []


def test_the_end_of_each_reset_is_told_to_the_farm(setting: Setting) -> None:
    def ended(cause: Cause, message: str = "") -> Transition:
        return Transition(A.id, BoardState.RESETTING, BoardState.SUSPECT, cause, message, seconds=2.0)

    reset_ends = (ended(Cause.RESET_ENDED), ended(Cause.RESET_FAILED, "no chip"), ended(Cause.RESET_TIMEOUT))
    setting.fleet._share(Outcomes(1, [ended(Cause.RESET_NEEDED), *reset_ends]))
    assert setting.registry.resets == [
        (A.id, "run", "", 2.0),
        (A.id, "run", "no chip", 2.0),
        (A.id, "run", "reset_timeout", 2.0),
    ]


def test_a_run_says_which_boards_it_uses(setting: Setting) -> None:
    setting.registry.answer = RegistryAnswer(withdrawn={A.id: "held by ann"})  # and B is waited for
    for _ in range(4):
        setting.clock.now += EXCHANGE_SECONDS + 0.1
        setting.fleet.wait(0)
    assert setting.registry.reports[-1].using == {A.id, B.id}, "until they are given up"
    setting.fleet.drop(A.id)
    setting.clock.now += EXCHANGE_SECONDS + 0.1
    setting.fleet.wait(0)
    assert setting.registry.reports[-1].using == {B.id}


def test_a_host_starts_no_more_boards_at_once_than_it_can() -> None:
    first, second, third, held = boards = fake_boards(KINDS["n300"], 4)
    setting = Setting(boards, starts_at_once=1)
    assert setting.fleet.active == [first.id]
    setting.fleet.drop(held.id)
    granted = {first.id, second.id, third.id}
    for board, before in ((second, [first]), (third, [first, second])):
        setting.clock.now += EXCHANGE_SECONDS + 0.1
        assert [setting.fleet.wait(0) for _ in range(2)] == [[], []]
        assert setting.fleet.active == [each.id for each in [*before, board]], "the next, once the one before has"
        assert setting.registry.reports[-1].using == granted, "and no other run gets those that wait for their turn"
        setting.actors.handles[board.id][0].calls[0].is_ready = True
        assert setting.fleet.wait(0) == [Started(board.id, WorkerInfo(pid=1))]
    assert held.id not in setting.actors.handles
