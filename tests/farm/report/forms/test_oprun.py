"""tt-metal's OpRun records."""

from __future__ import annotations

import json
import re

from farm.core.verdicts import Reason, Verdict
from farm.report import read_context
from farm.report.context import RunContext
from farm.report.forms.oprun import oprun, oprun_name
from farm.store import Store
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.store_helpers import recorded_run

ENDINGS = [(verdict, Reason.NONE, HOSTILE) for verdict in Verdict]


def test_every_test_has_every_field(store: Store) -> None:
    view = store.view(large_run(store, 60, broken=frozenset({"ttnn.conv2d"})))
    context = read_context(store, view)
    report = json.loads(oprun(view, context))
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


def test_vectors_on_a_mock_are_validated(store: Store) -> None:
    view = store.view(
        recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.NOT_RUN, Reason.STOPPED, "")])
    )
    tests = json.loads(oprun(view, RunContext()))["tests"]
    assert [(test["status"], test["success"], test["skipped"]) for test in tests] == [
        ("validated", True, False),
        ("skipped", False, True),
    ]
