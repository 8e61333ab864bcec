"""A run that is stopped, limited or interrupted, and what it records then."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from farm.cluster.fleet import FleetEvent, Outcomes
from farm.core.attempt import Attempt
from farm.core.errors import StoreError
from farm.core.verdicts import Verdict
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, Store
from tests.farm.local_fleet import LocalFleet
from tests.farm.running.driver_helpers import SlowFleet, boards, run, vector, verdicts

pytestmark = pytest.mark.usefixtures("supervisor_death_raises")


def test_a_run_has_a_time_limit(store: Store) -> None:
    view = run(store, boards(1), [vector(f"v{n}") for n in range(2000)], SlowFleet(), max_seconds=3.0)
    assert set(verdicts(view).values()) == {("not_run", "stopped_by_limit"), ("validated", "")}
    assert "3 s" in next(each.message for each in view.vectors if each.verdict is Verdict.NOT_RUN)


def test_a_board_leaves_after_its_time_limit(store: Store) -> None:
    view = run(store, boards(2), [vector(f"v{n}") for n in range(4000)], SlowFleet(), max_board_seconds=3.0)
    assert set(verdicts(view).values()) == {("not_run", "board_lost"), ("validated", "")}
    assert "its time limit of 3 s is over" in next(
        each.message for each in view.vectors if each.verdict is Verdict.NOT_RUN
    )


def test_records_that_could_not_be_written_are_written_the_next_time(store: Store) -> None:
    class Full:
        """A store whose disk is full in mid-run."""

        def __init__(self) -> None:
            self.refused: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def record(self, run_id: str, attempts: Sequence[Attempt], *more: Any) -> None:
            if attempts and not self.refused:
                self.refused = [attempt.outcome.vector_id for attempt in attempts]
                raise StoreError("the disk is full")
            store.record(run_id, attempts, *more)

    run_id = store.start_run(RunInfo("test"))
    vectors = [vector(f"v{n}") for n in range(10)]
    store.plan(run_id, vectors)
    full = Full()
    driver = Driver(run_id, boards(1), LocalFleet(), cast(Store, full), PlainProgress(io.StringIO()))
    driver.start()
    with pytest.raises(StoreError):
        driver.run(vectors)
    driver.abandon()
    assert full.refused
    assert set(full.refused) <= {each.vector_id for each in store.view(run_id).vectors if each.verdict.good}


def test_a_stop_concludes_all_vectors(store: Store) -> None:
    class RecordingFleet(LocalFleet):
        stopped: tuple[str, ...] = ()

        def stop(self, board: str) -> None:
            self.stopped = (*self.stopped, board)
            super().stop(board)

    fleet = RecordingFleet()
    view = run(store, boards(1), [vector(f"v{n}") for n in range(2000)], fleet, stop_after=3)
    assert fleet.stopped == ("fake:n300:0",)
    assert 0 < view.counts["validated"] < 2000
    assert view.counts["not_run"] == 2000 - view.counts["validated"]
    assert {pair for pair in verdicts(view).values() if pair[0] == "not_run"} == {("not_run", "stopped")}


def test_a_stop_before_any_board_started_needs_none(store: Store) -> None:
    vectors = [vector(f"v{n}") for n in range(20)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    Driver(run_id, boards(2), LocalFleet(), store, PlainProgress(io.StringIO())).run(vectors, lambda: True)
    assert set(verdicts(store.view(run_id)).values()) == {("not_run", "stopped")}


def test_abandoned_vectors_are_stopped(store: Store) -> None:
    vectors = [vector(f"v{n}") for n in range(20)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    driver = Driver(run_id, boards(2), LocalFleet(), store, PlainProgress(io.StringIO()))
    driver.start()
    with pytest.raises(KeyboardInterrupt):
        driver.run(vectors, _interrupted_at_the_third_call())
    driver.abandon()
    view = store.view(run_id)
    assert set(verdicts(view).values()) <= {("not_run", "stopped"), ("validated", "")}
    assert all(each.concluded for each in view.vectors)
    assert view.counts["not_run"] > 0
    assert sum(view.counts.values()) == 2 * view.counts["planned"]


def _interrupted_at_the_third_call() -> Callable[[], bool]:
    looks = iter(range(3))

    def look() -> bool:
        if next(looks, None) is None:
            raise KeyboardInterrupt
        return False

    return look


def test_repeated_results_count_once(store: Store) -> None:
    class RepeatingFleet(LocalFleet):
        def wait(self, seconds: float) -> list[FleetEvent]:
            events = super().wait(seconds)
            return [copy for each in events for copy in ((each, each) if isinstance(each, Outcomes) else (each,))]

    view = run(store, boards(2), [vector(f"v{n}") for n in range(30)], RepeatingFleet())
    assert view.counts["validated"] == 30
    assert all(len(each.history) == 1 for each in view.vectors)
