"""The verdict on a model that was run under the tracer, and on each of its tests that did not pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from farm.board.trace_run import TraceRun
from farm.core.classify import classify_end
from farm.core.lacks import Lack, lack_in
from farm.core.model_errors import ErrorCause, cause_of
from farm.core.plain_words import counted
from farm.core.verdicts import Category, Reason, Verdict
from tracer.formats.journal import Failure

_GRAVITY = (Category.FAILED, Category.FAULT, Category.NOT_RUN)
"""Of several tests that did not pass, one of the first of these stands for the model."""

FAILED, SKIPPED, XFAILED = "failed", "skipped", "xfailed"


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A test that did not pass, or a file of tests that could not be imported.

    Attributes:
        test: its source.
        cause: what that comes from.
    """

    test: str
    cause: ErrorCause

    def __str__(self) -> str:
        return f"{self.test}{' failed' if self.cause.verdict.failed else ''}: {self.cause.message}"

    def as_json(self) -> dict[str, Any]:
        """A plain dict."""
        cause = self.cause
        verdict, reason = cause.verdict.value, cause.reason.value
        return {"test": self.test, "verdict": verdict, "reason": reason, "message": cause.message}


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """How a model's run ended.

    Attributes:
        verdict, reason: of the model: those of its worst test.
        message: why, in a line.
        failures: the tests that did not pass.
    """

    verdict: Verdict
    reason: Reason
    message: str
    failures: tuple[FailedTest, ...] = field(default=())

    @property
    def needs_download(self) -> bool:
        """Whether a test failed for a download that may succeed when it is tried again."""
        return any(each.cause.reason is Reason.DOWNLOAD_FAILED for each in self.failures)


def judge(run: TraceRun, *, computes: bool, lacks: Sequence[Lack] = ()) -> ModelVerdict:
    """Return the verdict on a run.

    Args:
        run: the run.
        computes: whether the board computes numbers.
        lacks: what boards of its backend lack.
    """
    failures = tuple(_failures(run.journal.failures, lacks))
    if run.timeout is not None:
        return ModelVerdict(Verdict.FAIL_CRASH_HANG, Reason.HANG, run.problem or "", failures)
    if run.problem is not None and run.journal.exit_status is None:
        if (lack := lack_in(run.output, lacks)) is not None:
            return ModelVerdict(Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND, lack, failures)
        return ModelVerdict(*classify_end(run.output, run.status), run.problem, failures)
    if failures:
        return _of_failures(failures)
    if run.problem is not None:
        return ModelVerdict(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, run.problem)
    if run.passed:
        message = f"{counted(len(run.passed), 'test')}, {counted(len(run.journal.calls), 'configuration')}"
        return ModelVerdict(Verdict.PASS if computes else Verdict.VALIDATED, Reason.NONE, message)
    if any(test.outcome == XFAILED for test in run.journal.tests):
        return ModelVerdict(Verdict.XFAIL, Reason.NONE, "every test failed, as it is marked to")
    why = next(iter(run.journal.skipped.values()), "")
    return ModelVerdict(Verdict.NOT_RUN, Reason.SKIPPED, "every test was skipped" + (f": {why}" if why else ""))


def _failures(failures: Iterable[Failure], lacks: Sequence[Lack]) -> Iterator[FailedTest]:
    """Yield each failed test once: what failed first decides, since a tear-down may fail in its wake."""
    tests: set[str] = set()
    for failure in failures:
        if failure.source in tests:
            continue
        tests.add(failure.source)
        cause = cause_of(failure.errors)
        lack = lack_in("\n".join(error.text for error in failure.errors), lacks) if cause.verdict.failed else None
        if lack is not None:
            cause = ErrorCause(Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND, lack)
        yield FailedTest(failure.source, cause)


def _of_failures(failures: tuple[FailedTest, ...]) -> ModelVerdict:
    """Return the verdict on a model with these failures."""
    worst = min(failures, key=lambda each: _GRAVITY.index(each.cause.verdict.category))
    same = sum(each.cause.reason is worst.cause.reason for each in failures) - 1
    others = len(failures) - same - 1
    message = str(worst)
    if same:
        message += f"; and {same} more like it"
    if others:
        message += f"; {counted(others, 'other test')} did not pass for another reason"
    return ModelVerdict(worst.cause.verdict, worst.cause.reason, message, failures)
