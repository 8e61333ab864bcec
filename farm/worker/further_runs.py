"""Further runs of a call on a board that computes: with its memory watched, and repeated. Runs in the worker alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from farm.core.classify import error_text
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.judging.call_facts import CallFacts
from farm.worker.attempt import RunningAttempt
from farm.worker.canary import Canary, Watch, tells_of_the_call
from farm.worker.device_tensors import free
from farm.worker.execution import Execution, LiveCall
from farm.worker.repeat import Repeats, random_by_nature

RIGHT_WITHOUT_REDZONES = (
    "without redzones around its output, its numbers are right: they depend on memory that it did not write"
)


class Announce(Protocol):
    """Announces further runs of a vector, each of which has a time limit of its own."""

    def __call__(self, run: int, outcome: Outcome | None = None, /) -> None:
        """Announce a run.

        Args:
            run: its number.
            outcome: the vector's, which is final even if this run fails; None if this run counts.
        """


@dataclass
class FurtherRuns:
    """The runs of one call after its first one.

    Attributes:
        canary: runs the call with its memory watched; None where it isn't.
        execution: makes calls and reads tensors.
        inputs: rebuilds the arguments on the device, with the same numbers.
        call: makes the call, and tells that a run begins.
        times: how often it runs, the first run included.
        facts: the call as traced.
    """

    canary: Canary | None
    execution: Execution
    inputs: Callable[[], LiveCall]
    call: Callable[[LiveCall], Any]
    times: int
    facts: CallFacts

    def __post_init__(self) -> None:
        self._repeats: Repeats | None = None
        self._watch: Watch | None = None
        self._not_repeated = ""

    @property
    def redzoneed(self) -> bool:
        """Whether the output that is judged lay between redzones."""
        return self._watch is not None and bool(self._watch.watched)

    def before_judging(self, live: LiveCall, output: Any) -> tuple[LiveCall, Any]:
        """Run the call again where it is watched, and return the arguments and the output that are to be judged.

        Args:
            live: the arguments of the first run.
            output: that of the first run.

        Raises:
            Exception: what the call raises.
        """
        if self.times > 1:
            self._begin_repeats(output)
        if self.canary is None:
            return live, output
        self._watch = self.canary.watch(live, output)
        if self._repeats is not None:
            self._repeats.add(self._watch.output)
        return self._watch.live, self._watch.output

    def after_judging(self, live: LiveCall, output: Any, outcome: Outcome, attempt: RunningAttempt) -> Outcome:
        """Make the other runs, and return the outcome with what they tell.

        Args:
            live: the arguments of the run that was judged; their memory is given back.
            output: that of this run; its memory is given back.
            outcome: that of this run.
            attempt: the attempt that ends with it.
        """
        if self.canary is not None and self._watch is not None:
            outcome = self._watched(self.canary, self._watch, outcome, attempt)
        if self._not_repeated:
            return _noted(outcome, attempt, "repeat", self._not_repeated)
        return outcome if self._repeats is None else self._repeated(self._repeats, live, output, outcome, attempt)

    def _watched(self, canary: Canary, watch: Watch, outcome: Outcome, attempt: RunningAttempt) -> Outcome:
        try:
            complaint = canary.complaint(watch)
        except Exception as error:  # noqa: BLE001 - no mistake of the canary's may cost the vector its verdict
            if not tells_of_the_call(error):
                return attempt.raised(error, "looking at the memory around its output: ")
            watch.problems.append(error_text(error))
            complaint = ""
        outcome = _noted(outcome, attempt, "canary", watch.as_json())
        if not complaint:
            return outcome
        also = "" if outcome.verdict.good else f"; {outcome.message}"
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.WROTE_PAST_OUTPUT, complaint + also)

    def _begin_repeats(self, output: Any) -> None:
        if random_by_nature(self.facts.operation, self.facts.arguments):
            self._not_repeated = "not repeated: it draws random numbers without a seed"
            return
        try:
            self._repeats = Repeats(self.execution, output)
        except ImportError:
            self._not_repeated = "not repeated: outputs can't be compared without torch"

    def _repeated(
        self, repeats: Repeats, live: LiveCall, output: Any, outcome: Outcome, attempt: RunningAttempt
    ) -> Outcome:
        judged = repeats.runs
        try:
            while repeats.runs < self.times:
                free(output, live)
                live = self.inputs()
                output = self.call(live)
                repeats.add(output)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            return attempt.raised(error, f"run {repeats.runs + 1} of {self.times}, the first of which returned: ")
        complaint = repeats.complaint()
        note = complaint or f"{repeats.runs} runs, the same bit by bit"
        outcome = _noted(outcome, attempt, "repeat", note)
        if not complaint:
            return outcome
        if not outcome.verdict.good:
            return replace(outcome, message=f"{outcome.message}; {complaint}")
        of_run = "of the first run" if judged == 1 else f"of run {judged}"
        known = "is right" if outcome.verdict.traits.compared else "was not compared"
        message = f"{complaint}; the output {of_run} {known}"
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONDETERMINISTIC, message)


def _noted(outcome: Outcome, attempt: RunningAttempt, name: str, note: Any) -> Outcome:
    attempt.details[name] = note
    return replace(outcome, seconds=attempt.seconds, details={**outcome.details, name: note})
