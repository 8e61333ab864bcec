"""The plots of the page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.report.context import read_context
from farm.report.page.plots import PCC_BINS, pcc_bin, pcc_plot, runs_plot, seconds_plot, timeline_plot
from farm.store import BoardEvent, BoardEventKind, Store
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.report.page.recorded import run_of
from tests.farm.store_helpers import MOCK


@given(st.floats(-1, 1))
def test_every_pcc_has_a_bin(number: float) -> None:
    assert 0 <= pcc_bin(number) < len(PCC_BINS)
    assert (pcc_bin(number) == len(PCC_BINS) - 1) == (number >= 0.999995)


def test_plots_are_well_formed_whatever_text_they_have(store: Store) -> None:
    for day in range(2):
        run_id = large_run(store, 200, day, broken=frozenset({"ttnn.conv2d"}), started=1_700_000_000.0 + 86_400 * day)
    view = store.view(run_id)
    context = read_context(store, view)
    plots = [timeline_plot(view), seconds_plot(view), runs_plot(context.runs), pcc_plot([0.1, 0.99, 1.0])]
    for plot in plots:
        assert ET.fromstring(plot).tag == "svg"  # noqa: S314 - our own text
    outcome = Outcome("v0", Verdict.FAIL_WATCHER, message=HOSTILE, seconds=1.0, started=1_700_000_001.0)
    event = BoardEvent(MOCK.id, BoardEventKind.FAULT, HOSTILE, at=1_700_000_001.5)
    hostile = timeline_plot(run_of(store, [outcome], [event]))
    assert "fault" in hostile
    assert ET.fromstring(hostile).tag == "svg"  # noqa: S314 - our own text


def test_without_data_there_is_no_plot(store: Store) -> None:
    view = run_of(store, [])
    assert (timeline_plot(view), seconds_plot(view), runs_plot([]), pcc_plot([])) == ("", "", "", "")


def test_equal_neighbours_are_one_bar(store: Store) -> None:
    outcomes = [
        Outcome(f"v{at}", Verdict.VALIDATED, seconds=0.01, started=1_700_000_000.0 + at * 0.01) for at in range(500)
    ]
    plot = timeline_plot(run_of(store, outcomes))
    assert plot.count("<rect") == 1
    assert "500 attempts" in plot
