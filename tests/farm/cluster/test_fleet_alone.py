"""What a fleet does with what actors tell and with those that are made anew, without any cluster."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import cast

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.supervisor import Limits
from farm.cluster import fleet as fleet_module
from farm.cluster.fleet import BatchDone, Gone, Outcomes, RayFleet
from farm.cluster.heartbeat import Heartbeat
from farm.cluster.ray_client import ray
from farm.core.errors import NotRunnable
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from tracer.device_config import DeviceConfig

ONE = DeviceConfig()


class Beat:
    """A pulse that the test holds."""

    dead = False

    def check(self) -> None:
        if self.dead:
            raise NotRunnable("the head is gone")

    def since(self, _moment: float) -> bool:
        return True

    def end(self) -> None:
        pass


def test_an_actor_that_is_never_made_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a head that dies does to who asks it for an actor."""
    asked, gone, killed = threading.Event(), threading.Event(), threading.Event()

    def never(*_: object) -> str:
        asked.set()
        gone.wait(60)
        return "made after all"

    monkeypatch.setattr(fleet_module, "start_actor", never)
    monkeypatch.setattr(ray, "kill", lambda actor: killed.set() if actor == "made after all" else None)
    [board] = fake_boards(KINDS["n300"], 1)
    fleet, beat = RayFleet(Limits()), Beat()
    fleet._pulse = cast(Heartbeat, beat)
    fleet._begun[board.id] = board
    fleet.start(board)
    began = time.monotonic()
    assert fleet.wait(0.01) == []
    assert asked.wait(10)
    beat.dead = True
    with pytest.raises(NotRunnable):
        fleet.wait(0.01)
    fleet.close(1)
    assert time.monotonic() - began < 10
    gone.set()
    assert killed.wait(10), "nobody wants it any more"


def test_what_actors_tell_is_told_in_order_and_a_call_that_ends_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Outcome("v", Verdict.VALIDATED)
    calls = iter([iter([[(1, good), (1, None), (2, good)]]), iter([[(2, None)]])])
    fleet = RayFleet(Limits())
    fleet._actors["b"] = SimpleNamespace(outcomes=SimpleNamespace(remote=lambda: next(calls)))
    monkeypatch.setattr(ray, "get", lambda told: told)
    fleet._listen("b")
    heard = [fleet._heard("b", fleet._streams["b"]) for _ in range(3)]
    assert heard == [[Outcomes(1, [good]), BatchDone("b", 1), Outcomes(2, [good])], [], [BatchDone("b", 2)]]


class Sent:
    """A call of an actor."""


class Method:
    """A method of an actor."""

    def options(self, **_: object) -> Method:
        return self

    def remote(self, *_: object) -> Sent:
        return Sent()


def a_fleet(monkeypatch: pytest.MonkeyPatch, *boards: str) -> RayFleet:
    """A fleet of actors that tell nothing, but end all that they are told."""
    fleet = RayFleet(Limits())
    fleet._actors = {board: SimpleNamespace(give=Method(), stop=Method(), answer=Method()) for board in boards}
    fleet._streams = {board: object() for board in boards}
    monkeypatch.setattr(ray, "wait", lambda calls, **_: ([call for call in calls if isinstance(call, Sent)], []))
    monkeypatch.setattr(ray, "kill", lambda _: None)
    return fleet


def test_a_batch_that_never_arrived_loses_its_board_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = a_fleet(monkeypatch, "a", "b")
    for batch, board in enumerate("aab"):
        fleet.run(board, batch, ONE, [])
    lost = list(fleet._orders)[:2]

    def get(call: object) -> None:
        if call in lost:
            raise ray.exceptions.ActorUnavailableError("try later", None)

    monkeypatch.setattr(ray, "get", get)
    [gone] = fleet.wait(0.01)
    assert isinstance(gone, Gone)
    assert gone.board == "a"
    assert not fleet._orders, "what arrived is forgotten, as is what the lost one was told"
    assert list(fleet._actors) == ["b"]


def test_a_batch_that_arrives_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver takes a wait that tells nothing for a quiet moment, and writes down what it has."""
    fleet = a_fleet(monkeypatch, "a")
    fleet.run("a", 1, ONE, [])
    asked: list[object] = []

    def wait(calls: list[object], timeout: float, **_: object) -> tuple[list[object], list[object]]:
        if timeout:
            asked.extend(calls)
        return [call for call in calls if isinstance(call, Sent)], []

    monkeypatch.setattr(ray, "wait", wait)
    monkeypatch.setattr(ray, "get", lambda _: None)
    assert fleet.wait(0.01) == []
    assert asked == list(fleet._streams.values())
    assert not fleet._orders


def test_what_a_board_is_asked_that_was_lost_meanwhile_is_asked_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = a_fleet(monkeypatch, "a")
    fleet.drop("a")
    fleet.run("a", 1, ONE, [])
    fleet.stop("a")
    assert not fleet._orders
