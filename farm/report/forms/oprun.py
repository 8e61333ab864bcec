"""A run as tt-metal's `OpRun` with its `OpTest` records, which existing dashboards read.

Where tt-metal has no word, farm's is used: vectors on a mock board are `validated`, not `pass`.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from datetime import timedelta
from typing import Any

from farm.core.errors import ExitCode
from farm.core.verdicts import Category
from farm.report.context import RunContext
from farm.report.exit import exit_code_of
from farm.report.json_text import json_text
from farm.report.signature import signature
from farm.report.text import first_line, printable
from farm.store.view import BoardView, RunView, VectorView

_RUN_STATUSES = {ExitCode.GOOD: "pass", ExitCode.TEST_FAILED: "fail"}


class OpRun:
    """`oprun_<host>_<digest>_<time>.json`."""

    def file_name(self, view: RunView) -> str:
        """See `ReportForm`."""
        return oprun_name(view)

    def text(self, view: RunView, context: RunContext) -> str:
        """See `ReportForm`."""
        return oprun(view, context)


def oprun_name(view: RunView) -> str:
    """Return the file's name, as tt-metal's collector expects it: `oprun_<host>_<digest>_<time>.json`."""
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", view.run.host) or "host"
    digest = hashlib.sha256(view.run.id.encode()).hexdigest()[:12]
    return f"oprun_{host}_{digest}_{view.run.started:%Y%m%d_%H%M%S}.json"


def oprun(view: RunView, context: RunContext) -> str:
    """Return the JSON text."""
    run = view.run
    boards = {board.id: board for board in run.boards}
    archs = sorted({board.arch for board in run.boards})
    report = {
        "initiated_by": _environment("GITHUB_WORKFLOW", "CI_PIPELINE_SOURCE", "USER") or "farm",
        "host": first_line(run.host),
        "card_type": ", ".join(archs),
        "runner_label": os.environ.get("RUNNER_LABEL") or None,
        "run_type": "sweeps",
        "run_contents": run.suite,
        "git_author": _environment("GITHUB_ACTOR", "GITLAB_USER_LOGIN"),
        "git_branch_name": _environment("GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"),
        "git_sha": (_environment("GITHUB_SHA", "CI_COMMIT_SHA") or "")[:10] or None,
        "github_pipeline_id": _pipeline(),
        "run_start_ts": run.started.isoformat(),
        "run_end_ts": (run.finished or run.started).isoformat(),
        "status": _RUN_STATUSES.get(exit_code_of(view), "exception"),
        "tests": [_test(vector, view, boards.get(vector.board or ""), context) for vector in view.vectors],
    }
    return json_text(report)


def _environment(*names: str) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _pipeline() -> int | None:
    number = _environment("GITHUB_RUN_ID", "CI_PIPELINE_ID")
    return int(number) if number and number.isdecimal() else None


def _test(vector: VectorView, view: RunView, board: BoardView | None, context: RunContext) -> dict[str, Any]:
    bad = vector.verdict.failed or vector.verdict.fault
    first, last = (vector.history[0], vector.history[-1]) if vector.history else (None, None)
    ended = last.started + timedelta(seconds=last.seconds) if last else view.run.started
    message = printable(vector.message) or None
    return {
        "github_job_id": None,
        "full_test_name": first_line(f"{vector.operation}::{view.run.suite}::{vector.vector_id}"),
        "test_start_ts": (first.started if first else view.run.started).isoformat(),
        "test_end_ts": ended.isoformat(),
        "test_case_name": view.run.suite,
        "filepath": first_line(vector.operation),
        "success": vector.verdict.good,
        "skipped": vector.verdict.category is Category.NOT_RUN,
        "error_message": message if bad else None,
        "error_hash": hashlib.sha256(signature(vector.message).encode()).hexdigest() if bad else None,
        "config": {key: json.dumps(value) for key, value in vector.device_config.items()},
        "frontend": "ttnn.op",
        "model_name": ", ".join(map(first_line, vector.sources)) or None,
        "op_kind": first_line(vector.operation.rsplit(".", 1)[0]),
        "op_name": first_line(vector.operation),
        "framework_op_name": "sweep",
        "inputs": None,
        "outputs": None,
        "op_params": None,
        "git_sha": None,
        "status": vector.verdict.optest_status,
        "card_type": board.arch if board else None,
        "backend": board.backend if board else None,
        "data_source": "ttnn op test",
        "input_hash": vector.config_hash,
        "message": message,
        "exception": message if bad else None,
        "metrics": _metrics(vector),
        "op_params_set": [_parameter(line) for line in context.configurations.get(vector.vector_id, ())],
    }


def _metrics(vector: VectorView) -> list[dict[str, Any]]:
    """Return the vector's finite metrics."""
    return [
        {"metric_name": name, "metric_value": value}
        for name, value in vector.metrics.items()
        if isinstance(value, (int, float)) and math.isfinite(value)
    ]


def _parameter(line: str) -> dict[str, Any]:
    name, _, value = line.partition(": ")
    try:
        number: float | None = float(value)
    except ValueError:
        number = None
    finite = number is not None and math.isfinite(number)
    return {
        "param_name": name,
        "param_value_text": None if finite else value,
        "param_value_numeric": number if finite else None,
        "param_value_json": None,
    }
