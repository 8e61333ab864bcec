"""A Ray cluster that is gone is noticed."""

from __future__ import annotations

import threading
import time

import pytest

from farm.cluster import heartbeat as pulse
from farm.cluster.heartbeat import Heartbeat
from farm.core.errors import NotRunnable


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(pulse, "SILENCE_SECONDS", 0.3)


def noticed(beat: Heartbeat) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            beat.check()
        except NotRunnable as error:
            beat.end()
            return str(error)
        time.sleep(0.01)
    raise AssertionError("nothing was noticed")


def test_a_living_cluster_is_left_alone() -> None:
    beat = Heartbeat(lambda: 2)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        beat.check()
        time.sleep(0.01)
    beat.end()


def test_a_cluster_without_nodes() -> None:
    nodes = iter([1, 1, 0])
    assert "has no node left: what is recorded stays" in noticed(Heartbeat(lambda: next(nodes, 0)))


def test_a_head_that_is_silent_or_refuses() -> None:
    forever = threading.Event()
    assert "has not answered for 0 s" in noticed(Heartbeat(lambda: int(forever.wait(60))))
    forever.set()

    def refuse() -> int:
        raise ConnectionError("no head")

    assert "has not answered" in noticed(Heartbeat(refuse))


def test_an_answer_counts_for_what_was_asked_after_a_moment() -> None:
    asked = threading.Semaphore(1)
    beat = Heartbeat(lambda: int(asked.acquire()))
    lost = time.monotonic()
    assert not beat.since(lost), "the head may have died since"
    asked.release()
    asked.release()
    deadline = time.monotonic() + 10
    while not beat.since(lost) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert beat.since(lost)
    beat.end()
    asked.release()
