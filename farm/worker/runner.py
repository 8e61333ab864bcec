"""Running one traced call on an open board: rebuild, call, check. Runs in the worker alone."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from farm.core.classify import classify_error, error_text
from farm.core.measures import DEVICE_PERF, PERF
from farm.core.numeric_options import InputStyle
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from farm.judging.call_facts import CallFacts
from farm.judging.combining import combined
from farm.judging.input_statistics import spread_of
from farm.worker.attempt import RunningAttempt
from farm.worker.binding import Call, LostArgument, Unbindable, as_traced, bind
from farm.worker.canary import LARGEST_INPUTS, LARGEST_INPUTS_UNASKED, Canary
from farm.worker.check import contradictions, differences
from farm.worker.execution import DeviceExecution, Execution, LiveCall
from farm.worker.further_runs import RIGHT_WITHOUT_REDZONES, Announce, FurtherRuns
from farm.worker.goldens.calling import NotCompared
from farm.worker.goldens.judge import NumericJudge
from farm.worker.goldens.pairing import StructureMismatch
from farm.worker.goldens.parameters import GoldenMisfit
from farm.worker.input_numbers import InputNumbers
from farm.worker.installed_ttnn import ttnn_version
from farm.worker.measuring import Measurements, forget_programs, measure
from farm.worker.outputs import Outputs
from farm.worker.replay import Replay
from farm.worker.tensor_defaults import complete
from tracer.errors import RebuildError, RebuildMismatchError
from tracer.raised_error import RaisedError
from tracer.signatures import overloads
from tracer.values import Value
from tracer.values import decode as decode_value
from tracer.values.live import Rebuilder, enum_members
from tracer.values.operations import MissingOperation, find_operation
from tracer.values.versions import known_of


@dataclass(frozen=True, slots=True)
class Bound:
    """A traced call, bound to its operation.

    Attributes:
        operation: ttnn's.
        arguments: as traced, tensors completed.
        call: the call to make.
        inexact: for each argument that is not passed as the trace had it, what became of it.
    """

    operation: Any
    arguments: dict[str, Value]
    call: Call
    inexact: tuple[str, ...]

    @classmethod
    def of(cls, traced: TracedCall) -> Bound:
        """Decode a traced call's arguments and bind them.

        Raises:
            MissingOperation: ttnn has no such operation.
            LostArgument, Unbindable: see `farm.worker.binding.bind`.
        """
        operation = find_operation(traced.operation)
        arguments, notes = complete({name: decode_value(raw) for name, raw in traced.arguments.items()})
        if traced.raised is not None and RaisedError.parse(traced.raised).kind == TypeError.__name__:
            call = as_traced(arguments)  # ttnn refused it in this form, not in every one
        else:
            known = known_of(traced.operation)
            call = bind(arguments, overloads(operation), enum_members, traced.names, known, ttnn=_this_ttnn())
        return cls(operation, arguments, call, call.inexact + notes)


class Runner:
    """Runs traced calls on one open device.

    Attributes:
        device: the open mesh device.
        computes: whether numbers come out; on a mock board none do, and a call that is accepted is `validated`.
        on_error: gets what a call raises before it becomes an outcome: a debugger.
        canary: whether memory around outputs is watched where a call's options don't say.
        announce: tells that a further run of a vector begins.

    `execution` makes the calls and reads their outputs, on the device unless a test gives another.
    """

    def __init__(
        self,
        device: Any,
        *,
        computes: bool,
        canary: bool = False,
        on_error: Callable[[BaseException], None] | None = None,
        announce: Announce = lambda _run, _outcome=None: None,
        execution: Execution | None = None,
    ) -> None:
        self.device = device
        self.computes = computes
        self.canary = canary
        self.on_error = on_error
        self.announce = announce
        self._execution = execution or DeviceExecution(device, waits=computes)
        self._arch = str(device.arch().name).lower()  # as `BoardKind.arch`
        self._numbers = InputNumbers()
        self._replay = Replay()
        self._outputs = Outputs()
        self._numeric_judge = NumericJudge(self._execution, device.get_num_devices())
        self._rebuilder = Rebuilder(device, self._numbers if computes else None)
        self._ahead: dict[str, Bound] = {}

    def bind_ahead(self, calls: Iterable[TracedCall]) -> None:
        """Bind the calls that run next, and forget those of the request before.

        Binding them in a row takes less time than binding each before it is made, since ttnn's work displaces this
        code from the processor's caches. The outcome of a call that can't be bound says so when its turn comes.
        """
        self._ahead.clear()
        for traced in calls:
            with suppress(Exception):
                self._ahead[traced.id] = Bound.of(traced)

    def run(self, traced: TracedCall) -> Outcome:
        """Run one call. Never raises: whatever happens is an outcome."""
        attempt = RunningAttempt(traced.id, self.on_error)
        try:
            bound = self._ahead.pop(traced.id, None) or Bound.of(traced)
            attempt.inexact = bound.inexact
            attempt.left_out = self._left_out(bound.call)
            outcome = self._run(traced, bound, attempt)
            if outcome.reason is Reason.RAISED_AS_TRACED:
                return outcome
            if traced.raised is not None and outcome.verdict.good:
                outcome = _accepted_now(traced.raised, outcome)
            return self._measured(traced, bound, attempt, outcome) if traced.modes and outcome.verdict.good else outcome
        except MissingOperation as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.UNKNOWN_OPERATION, str(error))
        except LostArgument as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.LOST_ARGUMENT, str(error))
        except (Unbindable, RebuildError) as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.UNBINDABLE, str(error))
        except RebuildMismatchError as error:
            return attempt.ended(Verdict.FARM_FAULT, Reason.REBUILD_MISMATCH, str(error))
        except Exception as error:  # noqa: BLE001 - farm's own mistake must not cost the other vectors
            return attempt.ended(Verdict.FARM_FAULT, Reason.INTERNAL, error_text(error))
        finally:
            self._rebuilder.forget_numbers()  # else their memory stays taken

    def _run(self, traced: TracedCall, bound: Bound, attempt: RunningAttempt) -> Outcome:
        try:
            live = self._inputs(traced, bound)
        except RuntimeError as error:
            # ttnn itself refused to make an input: the allocator is as much the test as the call
            return attempt.raised(error, "making its inputs: ")
        further = self._further_runs(traced, bound) if self.computes else None
        begun = time.perf_counter_ns()
        try:
            output = self._call(traced, bound, live)
        except Exception as error:  # noqa: BLE001 - whatever ttnn raises is the call's outcome
            return self._raised(traced, bound, error, attempt)
        attempt.call_nanoseconds = time.perf_counter_ns() - begun
        if further is not None:
            try:
                live, output = further.before_judging(live, output)
            except (RuntimeError, ValueError, IndexError) as error:
                return attempt.raised(error, "run again: ")
        if changes := self._changes(traced, bound):
            return attempt.ended(Verdict.FARM_FAULT, Reason.REPLAY_MISMATCH, changes)
        outcome = self._judge(traced, bound, live, output, attempt)
        if further is None:
            return outcome
        outcome = further.after_judging(live, output, outcome, attempt)
        if further.redzoneed and outcome.reason is Reason.WRONG_NUMBERS and self._right_without_redzones(traced, bound):
            return replace(outcome, message=f"{outcome.message}; {RIGHT_WITHOUT_REDZONES}")
        return outcome

    def _raised(self, traced: TracedCall, bound: Bound, error: Exception, attempt: RunningAttempt) -> Outcome:
        """The outcome of a call that raised: it may have done so when it was traced."""
        if traced.raised is None:
            if isinstance(error, TypeError) and "incompatible function arguments" in str(error):
                # the operation was never reached: ttnn has no such call
                message = f"{traced.operation} takes no call such as {', '.join(bound.call.by_parameter)}"
                return attempt.ended(Verdict.NOT_RUN, Reason.UNBINDABLE, message)
            return attempt.raised(error)
        raised, traced_error = RaisedError.of(error), RaisedError.parse(traced.raised)
        if classify_error(error)[0].failed and raised.is_same_as(traced_error):
            if changes := self._changes(traced, bound):
                return attempt.ended(Verdict.FARM_FAULT, Reason.REPLAY_MISMATCH, changes)
            return attempt.ended(Verdict.VALIDATED, Reason.RAISED_AS_TRACED, f"raised as traced: {raised}")
        outcome = attempt.raised(error)
        return replace(outcome, message=f"{outcome.message}; when traced, it raised {traced_error}")

    def _changes(self, traced: TracedCall, bound: Bound) -> str:
        """How the call that was made differs from the traced one, in words; empty where that is not asked for."""
        if not traced.verify:
            return ""
        changes = self._replay.differences(traced.operation, bound.arguments, bound.call)
        return f"not as traced: {'; '.join(changes)}" if changes else ""

    def _right_without_redzones(self, traced: TracedCall, bound: Bound) -> bool:
        """Whether the numbers of a call are right where no redzones surround its output."""
        try:
            live = self._inputs(traced, bound)
            output = self._call(traced, bound, live)
            return self._judge(traced, bound, live, output, RunningAttempt(traced.id)).verdict.good
        except (RuntimeError, ValueError, IndexError):
            return False

    def _further_runs(self, traced: TracedCall, bound: Bound) -> FurtherRuns:
        runs = 1

        def inputs() -> LiveCall:
            return self._inputs(traced, bound)

        def call(live: LiveCall) -> Any:
            nonlocal runs
            runs += 1
            self.announce(runs)
            return self._call(traced, bound, live)

        options, canary = traced.numbers, None
        if self.canary if options.canary is None else options.canary:
            largest = LARGEST_INPUTS if options.canary else LARGEST_INPUTS_UNASKED
            names = bound.call.names
            canary = Canary(self._execution, self.device, inputs, call, traced.operation, names, largest)
        return FurtherRuns(canary, self._execution, inputs, call, options.repeat, self._facts(traced, bound))

    def _call(self, traced: TracedCall, bound: Bound, live: LiveCall) -> Any:
        if not traced.verify:
            return self._execution.call(bound.operation, live)
        return self._replay.call(lambda: self._execution.call(bound.operation, live))

    def _judge(self, traced: TracedCall, bound: Bound, live: LiveCall, output: Any, attempt: RunningAttempt) -> Outcome:
        """The outcome of a call that returned: its output against the trace, then against the golden."""
        description = self._outputs.describe(output)
        if traced.output is None or traced.output != description.traced:  # else there is nothing to decode
            expected = None if traced.output is None else decode_value(traced.output)
            if description.value != expected:
                attempt.output = description.encoded  # where it is as traced, the vector has it
                if wrong := self._differences(traced, bound, expected, description.value):
                    return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, "; ".join(wrong))
        if not self.computes:
            return attempt.ended(Verdict.VALIDATED)
        return self._compared(traced, bound, live, output, attempt)

    def _differences(self, traced: TracedCall, bound: Bound, expected: Value, described: Value) -> list[str]:
        """How an output differs from the traced one; where the trace has none, from what the call's arguments say."""
        if expected is None:
            return contradictions(bound.call, described)
        same_cores = not traced.output_archs or self._arch in traced.output_archs
        return differences(expected, described, same_cores=same_cores)

    def _compared(
        self, traced: TracedCall, bound: Bound, live: LiveCall, output: Any, attempt: RunningAttempt
    ) -> Outcome:
        """The outcome of a call whose numbers a board computed."""
        facts = self._facts(traced, bound)
        try:
            judgements = self._numeric_judge.judge(bound.operation, facts, live, output, traced.numbers)
        except NotCompared as error:
            return attempt.ended(Verdict.VALIDATED, error.reason, str(error))
        except GoldenMisfit as error:
            return attempt.ended(Verdict.FARM_FAULT, Reason.GOLDEN_CALL, str(error))
        except StructureMismatch as error:
            return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, str(error))
        whole = combined(judgements)
        attempt.metrics.update(whole.metrics)
        attempt.tolerance = whole.row
        if whole.mismatch is None:
            return attempt.ended(Verdict.PASS, message=whole.message)
        attempt.mismatch = replace(whole.mismatch, seed=traced.numbers.seed)
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.WRONG_NUMBERS, whole.message)

    def _facts(self, traced: TracedCall, bound: Bound) -> CallFacts:
        facts = CallFacts(traced.operation, bound.call.by_parameter, self._arch)
        if not traced.statistics or traced.numbers.inputs is not InputStyle.AUTO:
            return facts
        first = next(iter(facts.tensors), "")
        statistics = {bound.call.parameter_at(place): each for place, each in traced.statistics.items()}
        return replace(facts, spread=spread_of(statistics[first])) if first in statistics else facts

    def _measured(self, traced: TracedCall, bound: Bound, attempt: RunningAttempt, outcome: Outcome) -> Outcome:
        """Run a call that ended well again to measure it, with inputs of its own each time."""

        def once() -> list[Any]:
            live = self._inputs(traced, bound)
            began = time.perf_counter_ns()
            self._execution.call(bound.operation, live)
            return [(True, ""), time.perf_counter_ns() - began]

        def announce(run: int, _answer: Any) -> None:
            self.announce(run, outcome)

        measurements = Measurements()
        if DEVICE_PERF in traced.modes and self.computes:
            forget_programs(self.device)
        try:
            measure(once, self.device, traced.modes, measurements, computes=self.computes, announce=announce)
        except Exception as error:  # noqa: BLE001 - that it can't run again says nothing of its first run
            if classify_error(error)[0].fault:
                return attempt.raised(error, "measuring it: ")
            measurements.lacks("perf", f"a further run raised: {error_text(error)}")
        if PERF in traced.modes:
            measurements.metrics["e2e_perf_ms"] = attempt.call_nanoseconds / 1e6
        metrics = {**outcome.metrics, **measurements.metrics}
        return replace(outcome, metrics=metrics, measuring_notes=tuple(measurements.notes))

    def _left_out(self, call: Call) -> tuple[str, ...]:
        """Return what is left out of a call because this ttnn lacks it."""
        left_out = [*call.left_out]
        for value in call.positional:
            left_out += self._rebuilder.left_out(value)
        named = [f"{name}: {each}" for name, value in call.keywords.items() for each in self._rebuilder.left_out(value)]
        return (*map(str, left_out), *named)

    def _inputs(self, traced: TracedCall, bound: Bound) -> LiveCall:
        """Rebuild the arguments of a call on the device: the same numbers each time."""
        call = bound.call
        self._rebuilder.forget_numbers()
        if not self.computes:
            positional = [self._rebuilder.live(value) for value in call.positional]
            keywords = {name: self._rebuilder.live(value) for name, value in call.keywords.items()}
            return LiveCall(positional, keywords, positional, keywords, call.by_position)
        statistics = {call.parameter_at(place): each for place, each in traced.statistics.items()}
        self._numbers.start(traced.id, self._facts(traced, bound), traced.numbers, statistics)
        positional = [
            self._argument(name, value) for name, value in zip(call.positional_names, call.positional, strict=True)
        ]
        keywords = {name: self._argument(name, value) for name, value in call.keywords.items()}
        on_host = self._rebuilder.on_host
        return LiveCall(
            positional,
            keywords,
            on_host(positional),
            {name: on_host(each) for name, each in keywords.items()},
            call.by_position,
        )

    def _argument(self, parameter: str, value: Value) -> Any:
        self._numbers.start_argument(parameter)
        return self._rebuilder.live(value)


@functools.cache
def _this_ttnn() -> str:
    return f"ttnn {ttnn_version()}"


def _accepted_now(raised: str, outcome: Outcome) -> Outcome:
    """Say of a call that ended well that it raised when it was traced."""
    message = f"raised when traced, accepted now: {raised}"
    reason = Reason.ACCEPTED_NOW if outcome.reason is Reason.NONE else outcome.reason
    return replace(outcome, reason=reason, message=f"{message}; {outcome.message}" if outcome.message else message)
