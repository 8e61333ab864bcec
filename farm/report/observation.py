"""How a configuration ended in one run, for reports that compare several runs of one selection. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from farm.core.verdicts import Reason, Verdict
from farm.report.signature import on_one_line

LONGEST_DETAIL = 2000
"""Characters of a message in the detail of a comparison."""


@dataclass(frozen=True, slots=True)
class Observation:
    """How a configuration ended in one run.

    Attributes:
        verdict: its verdict.
        reason: the reason of its verdict.
        message: the message of its last attempt.
        output: the spec of its output, encoded by `tracer.values`; None where nothing came out or nobody knows.
        inexact: the arguments that were not passed as the trace has them, and what became of each.
    """

    verdict: Verdict
    reason: Reason = Reason.NONE
    message: str = ""
    output: Any = None
    inexact: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether ttnn took the call and it ended; an output other than traced is accepted, too."""
        if self.reason is Reason.RAISED_AS_TRACED:
            return False
        if self.verdict.good or self.verdict is Verdict.FAIL_UNSUPPORTED_DEVICE_PERF:
            return True
        return self.verdict.failed and self.reason is Reason.OUTPUT_MISMATCH

    @property
    def refused(self) -> bool:
        """Whether the call was made, and raised or did not end as it should."""
        if self.reason is Reason.RAISED_AS_TRACED:
            return True
        return self.verdict.failed and not self.accepted

    @property
    def not_callable(self) -> bool:
        """Whether the call can't be made with this ttnn: it has no such operation, or no such overload."""
        return self.reason in (Reason.UNKNOWN_OPERATION, Reason.UNBINDABLE)

    def in_words(self) -> str:
        """The verdict, and the message on one line."""
        words = self.reason.value.replace("_", " ") if self.verdict is Verdict.NOT_RUN else self.verdict.value
        return f"{words}: {on_one_line(self.message)}" if self.message else words
