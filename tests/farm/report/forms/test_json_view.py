"""`report.json`."""

from __future__ import annotations

import json
import math

import pytest

from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.report.forms.json_view import report_json
from farm.store import RunInfo, RunView, Store
from tests.farm.report.examples import HOSTILE
from tests.farm.store_helpers import MOCK, Planned


def test_fields(mixed: RunView) -> None:
    report = json.loads(report_json(mixed))
    assert list(report) == ["version", "run", "counts", "vectors"]
    run = report["run"]
    assert (run["id"], run["command"]) == (mixed.run.id, "farm sweep --suite model_traced")
    assert (run["started"], run["finished"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:30Z")
    assert (run["farm_version"], run["ttnn_version"]) == (mixed.run.farm_version, "0.66.0")
    assert [board["id"] for board in run["boards"]] == [MOCK.id]
    counts = dict(report["counts"])
    assert counts.pop("planned") == sum(counts.values()) == len(report["vectors"]) == 7
    assert set(counts) == {verdict.value for verdict in Verdict}
    for vector in report["vectors"]:
        assert {
            "vector_id", "operation", "config_hash", "verdict", "reason", "inexact", "message", "board", "attempts",
            "seconds", "sources", "device_config", "device_config_inferred", "metrics", "history",
        } <= set(vector)  # fmt: skip
    vector = report["vectors"][5]
    assert (vector["verdict"], vector["reason"], vector["attempts"]) == ("not_run", "lost_argument", 0)
    assert vector["board"] is None


def test_values_that_json_lacks(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    store.plan(run_id, [Planned("a")])
    outcome = Outcome("a", Verdict.FAIL_ASSERT_EXCEPTION, message=HOSTILE, metrics={"pcc": math.nan})
    store.record(run_id, [Attempt(1, "b", outcome)])
    text = report_json(store.view(run_id))
    (vector,) = json.loads(text.encode("utf-8"), parse_constant=pytest.fail)["vectors"]
    assert vector["metrics"] == {"pcc": "NaN"}
    assert vector["message"] == HOSTILE.replace("\ud800", "\\ud800")
