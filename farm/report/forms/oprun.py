"""A run as tt-metal's `OpRun` with its `OpTest` records, which existing dashboards read.

Each record is built as its strict model (`optest_models`), so that nothing which the pipeline would reject is written.
A traced call, which farm runs without a module, has the name of the module that tt-metal would run it by. What tt-metal
has no field for stands in `config`: farm's own verdict and reason, and whether anything was computed.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from farm.core.payload import MODEL_TRACED, ModelTrace, ModuleVector, Payload, TracedCall, Unreadable
from farm.core.verdicts import Category, Reason, Verdict
from farm.report.context import RunContext
from farm.report.forms.op_params import cleaned, op_params
from farm.report.forms.optest_models import (
    NO_ERROR,
    SUCCESSES,
    OpRunHead,
    OpTest,
    PerfMetric,
    RunStatus,
    TestStatus,
    error_hash,
)
from farm.report.local_paths import LocalPaths, module_paths
from farm.report.text import first_line, printable
from farm.store.records import Ended
from farm.store.view import BoardView, RunPart, RunView, VectorView

TEST_STATUSES: Mapping[Verdict, TestStatus] = {
    Verdict.PASS: TestStatus.PASSED,
    Verdict.VALIDATED: TestStatus.SUCCESS,
    Verdict.FLAKY: TestStatus.PASSED,
    Verdict.XFAIL: TestStatus.XFAIL,
    Verdict.XPASS: TestStatus.XPASS,
    Verdict.FAIL_ASSERT_EXCEPTION: TestStatus.FAIL_ASSERT_EXCEPTION,
    Verdict.FAIL_CRASH_HANG: TestStatus.FAIL_CRASH_HANG,
    Verdict.FAIL_L1_OUT_OF_MEM: TestStatus.FAIL_L1_OUT_OF_MEM,
    Verdict.FAIL_WATCHER: TestStatus.FAIL_WATCHER,
    Verdict.FAIL_UNSUPPORTED_DEVICE_PERF: TestStatus.FAIL_UNSUPPORTED_DEVICE_PERF,
    Verdict.NOT_RUN: TestStatus.SKIPPED,
    Verdict.BOARD_FAULT: TestStatus.ERROR,
    Verdict.HOST_FAULT: TestStatus.ERROR,
    Verdict.FARM_FAULT: TestStatus.ERROR,
}
"""The status of a test by farm's verdict, whatever the reason, on a board that computes."""

CUT_SHORT = frozenset({Reason.BOARD_LOST, Reason.STOPPED, Reason.STOPPED_BY_LIMIT, Reason.SHARD_MISSING})
"""Reasons of vectors that a run still had to run when it ended."""

UNKNOWN, NOT_AVAILABLE = "unknown", "n/a"
_LONGEST_HOST = 32
_NO_MODULE = LocalPaths()


class OpRun:
    """`oprun_<host>_<digest>_<time>.json`."""

    def file_name(self, view: RunView) -> str:
        """See `ReportForm`."""
        return oprun_name(view)

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:
        """See `ReportForm`."""
        return oprun_parts(view, context)


def oprun_name(view: RunView) -> str:
    """Return the file's name, as tt-metal's collector expects it: `oprun_<host>_<digest>_<time>.json`."""
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", view.run.host)[:_LONGEST_HOST] or "host"
    digest = hashlib.sha256(view.run.id.encode()).hexdigest()[:12]
    return f"oprun_{host}_{digest}_{view.run.started:%Y%m%d_%H%M%S}.json"


def oprun_parts(view: RunView, context: RunContext) -> Iterator[str]:
    """Yield the JSON text test by test.

    Raises:
        pydantic.ValidationError: the pipeline would reject a record; this is a bug in this module.
    """
    head = _run(view).model_dump_json(indent=1)
    yield f'{head.removesuffix("}").rstrip()},\n "tests": ['
    boards = {board.id: board for board in view.run.boards}
    for number, (vector, payload) in enumerate(_with_payloads(view.vectors, context.payloads())):
        test = _test(vector, payload, view.run, boards.get(vector.board or ""))
        yield f"{',' if number else ''}\n{test.model_dump_json(indent=1)}"
    yield "\n ]\n}\n"


def _with_payloads(
    vectors: Iterable[VectorView], payloads: Iterable[tuple[str, Payload]]
) -> Iterator[tuple[VectorView, Payload | None]]:
    """Yield each vector with its payload; both come in the plan's order, so that few payloads wait."""
    pending: dict[str, Payload] = {}
    others = iter(payloads)
    for vector in vectors:
        while vector.vector_id not in pending and (other := next(others, None)) is not None:
            pending[other[0]] = other[1]
        yield vector, pending.pop(vector.vector_id, None)


def _run(view: RunView) -> OpRunHead:
    run = view.run
    return OpRunHead(
        initiated_by=_environment("GITHUB_WORKFLOW", "CI_PIPELINE_NAME", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"),
        host=first_line(run.host) or UNKNOWN,
        card_type=", ".join(sorted({first_line(board.arch) for board in run.boards})) or UNKNOWN,
        run_type="sweeps",
        run_contents=_contents(run),
        git_author=_environment("GITHUB_ACTOR", "GITLAB_USER_LOGIN"),
        git_branch_name=_environment("GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"),
        git_sha=_git_sha(),
        github_pipeline_id=_pipeline(),
        run_start_ts=_utc(run.started),
        run_end_ts=_utc(run.finished or run.started),
        status=_run_status(view),
    )


def _run_status(view: RunView) -> RunStatus:
    run = view.run
    if any(vector.verdict.failed for vector in view.vectors):
        return RunStatus.FAIL
    if any(vector.verdict.fault for vector in view.vectors):
        return RunStatus.EXCEPTION
    cut_short = any(vector.reason in CUT_SHORT or not vector.concluded for vector in view.vectors)
    if cut_short or run.finished is None or run.ended is Ended.STOPPED:
        return RunStatus.DID_NOT_FINISH
    if run.ended is not Ended.COMPLETED:
        return RunStatus.EXCEPTION
    executed = any(vector.verdict.executed for vector in view.vectors)
    return RunStatus.PASSED if executed else RunStatus.DID_NOT_FINISH


def _contents(run: RunPart) -> str:
    """Return what the run selects: the suite of a master's run, or modules and suites."""
    spec = run.spec
    if spec is None or not spec.of_modules:
        return first_line(run.suite) or UNKNOWN
    modules = ", ".join(spec.modules) or "all_sweeps"
    text = f"{modules} ({', '.join(spec.suites)})" if spec.suites else modules
    return _cleaner(_NO_MODULE)(first_line(text))


def _environment(*names: str) -> str:
    return first_line(next((value for name in names if (value := os.environ.get(name))), "")) or UNKNOWN


def _git_sha() -> str:
    return _environment("GITHUB_SHA", "CI_COMMIT_SHA")[:10]


def _pipeline() -> int | None:
    number = _environment("GITHUB_RUN_ID", "CI_PIPELINE_ID")
    return int(number) if number.isdecimal() else None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a test stands in tt-metal's terms.

    Attributes:
        name: the sweep module's dotted name.
        suite: the suite of the module.
    """

    name: str
    suite: str

    @property
    def kind(self) -> str:
        """The first part of the module's name."""
        return self.name.split(".", 1)[0] or UNKNOWN

    @property
    def operation(self) -> str:
        """The last part of the module's name."""
        return self.name.rsplit(".", 1)[-1] or UNKNOWN


def _place(vector: VectorView, payload: Payload | None, run: RunPart) -> _Place:
    operation = first_line(vector.operation)
    if isinstance(payload, ModuleVector):
        return _Place(operation, payload.suite or NOT_AVAILABLE)
    if isinstance(payload, ModelTrace):
        return _Place(f"{payload.suite}.{operation}", payload.suite)
    if isinstance(payload, TracedCall) or run.spec is None or not run.spec.of_modules:
        return _Place(traced_name(operation), MODEL_TRACED)
    suite = payload.suite if isinstance(payload, Unreadable) else run.suite
    return _Place(operation, suite or NOT_AVAILABLE)


def traced_name(operation: str) -> str:
    """Return the name of tt-metal's module for traced calls of an operation: `model_traced.add_model_traced`."""
    last = re.sub(r"\W+", "_", operation.rsplit(".", 1)[-1])
    return f"{MODEL_TRACED}.{last}_{MODEL_TRACED}"


def _test(vector: VectorView, payload: Payload | None, run: RunPart, board: BoardView | None) -> OpTest:
    clean = _cleaner(module_paths(payload.module) if isinstance(payload, ModuleVector) else _NO_MODULE)
    place = _place(vector, payload, run)
    name = clean(place.name)
    verdict = vector.verdict
    status = test_status(verdict, computed=board is not None and board.computes)
    message = clean(vector.message) or None
    # an expected failure has the exception that was expected
    error = message or verdict.traits.meaning if _has_error(verdict) else None
    first, last = (vector.history[0], vector.history[-1]) if vector.history else (None, None)
    started = _utc(first.started if first else run.started)
    return OpTest(
        full_test_name=name,
        test_start_ts=started,
        test_end_ts=_utc(last.started + timedelta(seconds=last.seconds)) if last else started,
        test_case_name=clean(first_line(place.suite)),
        filepath=name,
        success=status in SUCCESSES,
        skipped=status is TestStatus.SKIPPED,
        error_message=error or NO_ERROR,
        error_hash=error_hash(error or NO_ERROR),
        config=_config(vector, board, clean),
        frontend="ttnn.op",
        model_name=clean(", ".join(map(first_line, vector.sources))) or NOT_AVAILABLE,
        op_kind=_Place(name, "").kind,
        op_name=_Place(name, "").operation,
        framework_op_name="sweep",
        git_sha=_git_sha(),
        status=status,
        card_type=NOT_AVAILABLE if board is None else _card_type(board),
        backend=NOT_AVAILABLE,
        data_source="ttnn op test",
        # an unreadable vector has no hash of tt-metal's, but the same id in every run
        input_hash=vector.config_hash or vector.content_hash or vector.vector_id,
        message=message,
        exception=error,
        metrics=_metrics(vector),
        op_params_set=[] if payload is None else op_params(payload, clean),
    )


def test_status(verdict: Verdict, *, computed: bool) -> TestStatus:
    """Return the status of a test; `pass` requires a board that computes, on any other board it is `success`."""
    status = TEST_STATUSES[verdict]
    return TestStatus.SUCCESS if status is TestStatus.PASSED and not computed else status


def _has_error(verdict: Verdict) -> bool:
    return verdict.category is not Category.GOOD or verdict is Verdict.XFAIL


def _card_type(board: BoardView) -> str:
    return f"{first_line(board.arch)} ({board.chips} device{'' if board.chips == 1 else 's'})"


def _config(vector: VectorView, board: BoardView | None, clean: Callable[[str], str]) -> dict[str, Any]:
    """Return what tt-metal's records have no field for."""
    config = {
        "farm_verdict": vector.verdict.value,
        "farm_reason": vector.reason.value or None,
        "farm_vector": vector.vector_id,
        "computed": board is not None and board.computes,
        "compared": vector.verdict.traits.compared and board is not None and board.computes,
        "board": None if board is None else f"{board.backend}:{board.kind}",
        "ttnn_version": vector.ttnn_version or (None if board is None else board.ttnn_version),
        "attempts": vector.attempts,
        "inexact": vector.inexact,
        "device_config": vector.device_config,
    }
    return {key: cleaned(value, clean) for key, value in config.items()}


def _metrics(vector: VectorView) -> list[PerfMetric] | None:
    """Return the vector's finite metrics by name; None if there is none."""
    return [
        PerfMetric(metric_name=name, metric_value=value)
        for name, value in sorted(vector.metrics.items())
        if math.isfinite(value)
    ] or None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


@lru_cache(maxsize=64)
def _cleaner(paths: LocalPaths) -> Callable[[str], str]:
    """Return what makes a text printable and free of local paths. Cached: a run repeats its texts."""
    return lru_cache(maxsize=8192)(lambda text: paths.cut(printable(text)))
