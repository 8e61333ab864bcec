"""`ctrf.json`, against the format's schema."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from farm.core.verdicts import Reason, Verdict
from farm.report.forms.ctrf import STATUSES, ctrf
from farm.report.forms.junit import junit
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
    numbers = {status: sum(test["status"] == status for test in results["tests"]) for status in STATUSES}
    assert numbers == {status: results["summary"][status] for status in STATUSES}
    assert results["summary"]["tests"] == len(results["tests"])


@pytest.fixture
def every(store: Store) -> RunView:
    return store.view(recorded_run(store, ENDINGS))


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
