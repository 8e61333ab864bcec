"""Vectors as works: a window at a time, with their past attempts."""

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
from farm.running import work_feed
from farm.running.pending_records import PendingRecords
from farm.running.plain import PlainProgress
from farm.running.work_feed import WorkFeed
from farm.store import Store
from scheduler import AttemptResult, PastAttempt
from tests.farm.running.driver_helpers import vector


def feed_of(
    store: Store, vectors: Sequence[Vector], past: Mapping[str, PastAttempts] | None = None
) -> tuple[WorkFeed, PendingRecords]:
    journal = PendingRecords("run", store, PlainProgress(io.StringIO()))
    return WorkFeed(vectors, Estimates(), past or {}, journal), journal


def test_vectors_are_taken_a_window_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_feed, "WINDOW", 4)
    feed, journal = feed_of(store, [vector(f"v{n}") for n in range(3)])
    first = feed.next_works(waiting=0)
    assert first is not None
    assert [work.id for work in first] == ["v0", "v1"]
    assert feed.next_works(waiting=3) is None, "there are enough"
    second = feed.next_works(waiting=2)
    assert second is not None
    assert [work.id for work in second] == ["v2"]
    assert feed.next_works(waiting=0) is None, "there are no more"
    assert set(journal.vectors) == {"v0", "v1", "v2"}


def test_an_unrunnable_vector_is_no_work(store: Store) -> None:
    feed, _ = feed_of(store, [vector("bad", unrunnable=Unrunnable(Reason.BROKEN_CONFIGURATION, "no shape"))])
    assert feed.next_works(waiting=0) == ()


@pytest.mark.parametrize("forgiven", [False, True])
def test_past_attempts_go_with_a_work(store: Store, *, forgiven: bool) -> None:
    crashed = Attempt(2, "old:0", Outcome("v", Verdict.FAIL_CRASH_HANG, Reason.CRASH))
    feed, journal = feed_of(store, [vector("v")], {"v": PastAttempts((crashed,), forgiven=forgiven)})
    works = feed.next_works(waiting=0)
    assert works is not None
    # the first attempt was never recorded: that says nothing about the vector
    assert works[0].past == (PastAttempt("", AttemptResult.FAULT), PastAttempt("old:0", AttemptResult.CRASHED))
    assert works[0].forgiven == (2 if forgiven else 0)
    assert sorted(journal.take_attempts("v")) == [1, 2]
