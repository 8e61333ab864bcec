"""Vectors as tasks: a window at a time, with their past attempts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pytest

from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.estimates import Estimates
from farm.planning.resume import PastAttempts
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.running import task_feed
from farm.running.pending_records import PendingRecords
from farm.running.plain import PlainProgress
from farm.running.task_feed import TaskFeed
from farm.store import Store
from scheduler import AttemptResult, PastAttempt
from tests.farm.running.driver_helpers import vector


def feed_of(
    store: Store, vectors: Sequence[Vector], past: Mapping[str, PastAttempts] | None = None
) -> tuple[TaskFeed, PendingRecords]:
    journal = PendingRecords("run", store, PlainProgress(io.StringIO()))
    return TaskFeed(vectors, Estimates(), past or {}, journal), journal


def test_vectors_are_taken_a_window_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_feed, "WINDOW", 4)
    feed, journal = feed_of(store, [vector(f"v{n}") for n in range(3)])
    first = feed.next_tasks(waiting=0)
    assert first is not None
    assert [task.id for task in first] == ["v0", "v1"]
    assert feed.next_tasks(waiting=3) is None, "there are enough"
    second = feed.next_tasks(waiting=2)
    assert second is not None
    assert [task.id for task in second] == ["v2"]
    assert feed.next_tasks(waiting=0) is None, "there are no more"
    assert set(journal.vectors) == {"v0", "v1", "v2"}


def test_an_unrunnable_vector_is_no_work(store: Store) -> None:
    feed, _ = feed_of(store, [vector("bad", unrunnable=Unrunnable(Reason.BROKEN_CONFIGURATION, "no shape"))])
    assert feed.next_tasks(waiting=0) == ()


@pytest.mark.parametrize("forgiven", [False, True])
def test_past_attempts_go_with_a_task(store: Store, *, forgiven: bool) -> None:
    crashed = Attempt(2, "old:0", Outcome("v", Verdict.FAIL_CRASH_HANG, Reason.CRASH))
    feed, journal = feed_of(store, [vector("v")], {"v": PastAttempts((crashed,), forgiven=forgiven)})
    tasks = feed.next_tasks(waiting=0)
    assert tasks is not None
    # the first attempt was never recorded: that says nothing about the vector
    assert tasks[0].past == (PastAttempt("", AttemptResult.FAULT), PastAttempt("old:0", AttemptResult.CRASHED))
    assert tasks[0].forgiven == (2 if forgiven else 0)
    assert sorted(journal.take_attempts("v")) == [1, 2]
