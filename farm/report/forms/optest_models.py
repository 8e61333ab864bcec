"""The records that tt-metal's data pipeline validates: a run (`OpRun`) and its tests (`OpTest`).

The models are stricter than the pipeline's own: no unknown field, no value of another type, no number that JSON lacks.
The pipeline accepts every record that they accept. `OpRun.model_json_schema()` is their JSON Schema.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

if TYPE_CHECKING:
    from typing_extensions import Self

NO_ERROR = "None"
"""The error message of a test without an error."""


class Record(BaseModel):
    """The base of every record: read-only, strict, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class RunStatus(Enum):
    """How a run ended."""

    PASSED = "passed"
    FAIL = "fail"
    DID_NOT_FINISH = "did_not_finish"
    EXCEPTION = "exception"


class TestStatus(Enum):
    """How a test ended; the first three are of producers other than sweeps."""

    __test__ = False  # no class of tests, whatever pytest takes its name for

    COMPILE_FAILED = "compile_failed"
    RUN_FAILED = "run_failed"
    GOLDEN_FAILED = "golden_failed"
    SUCCESS = "success"
    PASSED = "pass"
    FAIL_ASSERT_EXCEPTION = "fail_assert_exception"
    FAIL_L1_OUT_OF_MEM = "fail_l1_out_of_mem"
    FAIL_WATCHER = "fail_watcher"
    FAIL_CRASH_HANG = "fail_crash_hang"
    FAIL_UNSUPPORTED_DEVICE_PERF = "fail_unsupported_device_perf"
    SKIPPED = "skipped"
    ERROR = "error"
    XFAIL = "xfail"
    XPASS = "xpass"


SUCCESSES = frozenset({TestStatus.SUCCESS, TestStatus.PASSED})
"""The statuses that tt-metal's runner exports as `success`; an expected failure is not among them."""


class PerfMetric(Record):
    """A measurement of a test."""

    metric_name: str
    metric_value: float


class OpParam(Record):
    """A parameter of a test, with exactly one value."""

    param_name: str
    param_value_numeric: float | None = None
    param_value_text: str | None = None
    param_value_json: dict[str, Any] | list[Any] | None = None

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        values = (self.param_value_numeric, self.param_value_text, self.param_value_json)
        if sum(value is not None for value in values) != 1:
            raise ValueError(f"parameter {self.param_name} needs exactly one value")
        return self


class TensorDesc(Record):
    """A tensor that goes into an operation or comes out of it."""

    shape: list[int]
    data_type: str
    buffer_type: str
    layout: str
    grid_shape: list[int]


class OpTest(Record):
    """One test of an operation."""

    github_job_id: int | None = None
    full_test_name: str
    test_start_ts: AwareDatetime
    test_end_ts: AwareDatetime
    test_case_name: str
    filepath: str
    success: bool
    skipped: bool
    error_message: str
    error_hash: str
    config: dict[str, Any] | None = None
    frontend: str
    model_name: str
    op_kind: str
    op_name: str
    framework_op_name: str
    inputs: list[TensorDesc] | None = None
    outputs: list[TensorDesc] | None = None
    op_params: dict[str, Any] | None = None
    git_sha: str
    status: TestStatus
    card_type: str
    backend: str
    data_source: str
    input_hash: str
    message: str | None
    exception: str | None
    metrics: list[PerfMetric] | None
    op_params_set: list[OpParam]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.success is not (self.status in SUCCESSES) or self.skipped is not (self.status is TestStatus.SKIPPED):
            raise ValueError(f"success {self.success} and skipped {self.skipped} contradict {self.status.value}")
        if self.error_hash != error_hash(self.error_message):
            raise ValueError("error_hash is not the SHA-256 of error_message")
        if self.metrics is not None and len({each.metric_name for each in self.metrics}) != len(self.metrics):
            raise ValueError("two metrics have the same name")
        return self


class OpRunHead(Record):
    """A run without its tests."""

    initiated_by: str
    host: str
    card_type: str
    run_type: str
    run_contents: str
    git_author: str
    git_branch_name: str
    git_sha: str
    github_pipeline_id: int | None
    run_start_ts: AwareDatetime
    run_end_ts: AwareDatetime
    status: RunStatus


class OpRun(OpRunHead):
    """A run and its tests: the content of an `oprun_*.json`."""

    tests: list[OpTest]


def error_hash(message: str) -> str:
    """Return the hash that dashboards group failures by."""
    return hashlib.sha256(message.encode()).hexdigest()
