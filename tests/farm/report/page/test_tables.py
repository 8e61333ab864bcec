"""The tables of the page."""

from __future__ import annotations

from typing import Any

from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.report.context import RunContext
from farm.report.digest import digest_run, unusual_event
from farm.report.page.tables import page_tables
from farm.store import BoardEvent, BoardEventKind, RunView, Store
from tests.farm.report.page.recorded import run_of
from tests.farm.store_helpers import MOCK


def tables_of(view: RunView) -> dict[str, Any]:
    tables: dict[str, Any] = page_tables(view, digest_run(view), RunContext())
    return tables


def column(table: dict[str, Any], title: str) -> list[Any]:
    at = [each["title"] for each in table["columns"]].index(title)
    return [row[at] for row in table["rows"]]


def test_estimates_beside_actual_times(store: Store) -> None:
    outcomes = [
        Outcome(f"v{at}", Verdict.VALIDATED, seconds=1.0, started=1_700_000_000.0, estimate=estimate)
        for at, estimate in enumerate((0.5, 1.5, None))
    ]
    table = tables_of(run_of(store, outcomes))["estimates"]
    assert table["rows"] == [["ttnn.add", 2, 2.0, 2.0, 1.0]]


def test_without_estimates_there_is_no_table(store: Store) -> None:
    assert "estimates" not in tables_of(run_of(store, [Outcome("v0", Verdict.VALIDATED)]))


def test_a_vector_has_its_own_message_with_its_numbers(store: Store) -> None:
    messages = ["a 1 x 8 mesh\nof chips", "a 2 x 4 mesh of chips"]
    outcomes = [Outcome(f"v{at}", Verdict.NOT_RUN, message=message) for at, message in enumerate(messages)]
    table = tables_of(run_of(store, outcomes))["vectors"]
    assert column(table, "message") == ["a 1 x 8 mesh of chips", "a 2 x 4 mesh of chips"]


def test_failures_and_faults_come_first(store: Store) -> None:
    verdicts = [Verdict.VALIDATED, Verdict.BOARD_FAULT, Verdict.VALIDATED, Verdict.FAIL_WATCHER]
    table = tables_of(run_of(store, [Outcome(f"v{at}", verdict) for at, verdict in enumerate(verdicts)]))["vectors"]
    assert column(table, "vector") == ["v3", "v1", "v0", "v2"]


def test_boards_show_unusual_events_only(store: Store) -> None:
    def state(after: str) -> BoardEvent:
        return BoardEvent(MOCK.id, BoardEventKind.STATE, details={"before": "x", "after": after}, at=1_700_000_000.0)

    events = [state("busy"), state("healthy"), state("suspect"), state("healthy")]
    events.append(state("lost"))
    view = run_of(store, [Outcome("v0", Verdict.VALIDATED)], events)
    table = tables_of(view)["boards"]
    assert column(table, "state") == ["lost"]
    assert column(table, "unusual events") == ["suspect 1, lost 1"]
    assert [unusual_event(event) for event in view.run.boards[0].events] == ["", "", "suspect", "", "lost"]
