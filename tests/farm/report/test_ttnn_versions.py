"""A run whose boards have several versions of ttnn: every report says which gave which verdict."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from rich.console import Console

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.report import print_summary
from farm.report.compare import compare
from farm.report.context import RunContext, read_context
from farm.report.digest import digest_run
from farm.report.flaky import flakiness
from farm.report.forms.csv_table import csv_table
from farm.report.forms.ctrf import ctrf
from farm.report.forms.json_view import report_json
from farm.report.forms.junit import junit
from farm.report.forms.summary import summary_md
from farm.report.page.details import vector_details
from farm.report.page.html import page_html
from farm.report.page.tables import page_tables
from farm.store import Ended, RunBoard, RunInfo, RunView, Store
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.store_helpers import MOCK, Planned

OLD, NEW = "0.66.0", "0.81.1"
BOARDS = {OLD: replace(MOCK, id="old:mock:n300:0", host="old"), NEW: replace(MOCK, id="new:mock:n300:0", host="new")}
GOOD, BAD, FAULT = Verdict.VALIDATED, Verdict.FAIL_ASSERT_EXCEPTION, Verdict.BOARD_FAULT


def record(store: Store, tries: Mapping[str, Sequence[tuple[str, Verdict]]], at: float = 0.0) -> RunView:
    """A run whose vectors were tried on the boards of these versions, and ended so; the last try is the verdict."""
    started = 1_700_000_000.0 + at
    run_id = store.start_run(RunInfo("farm sweep", suite="model_traced", started=started))
    for version in sorted({version for each in tries.values() for version, _ in each}):
        store.board(run_id, RunBoard(BOARDS[version], version, version))
    store.plan(run_id, [Planned(name) for name in tries])
    for name, each in tries.items():
        for number, (version, verdict) in enumerate(each, 1):
            outcome = Outcome(name, verdict, message="why" if verdict.failed else "", started=started, seconds=0.1)
            store.record(run_id, [Attempt(number, BOARDS[version].id, outcome)])
        verdict, reason = (each[-1][1], Reason.NONE) if each else (Verdict.NOT_RUN, Reason.STOPPED)
        store.conclude(run_id, [Conclusion(name, verdict, reason)])
    store.finish_run(run_id, Ended.COMPLETED, finished=started + 9)
    return store.view(run_id)


def cases(view: RunView) -> list[Element]:
    return list(fromstring(junit(view)).iter("testcase"))  # noqa: S314 - our own text


MIXED = {
    "v0": [(OLD, BAD), (NEW, GOOD)],
    "v1": [(OLD, GOOD)],
    "v2": [(NEW, GOOD)],
    "v3": [(OLD, FAULT), (NEW, GOOD)],
    "v4": [],
    "v5": [(NEW, BAD), (OLD, BAD)],
}


@pytest.fixture
def mixed(store: Store) -> RunView:
    return record(store, MIXED)


@pytest.fixture
def single(store: Store) -> RunView:
    return record(store, {"v1": [(NEW, GOOD)], "v2": [(NEW, BAD), (NEW, GOOD)]})


def test_verdicts_are_counted_by_version(mixed: RunView) -> None:
    assert {each.version: each.counts for each in digest_run(mixed).by_ttnn} == {
        OLD: ((GOOD, 1), (BAD, 1)),
        NEW: ((GOOD, 3),),
        "none": ((Verdict.NOT_RUN, 1),),
    }
    assert sum(each.total for each in digest_run(mixed).by_ttnn) == mixed.counts["planned"]


def test_vectors_that_versions_disagree_about_are_named(mixed: RunView) -> None:
    [only] = digest_run(mixed).disagreements
    assert only.vector.vector_id == "v0", "a fault of a board says nothing about ttnn"
    assert only.words() == f"fail_assert_exception with {OLD}, validated with {NEW}"


def test_each_form_names_the_version_of_each_verdict(mixed: RunView) -> None:
    expected = {"v0": NEW, "v1": OLD, "v2": NEW, "v3": NEW, "v4": None, "v5": OLD}
    report = json.loads(report_json(mixed))
    assert {vector["vector_id"]: vector["ttnn_version"] for vector in report["vectors"]} == expected
    assert [each["ttnn_version"] for each in report["vectors"][0]["history"]] == [OLD, NEW]
    rows = csv.DictReader(io.StringIO(csv_table(mixed)))
    assert {row["vector_id"]: row["ttnn"] or None for row in rows} == expected
    found = {case.get("name"): case.find("properties/property[@name='ttnn']") for case in cases(mixed)}
    assert {name: None if each is None else each.get("value") for name, each in found.items()} == expected
    tests = json.loads(ctrf(mixed))["results"]["tests"]
    assert {each["extra"]["vector_id"]: each["extra"].get("ttnn") for each in tests} == expected
    assert [each["extra"]["ttnn"] for each in tests[0]["retryAttempts"]] == [OLD, NEW]


def test_the_summaries_have_a_table_by_version(mixed: RunView) -> None:
    text = summary_md(mixed, RunContext())
    assert "### Verdicts by version of ttnn" in text
    assert f"| `{NEW}` | 3 | 3 validated |" in text
    assert f"fail\\_assert\\_exception with {OLD}, validated with {NEW}" in text
    stream = io.StringIO()
    print_summary(Console(file=stream, width=200), mixed)
    assert f"ttnn {OLD}  1 validated, 1 fail_assert_exception" in stream.getvalue()
    assert f"v0  ttnn.add  fail_assert_exception with {OLD}, validated with {NEW}" in stream.getvalue()


def test_the_page_shows_versions_by_vector_and_attempt(mixed: RunView) -> None:
    tables = page_tables(mixed, digest_run(mixed), RunContext())
    assert [(row[0], row[1], row[-1]) for row in tables["ttnn"]["rows"]] == [
        (OLD, 2, "1 validated, 1 fail_assert_exception"),
        (NEW, 3, "3 validated"),
        ("none", 1, "1 not_run"),
    ]
    assert [row[0] for row in tables["disagreements"]["rows"]] == ["v0"]
    at = [column["title"] for column in tables["vectors"]["columns"]].index("ttnn")
    assert {row[0]: row[at] for row in tables["vectors"]["rows"]}["v3"] == NEW
    details = vector_details(mixed, RunContext())
    assert [details["texts"][each[8]] for each in details["vectors"]["v0"]["attempts"]] == [OLD, NEW]
    assert '<div data-table="disagreements">' in page_html(mixed, RunContext())


def test_a_run_with_one_version_repeats_nothing(single: RunView) -> None:
    assert (digest_run(single).by_ttnn, digest_run(single).disagreements) == ((), ())
    assert {vector.ttnn_version for vector in single.vectors} == {None}
    assert "by version of ttnn" not in summary_md(single, RunContext())
    tables = page_tables(single, digest_run(single), RunContext())
    assert "ttnn" not in tables
    assert "ttnn" not in [column["title"] for column in tables["vectors"]["columns"]]
    assert '<property name="ttnn"' in junit(single), "of each suite"
    assert "ttnn" not in {
        each.get("name") for each in [part for case in cases(single) for part in case.iter("property")]
    }


def test_a_board_that_is_opened_by_another_ttnn_later_keeps_both(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    board = BOARDS[OLD]
    run_id = store.start_run(RunInfo("farm sweep", suite="model_traced", started=1000.0))
    store.plan(run_id, [Planned("v0")])
    for now, version, verdict in ((1001.0, OLD, BAD), (1002.0, OLD, BAD), (2000.0, NEW, GOOD)):
        monkeypatch.setattr("farm.store.rows.time.time", lambda now=now: now)
        store.board(run_id, RunBoard(board))  # the run begins, or is resumed
        store.board(run_id, RunBoard(board, ttnn_version=version))
        number = len(store.view(run_id).vectors[0].history) + 1
        store.record(run_id, [Attempt(number, board.id, Outcome("v0", verdict, started=now + 0.5))])
    view = store.view(run_id)
    assert view.run.ttnn_version == f"{OLD}, {NEW}"
    assert [each.ttnn_version for each in view.vectors[0].history] == [OLD, OLD, NEW]
    assert [each.ttnn for each in view.run.boards[0].earlier_ttnn] == [OLD]
    assert digest_run(view).disagreements[0].words() == f"fail_assert_exception with {OLD}, validated with {NEW}"
    assert digest_run(view).differences == f"The boards differ: ttnn {OLD} ({board.id}) and {NEW} ({board.id})."


def test_a_comparison_says_that_the_versions_differ(store: Store) -> None:
    old = record(store, {"v0": [(OLD, BAD)], "v1": [(OLD, GOOD)]})
    new = record(store, {"v0": [(NEW, GOOD)], "v1": [(NEW, GOOD)]}, at=60)
    comparison = compare(old, new)
    assert comparison.ttnn_line() == f"The versions of ttnn differ: {OLD} then, {NEW} now."
    assert (comparison.old_ttnn, comparison.new_ttnn) == (OLD, NEW)
    assert compare(old, old).ttnn_line() == ""
    assert comparison.ttnn_line() in summary_md(new, read_context(store, new)).replace("\\", "")


def test_changes_in_mixed_runs_name_the_versions(store: Store) -> None:
    old = record(store, {"v0": [(NEW, GOOD)], "v1": [(OLD, GOOD)]})
    new = record(store, {"v0": [(OLD, BAD)], "v1": [(OLD, BAD)], "v2": [(NEW, GOOD)]}, at=60)
    details = {each.vector_id: each.detail for each in compare(old, new).changes}
    stopped = record(store, {"v0": [], "v1": [(OLD, BAD)]}, at=120)
    [untried, _] = compare(old, stopped).changes[::-1]
    assert untried.vector_id == "v0"
    assert "ttnn" not in untried.detail, "no ttnn had it"
    assert details["v0"] == f"ttnn {NEW} then, {OLD} now: why"
    assert details["v1"] == "why"


def test_history_and_flakiness_go_by_version(store: Store, farm: Farm, tmp_path: Path) -> None:  # noqa: F811
    verdicts = [(OLD, GOOD), (NEW, BAD), (OLD, GOOD), (NEW, BAD), (OLD, BAD), (OLD, GOOD)]
    for at, each in enumerate(verdicts):
        record(store, {"v0": [each]}, at=60.0 * at)
    code, out, _ = farm("history", "v0", "--store", tmp_path / "farm.db", "--json")
    assert code == 0
    history = json.loads(out)
    assert [each["ttnn_version"] for each in history["past"]] == [version for version, _ in verdicts]
    assert [(each["ttnn_version"], each["flakes"]) for each in history["flaky"]] == [(OLD, 1)]
    _, out, _ = farm("history", "v0", "--store", tmp_path / "farm.db")
    assert f"mock:n300, ttnn {OLD}" in out
    _, first, *_ = out.splitlines()
    assert OLD in first
    runs = [head.id for head in reversed(store.runs())]
    only_new = [each for each in store.past_vectors(runs) if each.ttnn_version == NEW]
    assert flakiness(only_new) == []
