"""A run in the Common Test Report Format (CTRF): JSON that many tools show, compare and merge."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from farm.core.verdicts import Category, Verdict
from farm.report.context import RunContext
from farm.report.json_text import json_text
from farm.report.text import first_line, printable, shortened
from farm.store.view import AttemptView, RunView, VectorView

SPEC_VERSION = "0.0.0"
STATUSES = ("passed", "failed", "skipped", "pending", "other")
"""CTRF's statuses; farm has nothing that is pending."""
_STATUSES = {
    Category.GOOD: "passed",
    Category.FAILED: "failed",
    Category.FAULT: "other",
    Category.NOT_RUN: "skipped",
}
LONGEST_MESSAGE = 20_000


class Ctrf:
    """`ctrf.json`."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "ctrf.json"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        yield ctrf(view)


def ctrf(view: RunView) -> str:
    """Return the JSON text. Failures are `failed`, faults `other`, vectors that were not run `skipped`."""
    run = view.run
    tests = [_test(vector) for vector in view.vectors]
    numbers = Counter(test["status"] for test in tests)
    start = _millis(run.started)
    stop = _millis(run.finished) if run.finished else max([start, *(test.get("stop", start) for test in tests)])
    report = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"ttnn-farm:{run.id}")),
        "runId": first_line(run.recorded.group or run.id),
        "timestamp": (run.finished or run.started).isoformat(),
        "generatedBy": f"farm {run.farm_version}",
        "results": {
            "tool": {"name": "farm", "version": run.farm_version, "extra": {"ttnn": run.ttnn_version}},
            "summary": {
                "tests": len(tests),
                **{status: numbers[status] for status in STATUSES},
                "flaky": sum(vector.verdict is Verdict.FLAKY for vector in view.vectors),
                "suites": len({vector.operation for vector in view.vectors}),
                "start": start,
                "stop": stop,
                "duration": stop - start,
                "extra": {"run": run.id, "verdicts": {name: count for name, count in view.counts.items() if count}},
            },
            "tests": tests,
            "environment": {"reportName": f"farm {run.id}", "extra": {"command": first_line(run.command)}},
        },
    }
    return json_text(report)


def status(verdict: Verdict) -> str:
    """Return CTRF's status for a verdict."""
    return _STATUSES[verdict.category]


def _test(vector: VectorView) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": first_line(f"{vector.operation} {vector.vector_id}"),
        "status": status(vector.verdict),
        "duration": round(vector.seconds * 1000),
        "suite": [first_line(vector.operation)],
        "rawStatus": vector.verdict.value,
        "extra": {
            "vector_id": first_line(vector.vector_id),
            "config_hash": vector.config_hash,
            "reason": vector.reason.value,
            "inexact": vector.inexact,
            "sources": vector.sources,
        },
    }
    if vector.message:
        test["message"] = _message(vector.message)
    if vector.board:
        test["device"] = first_line(vector.board)
    if vector.ttnn_version:
        test["extra"]["ttnn"] = first_line(vector.ttnn_version)
    if vector.history:
        test["start"] = _millis(vector.history[0].started)
        test["stop"] = _millis(vector.history[-1].started) + round(vector.history[-1].seconds * 1000)
    if len(vector.history) > 1:
        test["retries"] = len(vector.history) - 1
        test["flaky"] = vector.verdict is Verdict.FLAKY
        test["retryAttempts"] = [_retry(attempt) for attempt in vector.history]
    return test


def _retry(attempt: AttemptView) -> dict[str, Any]:
    return {
        "attempt": max(attempt.number, 1),
        "status": status(attempt.verdict),
        "duration": round(attempt.seconds * 1000),
        "message": _message(attempt.message),
        "extra": {
            "board": first_line(attempt.board),
            "verdict": attempt.verdict.value,
            **({"ttnn": first_line(attempt.ttnn_version)} if attempt.ttnn_version else {}),
        },
    }


def _message(text: str) -> str:
    return shortened(printable(text[: LONGEST_MESSAGE * 2]), LONGEST_MESSAGE)


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
