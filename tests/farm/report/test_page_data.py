"""What the report page is made of: tables, plots, what happened to boards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall, Unreadable
from farm.core.verdicts import Verdict
from farm.report.context import RunContext, configuration_lines, read_context
from farm.report.digest import digest_run, unusual_event
from farm.report.page.details import script_json
from farm.report.page.plots import PCC_BINS, pcc_bin, pcc_plot, runs_plot, seconds_plot, timeline_plot
from farm.report.page.tables import page_tables
from farm.store import BoardEvent, BoardEventKind, RunBoard, RunInfo, RunView, Store
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.store_helpers import MOCK, Planned


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def run_of(store: Store, outcomes: list[Outcome], events: list[BoardEvent] | None = None) -> RunView:
    run_id = store.start_run(RunInfo("farm sweep", started=1_700_000_000.0))
    store.board(run_id, RunBoard(MOCK))
    store.record(run_id, events=events or [])
    store.plan(run_id, [Planned(outcome.vector_id) for outcome in outcomes])
    store.record(run_id, [Attempt(1, MOCK.id, outcome) for outcome in outcomes])
    store.conclude(run_id, [Conclusion(outcome.vector_id, outcome.verdict) for outcome in outcomes])
    return store.view(run_id)


def made(view: RunView) -> dict[str, Any]:
    found: dict[str, Any] = page_tables(view, digest_run(view), RunContext())
    return found


def column(table: dict[str, Any], title: str) -> list[Any]:
    at = [each["title"] for each in table["columns"]].index(title)
    return [row[at] for row in table["rows"]]


@given(st.recursive(st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=5))
def test_script_json_reads_back_and_ends_no_script(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()


def test_estimates_stand_against_outcomes(store: Store) -> None:
    outcomes = [
        Outcome(f"v{at}", Verdict.VALIDATED, seconds=1.0, started=1_700_000_000.0, estimate=estimate)
        for at, estimate in enumerate((0.5, 1.5, None))
    ]
    table = made(run_of(store, outcomes))["estimates"]
    assert table["rows"] == [["ttnn.add", 2, 2.0, 2.0, 1.0]]


def test_no_estimates_no_table(store: Store) -> None:
    assert "estimates" not in made(run_of(store, [Outcome("v0", Verdict.VALIDATED)]))


def test_what_went_wrong_comes_first(store: Store) -> None:
    verdicts = [Verdict.VALIDATED, Verdict.BOARD_FAULT, Verdict.VALIDATED, Verdict.FAIL_WATCHER]
    table = made(run_of(store, [Outcome(f"v{at}", verdict) for at, verdict in enumerate(verdicts)]))["vectors"]
    assert column(table, "vector") == ["v3", "v1", "v0", "v2"]


def test_boards_tell_only_what_is_out_of_the_ordinary(store: Store) -> None:
    def state(after: str) -> BoardEvent:
        return BoardEvent(MOCK.id, BoardEventKind.STATE, details={"before": "x", "after": after}, at=1_700_000_000.0)

    events = [state("busy"), state("healthy"), state("suspect"), state("healthy")]
    events.append(state("lost"))
    view = run_of(store, [Outcome("v0", Verdict.VALIDATED)], events)
    table = made(view)["boards"]
    assert column(table, "state") == ["lost"]
    assert column(table, "unusual events") == ["suspect 1, lost 1"]
    assert [unusual_event(event) for event in view.run.boards[0].events] == ["", "", "suspect", "", "lost"]


@given(st.floats(-1, 1))
def test_every_pcc_has_its_bar(number: float) -> None:
    assert 0 <= pcc_bin(number) < len(PCC_BINS)
    assert (pcc_bin(number) == len(PCC_BINS) - 1) == (number >= 0.999995)


def test_plots_are_xml_whatever_is_in_them(store: Store) -> None:
    for day in range(2):
        run_id = large_run(store, 200, day, broken=frozenset({"ttnn.conv2d"}), started=1_700_000_000.0 + 86_400 * day)
    view = store.view(run_id)
    known = read_context(store, view)
    plots = [timeline_plot(view), seconds_plot(view), runs_plot(known.runs), pcc_plot([0.1, 0.99, 1.0])]
    for plot in plots:
        assert ET.fromstring(plot).tag == "svg"  # noqa: S314 - our own text
    outcome = Outcome("v0", Verdict.FAIL_WATCHER, message=HOSTILE, seconds=1.0, started=1_700_000_001.0)
    event = BoardEvent(MOCK.id, BoardEventKind.FAULT, HOSTILE, at=1_700_000_001.5)
    hostile = timeline_plot(run_of(store, [outcome], [event]))
    assert "fault" in hostile
    assert ET.fromstring(hostile).tag == "svg"  # noqa: S314 - our own text


def test_there_is_no_plot_of_nothing(store: Store) -> None:
    view = run_of(store, [])
    assert (timeline_plot(view), seconds_plot(view), runs_plot([]), pcc_plot([])) == ("", "", "", "")


def test_neighbours_that_look_alike_are_one_bar(store: Store) -> None:
    outcomes = [
        Outcome(f"v{at}", Verdict.VALIDATED, seconds=0.01, started=1_700_000_000.0 + at * 0.01) for at in range(500)
    ]
    plot = timeline_plot(run_of(store, outcomes))
    assert plot.count("<rect") == 1
    assert "500 attempts" in plot


def test_configurations_of_any_payload_have_lines() -> None:
    assert 'raw: {"a": 1}' in configuration_lines(Unreadable("v", "o", raw={"a": 1}))
    lines = configuration_lines(TracedCall("v", "o", {"arg0": 3, "dim": {"type": "?"}}, ("x",)))
    assert lines[0] == "arg0 (x): 3"
    assert re.match(r"dim: ", lines[1])
