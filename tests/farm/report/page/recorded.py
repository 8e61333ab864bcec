"""A recorded run on one mock board."""

from __future__ import annotations

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.store import BoardEvent, RunBoard, RunInfo, RunView, Store
from tests.farm.store_helpers import MOCK, Planned


def run_of(store: Store, outcomes: list[Outcome], events: list[BoardEvent] | None = None) -> RunView:
    run_id = store.start_run(RunInfo("farm sweep", started=1_700_000_000.0))
    store.board(run_id, RunBoard(MOCK))
    store.record(run_id, events=events or [])
    store.plan(run_id, [Planned(outcome.vector_id) for outcome in outcomes])
    store.record(run_id, [Attempt(1, MOCK.id, outcome) for outcome in outcomes])
    store.conclude(run_id, [Conclusion(outcome.vector_id, outcome.verdict) for outcome in outcomes])
    return store.view(run_id)
