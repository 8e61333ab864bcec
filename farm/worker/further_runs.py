"""Further runs of a call on a board that computes: with its memory watched, and repeated. Runs in the worker alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from farm.core.numeric_options import NumericOptions
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.judging.call_facts import CallFacts
from farm.worker.attempt import RunningAttempt
from farm.worker.device_tensors import free
from farm.worker.execution import Execution, LiveCall
from farm.worker.repeat import Repeats, random_by_nature

Announce: TypeAlias = Callable[[int], None]
"""Tells that a further run of the vector begins, by its number: each run has a time limit of its own."""


@dataclass(frozen=True, slots=True)
class FurtherRuns:
    """The runs of one call after its first one.

    Attributes:
        execution: makes calls and reads tensors.
        inputs: rebuilds the arguments on the device, with the same numbers.
        call: makes the call.
        announce: see `Announce`.
        options: how often it runs.
        facts: the call as traced.
    """

    execution: Execution
    inputs: Callable[[], LiveCall]
    call: Callable[[LiveCall], Any]
    announce: Announce
    options: NumericOptions
    facts: CallFacts

    def repeated(self, live: LiveCall, output: Any, outcome: Outcome, attempt: RunningAttempt) -> Outcome:
        """Run the call as often as the options say, and return its outcome with what the outputs say.

        Args:
            live: the arguments of the first run; their memory is given back.
            output: that of the first run; its memory is given back.
            outcome: that of the first run.
            attempt: the attempt that ends with it.
        """
        if random_by_nature(self.facts.operation, self.facts.arguments):
            return _noted(outcome, attempt, "not repeated: it draws random numbers without a seed")
        try:
            repeats = Repeats(self.execution, output)
        except ImportError:
            return _noted(outcome, attempt, "not repeated: outputs can't be compared without torch")
        times = self.options.repeat
        try:
            for run in range(2, times + 1):
                self.announce(run)
                free(output, live)
                live = self.inputs()
                output = self.call(live)
                repeats.add(output)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            return attempt.raised(error, f"run {repeats.runs + 1} of {times}, the first of which returned: ")
        complaint = repeats.complaint()
        outcome = _noted(outcome, attempt, complaint or f"{times} runs, the same bit by bit")
        if not complaint:
            return outcome
        if not outcome.verdict.good:
            return replace(outcome, message=f"{outcome.message}; {complaint}")
        message = complaint + _FIRST[outcome.verdict]
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONDETERMINISTIC, message)


_FIRST = {
    Verdict.PASS: "; the output of the first run is right",
    Verdict.VALIDATED: "; whether the first run is right is not known",
}


def _noted(outcome: Outcome, attempt: RunningAttempt, note: str) -> Outcome:
    attempt.details["repeat"] = note
    return replace(outcome, seconds=attempt.seconds, details={**outcome.details, "repeat": note})
