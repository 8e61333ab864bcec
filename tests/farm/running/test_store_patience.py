"""A store that is away while a run begins: the run waits for it, and each part of its beginning is recorded once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from farm.core.errors import StoreAway, StoreError
from farm.running.patient_recorder import AWAY_SECONDS
from farm.running.run_lease import own_holder, take
from farm.running.store_patience import StorePatience
from farm.store import RunInfo
from tests.farm.flaky_store import FlakyStore
from tests.farm.store_helpers import Planned


class Waiting:
    """A patience that waits by a clock of its own, and what it notes."""

    def __init__(self, store: FlakyStore) -> None:
        self.now = 0.0
        self.notes: list[str] = []
        self.patience = StorePatience(
            store.place, self.notes.append, patience=600.0, clock=self.clock, sleep=self.sleep
        )

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def flaky(tmp_path: Path) -> Iterator[FlakyStore]:
    with FlakyStore.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def waiting(flaky: FlakyStore) -> Waiting:
    return Waiting(flaky)


def test_a_store_that_is_back_is_asked_again(flaky: FlakyStore, waiting: Waiting) -> None:
    flaky.is_away = True

    def runs() -> int:
        flaky.is_away = waiting.now < AWAY_SECONDS / 2
        return len(flaky.runs())

    assert waiting.patience.ask(runs) == 0
    assert waiting.notes == [
        f"results store X is restarting: waiting up to {AWAY_SECONDS:.0f} s for it",
        f"results store {flaky.place} is back",
    ]


def test_a_store_that_stays_away_is_an_error(flaky: FlakyStore, waiting: Waiting) -> None:
    flaky.is_away = True
    with pytest.raises(StoreAway, match="is restarting"):
        waiting.patience.ask(flaky.runs)
    assert waiting.now == AWAY_SECONDS
    assert len(waiting.notes) == 1


def test_a_store_that_does_not_answer_is_an_error(flaky: FlakyStore) -> None:
    notes, is_over = list[str](), threading.Event()
    patience = StorePatience(flaky.place, notes.append, patience=0.0, away=0.0)
    with pytest.raises(StoreAway, match="has not answered"):
        patience.ask(is_over.wait)
    is_over.set()
    assert len(notes) == 1


def test_any_other_error_is_raised_at_once(flaky: FlakyStore, waiting: Waiting) -> None:
    with pytest.raises(StoreError, match="there is no run"):
        waiting.patience.ask(partial(flaky.view, "none"))
    assert (waiting.now, waiting.notes) == (0.0, [])


def test_what_was_recorded_although_its_answer_was_lost_is_recorded_once(
    flaky: FlakyStore, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farm.store.store.PLAN_CHUNK", 2)
    ask = waiting.patience.ask
    flaky.lost_answers = 1
    run_id = ask(partial(flaky.start_run, RunInfo("test", started=0.0)))
    flaky.lost_answers = 1
    take(flaky, run_id, own_holder(), waiting.notes.append, clock=waiting.clock, wait=waiting.sleep)
    flaky.lost_answers = 3
    names = [f"v{number}" for number in range(5)]
    assert flaky.plan(run_id, map(Planned, names), ask) == len(names)
    flaky.lost_answers = 2
    ask(partial(flaky.resume_run, run_id, 100.0))
    [head] = flaky.runs()
    view = flaky.view(head.id)
    assert [each.vector_id for each in view.vectors] == names
    assert view.run.recorded.paused_seconds == 100.0
    assert waiting.now < AWAY_SECONDS / 2  # the driver knows its own lease
    with pytest.raises(StoreError):
        flaky.plan(run_id, [Planned("v3")], ask)
