"""CTRF, CSV, OpRun and the limits of Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.verdicts import Reason, Verdict
from farm.report import FORMATS, read_context, write_report
from farm.report.context import RunContext
from farm.report.forms.csv_table import COLUMNS, cell, csv_table
from farm.report.forms.ctrf import STATUSES, ctrf
from farm.report.forms.junit import junit
from farm.report.forms.oprun import oprun, oprun_name
from farm.report.forms.summary import MOST_BYTES, cut, summary_md
from farm.store import RunView, Store
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.store_helpers import recorded_run

ENDINGS = [(verdict, Reason.NONE, HOSTILE) for verdict in Verdict]

# What CTRF's schema requires, and what it allows besides: it refuses any other key.
CTRF_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "report": (
        {"reportFormat", "specVersion", "results"},
        {"reportId", "runId", "timestamp", "generatedBy", "extra"},
    ),
    "results": ({"tool", "summary", "tests"}, {"environment", "extra"}),
    "tool": ({"name"}, {"version", "extra"}),
    "summary": (
        {"tests", "passed", "failed", "skipped", "pending", "other", "start", "stop"},
        {"flaky", "suites", "duration", "extra"},
    ),
    "test": (
        {"name", "status", "duration"},
        {"start", "stop", "suite", "message", "rawStatus", "retries", "retryAttempts", "flaky", "device", "extra"},
    ),
    "retry": ({"attempt", "status"}, {"duration", "message", "start", "stop", "extra"}),
}


def check_keys(kind: str, part: dict[str, Any]) -> None:
    required, optional = CTRF_KEYS[kind]
    assert required <= set(part) <= required | optional, kind


def check_ctrf(report: dict[str, Any]) -> None:
    check_keys("report", report)
    assert report["reportFormat"] == "CTRF"
    assert re.fullmatch(r"\d+\.\d+\.\d+", report["specVersion"])
    assert re.fullmatch(r"[0-9a-f-]{36}", report["reportId"])
    results = report["results"]
    for kind in ("results", "tool", "summary"):
        check_keys(kind, results if kind == "results" else results[kind])
    assert all(type(number) is int for key, number in results["summary"].items() if key != "extra")
    for test in results["tests"]:
        check_keys("test", test)
        assert test["status"] in STATUSES
        assert test["name"]
        assert type(test["duration"]) is int
        for retry in test.get("retryAttempts", []):
            check_keys("retry", retry)
            assert retry["status"] in STATUSES
    found = {status: sum(test["status"] == status for test in results["tests"]) for status in STATUSES}
    assert found == {status: results["summary"][status] for status in STATUSES}
    assert results["summary"]["tests"] == len(results["tests"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def every(store: Store) -> RunView:
    return store.view(recorded_run(store, ENDINGS))


def test_all_forms_are_written_and_named(every: RunView, tmp_path: Path) -> None:
    written = write_report(every, tmp_path / "out", FORMATS)
    assert len(written) == len(FORMATS)
    for path in written:
        text = path.read_bytes().decode("utf-8")
        assert "\x1b" not in text
        assert "\x00" not in text


def test_ctrf_is_valid(every: RunView) -> None:
    report = json.loads(ctrf(every))
    check_ctrf(report)
    assert report["results"]["summary"]["flaky"] == 1
    assert report["runId"] == every.run.id


def test_ctrf_of_shards_shares_the_run_id(store: Store) -> None:
    view = store.view(recorded_run(store, ENDINGS[:1]))
    run = view.run.model_copy(update={"details": {"group": "4711-1"}})
    assert json.loads(ctrf(view.model_copy(update={"run": run})))["runId"] == "4711-1"


def test_ctrf_junit_and_counts_agree(store: Store) -> None:
    view = store.view(large_run(store, 300, broken=frozenset({"ttnn.conv2d"})))
    summary = json.loads(ctrf(view))["results"]["summary"]
    root = ET.fromstring(junit(view))  # noqa: S314 - our own text
    assert (summary["failed"], summary["other"], summary["skipped"]) == (
        int(root.attrib["failures"]),
        int(root.attrib["errors"]),
        int(root.attrib["skipped"]),
    )
    assert summary["failed"] == sum(vector.verdict.failed for vector in view.vectors) > 0


def test_csv_has_a_line_for_each(every: RunView) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_table(every))))
    assert [row["verdict"] for row in rows] == [verdict.value for verdict in Verdict]
    assert tuple(rows[0]) == COLUMNS


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    written = cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "\n" not in written


def test_oprun_has_every_field_of_every_test(store: Store) -> None:
    view = store.view(large_run(store, 60, broken=frozenset({"ttnn.conv2d"})))
    known = read_context(store, view)
    report = json.loads(oprun(view, known))
    assert report["run_type"] == "sweeps"
    assert report["status"] == "fail"
    assert report["card_type"] == "wormhole_b0"
    tests = report["tests"]
    assert len(tests) == 60
    first = tests[0]
    assert {"full_test_name", "op_name", "input_hash", "metrics", "op_params_set", "test_start_ts"} <= set(first)
    assert first["metrics"][0]["metric_name"] == "pcc"
    assert any(each["param_value_text"] and "Tensor(" in each["param_value_text"] for each in first["op_params_set"])
    failed = next(test for test in tests if test["status"].startswith("fail_"))
    assert failed["error_hash"]
    assert not failed["success"]
    assert re.fullmatch(r"oprun_[\w.-]+_[0-9a-f]{12}_\d{8}_\d{6}\.json", oprun_name(view))


def test_oprun_says_of_a_mock_that_nothing_was_computed(store: Store) -> None:
    view = store.view(
        recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.NOT_RUN, Reason.STOPPED, "")])
    )
    tests = json.loads(oprun(view, RunContext()))["tests"]
    assert [(test["status"], test["success"], test["skipped"]) for test in tests] == [
        ("validated", True, False),
        ("skipped", False, True),
    ]


def test_markdown_is_cut_with_a_line_that_says_so() -> None:
    text = cut(["head", *("x" * 1000 for _ in range(5000))])
    assert len(text.encode()) <= MOST_BYTES
    assert text.startswith("head\n")
    assert "Cut here" in text.splitlines()[-1]
    assert cut(["a", "b"]) == "a\n\nb\n"


def test_markdown_of_the_worst_run_fits(store: Store) -> None:
    words = ["alpha", "beta", "gamma", "delta"]
    endings = [
        (
            Verdict.FAIL_WATCHER,
            Reason.NONE,
            f"{words[at % 4]}{chr(97 + at // 26)}{chr(97 + at % 26)} " + "\u4e16|`" * 30_000,
        )
        for at in range(60)
    ]
    text = summary_md(store.view(recorded_run(store, endings)), RunContext())
    assert len(text.encode()) < 1024 * 1024


def test_markdown_tells_what_changed(store: Store) -> None:
    recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 2, started=1_600_000_000.0)
    run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.FAIL_WATCHER, Reason.NONE, "x")])
    view = store.view(run_id)
    assert "1 broken" in summary_md(view, read_context(store, view))
