"""One attempt of a traced call while it runs, until its outcome is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from farm.core.classify import classify_error, error_text
from farm.core.mismatch import Mismatch
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict


class RunningAttempt:
    """Collects what becomes part of the outcome.

    Attributes:
        vector_id: the vector.
        on_error: gets an exception before it becomes an outcome: a debugger.
        inexact: the arguments that are not as traced.
        left_out: the parameters and fields that this ttnn lacks.
        metrics: numbers by tt-metal's names.
        tolerance: the row that judged the numbers.
        mismatch: what is wrong with the numbers.
        output: what the call gave, encoded, where that isn't as traced.
        details: further details as JSON.
        call_nanoseconds: how long the first call took, its kernels' compilation included.
    """

    def __init__(self, vector_id: str, on_error: Callable[[BaseException], None] | None = None) -> None:
        self.vector_id = vector_id
        self.on_error = on_error
        self.inexact: tuple[str, ...] = ()
        self.left_out: tuple[str, ...] = ()
        self.metrics: dict[str, float] = {}
        self.tolerance = ""
        self.mismatch: Mismatch | None = None
        self.output: Any = None
        self.details: dict[str, Any] = {}
        self.call_nanoseconds = 0
        self._started, self._begun = time.time(), time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.perf_counter() - self._begun

    def raised(self, error: Exception, step: str = "") -> Outcome:
        """The outcome where ttnn raised, `step` in front of its words."""
        if self.on_error is not None:
            self.on_error(error)
        return self.ended(*classify_error(error), step + error_text(error))

    def ended(self, verdict: Verdict, reason: Reason = Reason.NONE, message: str = "") -> Outcome:
        """The outcome of this verdict. A failure without all that the call was traced with is `not_run`."""
        if self.inexact and verdict.failed:
            # a call without what it was made with says nothing of the operation
            message = f"can't run as traced ({'; '.join(self.inexact)}): {message}"
            verdict, reason = Verdict.NOT_RUN, Reason.LOST_ARGUMENT
        return Outcome(
            vector_id=self.vector_id,
            verdict=verdict,
            reason=reason,
            message=message,
            started=self._started,
            seconds=self.seconds,
            inexact=self.inexact,
            left_out=self.left_out,
            metrics=self.metrics,
            tolerance=self.tolerance,
            mismatch=self.mismatch,
            output=self.output,
            details=self.details,
        )
