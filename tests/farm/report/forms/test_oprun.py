"""tt-metal's OpRun records."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from farm.core.payload import ModelTrace, ModuleVector, Payload, TracedCall, Unreadable
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.report import read_context
from farm.report.context import RunContext
from farm.report.forms.oprun import CUT_SHORT, TEST_STATUSES, oprun_name, oprun_parts, traced_name
from farm.report.forms.optest_models import OpParam, OpRun, OpTest, RunStatus, TestStatus
from farm.store import Ended, RunView, Store
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.store_helpers import recorded_run

GOOD = (Verdict.VALIDATED, Reason.NONE)
MODULES = SweepSpec.of(sweeps=Path("x"))
EVERY_VERDICT = [(verdict, Reason.NONE, HOSTILE) for verdict in Verdict]
TEXT = ("full_test_name", "test_case_name", "filepath", "error_message", "error_hash", "frontend", "model_name")
MORE_TEXT = ("op_kind", "op_name", "framework_op_name", "input_hash", "git_sha", "card_type", "backend", "data_source")
RUN_TEXT = ("initiated_by", "host", "card_type", "run_type", "run_contents", "git_author", "git_branch_name", "git_sha")


def written(view: RunView, context: RunContext | None = None) -> dict[str, Any]:
    """The file's content, as the models read it back."""
    text = "".join(oprun_parts(view, context or RunContext()))
    OpRun.model_validate_json(text)
    content: dict[str, Any] = json.loads(text)
    return content


def in_folder(view: RunView, spec: SweepSpec | None, **fields: object) -> RunView:
    """The run with one vector, which has these fields."""
    vector = view.vectors[0].model_copy(update=fields)
    return view.model_copy(update={"run": view.run.model_copy(update={"spec": spec}), "vectors": [vector]})


def of(payload: Payload) -> RunContext:
    return RunContext(payloads=lambda: [("v0", payload)])


def test_a_run_of_every_verdict_is_valid_and_no_text_is_null(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "GITHUB_RUN_ID", "CI_PIPELINE_ID", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(name, raising=False)
    view = store.view(recorded_run(store, EVERY_VERDICT))
    report = written(view, read_context(store, view))
    assert all(type(report[name]) is str and report[name] for name in RUN_TEXT)
    assert (report["run_type"], report["run_contents"], report["card_type"]) == (
        "sweeps",
        "model_traced",
        "wormhole_b0",
    )
    assert (report["git_sha"], report["github_pipeline_id"], report["status"]) == ("unknown", None, "fail")
    for test in report["tests"]:
        assert test.keys() == OpTest.model_fields.keys()
        assert all(type(test[name]) is str and test[name] for name in TEXT + MORE_TEXT)
        assert test["error_hash"] == hashlib.sha256(test["error_message"].encode()).hexdigest()
        assert datetime.fromisoformat(test["test_start_ts"].replace("Z", "+00:00")).tzinfo is not None
        if test["status"] != "skipped":
            assert test["card_type"] == "wormhole_b0 (2 devices)"
    assert re.fullmatch(r"oprun_[\w.-]+_[0-9a-f]{12}_\d{8}_\d{6}\.json", oprun_name(view))


def test_every_verdict_has_a_status() -> None:
    assert TEST_STATUSES.keys() == set(Verdict)
    assert {
        verdict.value: status.value for verdict, status in TEST_STATUSES.items() if verdict.value != status.value
    } == {
        "validated": "success",
        "flaky": "pass",
        "not_run": "skipped",
        "board_fault": "error",
        "host_fault": "error",
        "farm_fault": "error",
    }


@pytest.mark.parametrize(
    ("verdict", "message", "status", "error"),
    [
        (Verdict.VALIDATED, "accepted", "success", None),
        (Verdict.FLAKY, "ok", "success", None),  # never a pass on a board that computes nothing
        (Verdict.XFAIL, "as expected", "xfail", "as expected"),
        (Verdict.XPASS, "", "xpass", "passed, although its suite expects a failure"),
        (Verdict.FAIL_ASSERT_EXCEPTION, "1 < 2\nwhere 1", "fail_assert_exception", "1 < 2\nwhere 1"),
        (Verdict.NOT_RUN, "INVALID", "skipped", "INVALID"),
        (Verdict.FARM_FAULT, "oh", "error", "oh"),
    ],
)
def test_what_a_verdict_is_in_a_record(
    store: Store, verdict: Verdict, message: str, status: str, error: str | None
) -> None:
    [test] = written(store.view(recorded_run(store, [(verdict, Reason.NONE, message)])))["tests"]
    assert (test["status"], test["success"], test["skipped"]) == (status, status == "success", status == "skipped")
    assert (test["message"], test["exception"], test["error_message"]) == (message or None, error, error or "None")
    assert (test["backend"], test["config"]["farm_verdict"], test["metrics"]) == ("n/a", verdict.value, None)
    assert (test["config"]["computed"], test["config"]["compared"]) == (False, False)


@pytest.mark.parametrize(
    ("endings", "ended", "status"),
    [
        ([GOOD], Ended.COMPLETED, RunStatus.PASSED),
        (
            [GOOD, (Verdict.NOT_RUN, Reason.LOST_ARGUMENT)],
            Ended.COMPLETED,
            RunStatus.PASSED,
        ),
        ([(Verdict.NOT_RUN, Reason.LOST_ARGUMENT)], Ended.COMPLETED, RunStatus.DID_NOT_FINISH),
        (
            [GOOD, (Verdict.NOT_RUN, Reason.BOARD_LOST)],
            Ended.FAILED,
            RunStatus.DID_NOT_FINISH,
        ),
        ([GOOD], None, RunStatus.DID_NOT_FINISH),
        ([GOOD], Ended.STOPPED, RunStatus.DID_NOT_FINISH),
        ([GOOD], Ended.FAILED, RunStatus.EXCEPTION),
        ([GOOD, (Verdict.HOST_FAULT, Reason.NONE)], Ended.COMPLETED, RunStatus.EXCEPTION),
        ([(Verdict.FAIL_WATCHER, Reason.NONE), (Verdict.HOST_FAULT, Reason.NONE)], Ended.STOPPED, RunStatus.FAIL),
    ],
)
def test_the_status_of_a_run(
    store: Store, endings: list[tuple[Verdict, Reason]], ended: Ended | None, status: RunStatus
) -> None:
    view = store.view(recorded_run(store, [(*ending, "") for ending in endings], ended=ended))
    assert written(view)["status"] == status.value
    assert Reason.LOST_ARGUMENT not in CUT_SHORT


def test_a_large_run_of_a_master(store: Store) -> None:
    view = store.view(large_run(store, 60, broken=frozenset({"ttnn.conv2d"})))
    context = read_context(store, view)
    assert len(list(oprun_parts(view, context))) == 60 + 2, "one part for each test, so that none waits for the others"
    tests = written(view, context)["tests"]
    assert [test["input_hash"] for test in tests] == [vector.config_hash for vector in view.vectors]
    assert {test["op_kind"] for test in tests} == {"model_traced"}
    first = next(test for test in tests if test["status"] == "pass")
    assert first["full_test_name"] == traced_name(view.vectors[0].operation) == "model_traced.add_model_traced"
    assert (first["test_case_name"], first["op_name"]) == ("model_traced", "add_model_traced")
    assert [each["metric_name"] for each in first["metrics"]] == ["pcc"]
    assert (first["config"]["computed"], first["config"]["compared"]) == (True, True)
    names = {each["param_name"]: each for each in first["op_params_set"]}
    assert names["input_tensor_a.original_dtype"]["param_value_text"] == "DataType.BFLOAT16"
    assert type(names["input_tensor_a.original_shape"]["param_value_json"]) is list
    assert "input_tensor_a.memory_config.buffer_type" in names


def test_no_local_path_leaves_the_host(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "my sweeps" / "unary" / "relu.py"
    payload = ModuleVector(
        "v0", SweepModule("unary.relu", file, (file.parent.parent,)), "nightly", values={"weights": f"{tmp_path}/w.bin"}
    )
    message = f"Traceback:\n  File \"{file}\", line 3, in run\nOSError: [Errno 2] no file: '{tmp_path}/w.bin'"
    view = in_folder(
        store.view(recorded_run(store, [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, message)])),
        SweepSpec.of(sweeps=file.parent.parent, suite="nightly"),
        operation="unary.relu",
        sources=[f"{tmp_path}/models/demo.py::test", "models/demo"],
        config_hash="a" * 56,
    )
    report = written(view, of(payload))
    assert str(tmp_path) not in json.dumps(report)
    assert report["run_contents"] == "all_sweeps (nightly)"
    [test] = report["tests"]
    assert test["error_message"].splitlines()[1:] == [
        '  File "unary/relu.py", line 3, in run',
        "OSError: [Errno 2] no file: 'w.bin'",
    ]
    assert (test["full_test_name"], test["filepath"], test["test_case_name"]) == ("unary.relu", "unary.relu", "nightly")
    assert (test["op_kind"], test["op_name"], test["input_hash"]) == ("unary", "relu", "a" * 56)
    assert test["model_name"] == "models/demo.py::test, models/demo"
    assert test["op_params_set"] == [
        {"param_name": "weights", "param_value_numeric": None, "param_value_text": "w.bin", "param_value_json": None}
    ]


@pytest.mark.parametrize(
    ("payload", "spec", "name", "suite"),
    [
        (ModelTrace("gpt2", "gpt2.py", "/f"), None, "zoo.gpt2", "zoo"),
        (Unreadable("v0", "a.b", "s"), MODULES, "a.b", "s"),
        (Unreadable("v0", "a.b", ""), MODULES, "a.b", "n/a"),
        (Unreadable("v0", "ttnn.experimental.x", raw={}), SweepSpec(), "model_traced.x_model_traced", "model_traced"),
        # the configurations beside the module of --check-module
        (
            TracedCall("v0", "ttnn.add_"),
            MODULES,
            "model_traced.add__model_traced",
            "model_traced",
        ),
    ],
)
def test_names_of_what_is_no_vector_of_a_module(
    store: Store, payload: Payload, spec: SweepSpec | None, name: str, suite: str
) -> None:
    view = store.view(recorded_run(store, [(Verdict.NOT_RUN, Reason.BROKEN_MODULE, "m")]))
    [test] = written(in_folder(view, spec, operation=payload.operation), of(payload))["tests"]
    assert (test["full_test_name"], test["test_case_name"]) == (name, suite)


def test_a_record_that_the_pipeline_would_reject_cannot_be_built(store: Store) -> None:
    [test] = OpRun.model_validate_json(
        "".join(oprun_parts(store.view(recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])), RunContext()))
    ).tests
    fields = dict(test)
    for wrong in (
        {"git_sha": None},
        {"success": 1},
        {"status": "validated"},
        {"status": TestStatus.ERROR},
        {"error_hash": "0" * 64},
        {"test_start_ts": datetime(2026, 1, 1)},
        {"runner_label": "N150"},
    ):
        with pytest.raises(ValidationError):
            OpTest(**{**fields, **wrong})
    for values in ({}, {"param_value_text": "a", "param_value_numeric": 1.0}, {"param_value_numeric": float("inf")}):
        with pytest.raises(ValidationError):
            OpParam(param_name="x", **values)
    assert OpRun.model_json_schema()["additionalProperties"] is False
