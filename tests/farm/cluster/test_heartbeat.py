"""The loss of a Ray head is detected."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from farm.cluster.heartbeat import HeadLost, Heartbeat
from farm.core.errors import NotRunnable
from farm.core.settings import CLUSTER_SILENCE_SECONDS


@dataclass
class Clock:
    """A clock that the test sets."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_head_that_answers_is_alive_however_long_it_takes() -> None:
    clock = Clock()
    heartbeat = Heartbeat(lambda: 2, clock)
    for _ in range(5):
        clock.now += CLUSTER_SILENCE_SECONDS - 1
        assert heartbeat.ask()
        heartbeat.check()


def test_a_cluster_without_nodes() -> None:
    nodes = iter([1, 0])
    heartbeat = Heartbeat(lambda: next(nodes))
    heartbeat.ask()
    heartbeat.check()
    heartbeat.ask()
    with pytest.raises(NotRunnable, match="has no node left: what is recorded stays"):
        heartbeat.check()


def test_a_head_that_refuses_is_silent() -> None:
    def refuse() -> int:
        raise ConnectionError("no head")

    clock = Clock()
    heartbeat = Heartbeat(refuse, clock)
    clock.now += CLUSTER_SILENCE_SECONDS
    assert not heartbeat.ask()
    heartbeat.check()
    clock.now += 1
    with pytest.raises(NotRunnable, match="has not answered for 46 s"):
        heartbeat.check()
    patient = Heartbeat(refuse, clock, silence_limit=50)
    clock.now += 50
    patient.check()
    clock.now += 1
    with pytest.raises(NotRunnable, match="has not answered for 51 s"):
        patient.check()


def test_a_head_in_the_place_of_another_is_noticed_at_once() -> None:
    def refuse() -> int:
        raise HeadLost("the head was replaced")

    heartbeat = Heartbeat(refuse, Clock())
    assert not heartbeat.ask()
    with pytest.raises(HeadLost, match="was replaced"):
        heartbeat.check()


def test_a_question_without_an_answer_blocks_only_the_thread() -> None:
    clock, answer = Clock(), threading.Event()
    heartbeat = Heartbeat(lambda: int(answer.wait()), clock)
    heartbeat.start()
    clock.now += CLUSTER_SILENCE_SECONDS + 1
    with pytest.raises(NotRunnable, match="has not answered"):
        heartbeat.check()
    heartbeat.end()
    answer.set()


def test_an_answer_counts_for_a_moment_before_its_question() -> None:
    clock = Clock()
    heartbeat = Heartbeat(lambda: 1, clock)
    heartbeat.ask()
    lost = clock.now
    assert not heartbeat.alive_since(lost), "the head may have died since"
    clock.now += 1
    heartbeat.ask()
    assert heartbeat.alive_since(lost)


def test_the_thread_asks_again_at_once_when_someone_waits_for_an_answer() -> None:
    clock, asked = Clock(), threading.Semaphore(0)

    def ask() -> int:
        clock.now += 1
        asked.release()
        return 1

    heartbeat = Heartbeat(ask, clock)
    heartbeat.start()
    for _ in range(3):
        assert asked.acquire(timeout=60)
        heartbeat.alive_since(clock.now)
    heartbeat.end()
