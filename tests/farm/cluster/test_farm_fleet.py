"""A run's boards in a farm whose registry doesn't answer, without any cluster."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster.farm_fleet import EXCHANGE_SECONDS, FarmFleet
from farm.cluster.fleet import Gone, Started
from farm.cluster.ray_client import ray
from farm.cluster.registry.client import FarmClient
from farm.cluster.registry.records import RegistryAnswer, RunReport
from farm.cluster.shared_progress import SharedProgress
from farm.core.board import WorkerInfo
from farm.running.plain import PlainProgress
from tests.farm.cluster.fake_actors import Clock, FakeActors, FakeCalls, FakeHeartbeat, Reference

A, B = fake_boards(KINDS["n300"], 2)


class FakeRegistry:
    """A registry's actor; `answer` is what each call of `exchange` returns or raises."""

    def __init__(self) -> None:
        self.answer: object = RegistryAnswer(granted=frozenset({A.id, B.id}))
        self.exchange = SimpleNamespace(remote=lambda _: Reference("exchange", self.answer))


class Setting:
    """A fleet with both boards, one of which is still starting."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.registry = FakeRegistry()
        self.actors = FakeActors()
        self.fleet = FarmFleet(
            Limits(),
            FarmClient(self.registry),
            RunReport("run", "user", "command", 0.0, planned=1),
            progress=SharedProgress(PlainProgress(io.StringIO())),
            accepts=lambda _: True,
            boards=[A, B],
            start_actor=self.actors,
            calls=FakeCalls(),
            heartbeat=FakeHeartbeat(self.clock),
            clock=self.clock,
        )
        self.actors.starts = False
        self.fleet.start(A)
        self.fleet.start(B)
        assert self.fleet.wait(0) == []  # the registry is asked
        assert self.fleet.wait(0) == []  # its answer starts the boards
        self.actors.handles[A.id][0].calls[0].is_ready = True
        assert self.fleet.wait(0) == [Started(A.id, WorkerInfo(pid=1))]


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


def test_without_its_registry_a_run_has_lost_its_boards(setting: Setting) -> None:
    setting.registry.answer = ray.exceptions.ActorDiedError()
    setting.clock.now += EXCHANGE_SECONDS + 0.1
    assert setting.fleet.wait(0) == []  # the call is on its way
    lost = setting.fleet.wait(0)
    assert sorted(each.board for each in lost if isinstance(each, Gone)) == [A.id, B.id]
    assert setting.fleet.active == []
    assert all(actor.killed for handles in setting.actors.handles.values() for actor in handles)
