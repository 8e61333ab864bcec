"""A run's boards in a farm whose registry doesn't answer, without any cluster."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.supervisor import Limits
from farm.cluster import farm_fleet as fleet_module
from farm.cluster.farm_fleet import FarmFleet, Watched
from farm.cluster.fleet import Gone
from farm.cluster.ray_client import ray
from farm.cluster.registry.records import RunReport
from farm.cluster.registry.service import Farm
from farm.running.plain import PlainProgress


def a_fleet(monkeypatch: pytest.MonkeyPatch, error: ray.exceptions.RayError) -> FarmFleet:
    """A fleet of two boards, one still starting, whose calls of the registry all end in this error."""

    def get(_: object) -> None:
        raise error

    def wait(calls: Sequence[object], **_: object) -> tuple[Sequence[object], list[object]]:
        return [call for call in calls if call == "exchange"], []

    monkeypatch.setattr(fleet_module, "EXCHANGE_SECONDS", 0.0)
    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(ray, "wait", wait)
    monkeypatch.setattr(ray, "kill", lambda _: None)
    registry = SimpleNamespace(exchange=SimpleNamespace(remote=lambda _: "exchange"))
    fleet = FarmFleet(
        Limits(),
        cast(Farm, SimpleNamespace(actor=registry)),
        RunReport("run", "user", "command", time.time(), 0, None, planned=1),
        watched=Watched(PlainProgress(io.StringIO())),
        takes=lambda _: True,
        known=fake_boards(KINDS["n300"], 2),
    )
    fleet._actors = {"a": SimpleNamespace(answer=SimpleNamespace(options=lambda **_: fleet)), "b": object()}
    fleet._streams = {"a": "stream"}
    fleet._starting = {"b": ("start", time.monotonic())}
    fleet._pings = {"a": ("answer", time.monotonic())}
    return fleet


def test_a_call_of_the_registry_that_gets_lost_costs_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = a_fleet(monkeypatch, ray.exceptions.ActorUnavailableError("try later", None))
    for _ in range(3):
        assert fleet.wait(0.01) == []
    assert list(fleet._actors) == ["a", "b"]


def test_without_its_registry_a_run_has_lost_its_boards_and_hears_no_more_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = a_fleet(monkeypatch, ray.exceptions.ActorDiedError())
    assert fleet.wait(0.01) == []  # the call is on its way
    lost = fleet.wait(0.01)
    assert [each.board for each in lost if isinstance(each, Gone)] == ["a", "b"]
    assert not fleet._actors
    assert not fleet._streams
    assert not fleet._starting
