"""Running one vector on an open board: rebuild, call, check. Runs in the worker alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import ttnn

from farm.core.classify import classify, words
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from farm.worker.binding import Call, LostArgument, Unbindable, bind
from farm.worker.check import differences
from farm.worker.golden import Golden, NotCompared
from farm.worker.measuring import Measurements, measure
from farm.worker.replay import Replay
from farm.worker.tensor_defaults import complete
from tracer.errors import RebuildError, RebuildMismatchError
from tracer.signatures import overloads
from tracer.values import MemoryConfig, Tensor, Value, describe
from tracer.values import decode as decode_value
from tracer.values import encode as encode_value
from tracer.values.live import Rebuilder, enum_members
from tracer.values.operations import MissingOperation, find_operation

PCC_THRESHOLD = 0.999
"""The PCC that an output must reach against its golden, as tt-metal's traced sweeps have it."""


class Runner:
    """Runs vectors on one open device.

    Attributes:
        device: the open mesh device.
        computes: whether numbers come out; on a mock none do, and a call that is accepted is `validated`.
        on_error: gets what a call raises before it becomes an outcome: a debugger.
    """

    def __init__(self, device: Any, *, computes: bool) -> None:
        self.device = device
        self.computes = computes
        self.on_error: Callable[[BaseException], None] | None = None
        self._numbers = Numbers()
        self._replay = Replay()
        self._rebuilder = Rebuilder(device, self._numbers if computes else None)

    def run(self, vector: TracedCall) -> Outcome:
        """Runs one vector in its wire form. Never raises: whatever happens is an outcome."""
        attempt = _Attempt(vector.id, self.on_error)
        try:
            outcome = self._run(vector, attempt)
            return self._measured(vector, attempt, outcome) if vector.modes and outcome.verdict.good else outcome
        except MissingOperation as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.UNKNOWN_OPERATION, str(error))
        except LostArgument as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.LOST_ARGUMENT, str(error))
        except (Unbindable, RebuildError) as error:
            return attempt.ended(Verdict.NOT_RUN, Reason.UNBINDABLE, str(error))
        except RebuildMismatchError as error:
            return attempt.ended(Verdict.FARM_FAULT, Reason.REBUILD_MISMATCH, str(error))
        except Exception as error:  # noqa: BLE001 - farm's own mistake must not cost the other vectors
            return attempt.ended(Verdict.FARM_FAULT, Reason.INTERNAL, words(error))

    def _run(self, vector: TracedCall, attempt: _Attempt) -> Outcome:
        operation = find_operation(vector.operation)
        arguments, unsaid = complete({name: decode_value(raw) for name, raw in vector.arguments.items()})
        call = bind(arguments, overloads(operation), enum_members)
        attempt.inexact = call.inexact + unsaid
        self._numbers.restart()
        try:
            positional = [self._rebuilder.live(value) for value in call.positional]
            keywords = {name: self._rebuilder.live(value) for name, value in call.keywords.items()}
        except RuntimeError as error:
            # ttnn itself refused to make an input: the allocator is as much the test as the call
            return attempt.refused(error, "making its inputs: ")
        golden = self._golden(positional, keywords)
        try:
            output = (self._replay.call if vector.verify else _plainly)(operation, positional, keywords)
            if self.computes:
                ttnn.synchronize_device(self.device)
        except TypeError as error:
            if "incompatible function arguments" in str(error):
                # the operation was never reached: this call is not one that ttnn has
                told = f"{vector.operation} takes no call such as {', '.join(call.keywords)}"
                return attempt.ended(Verdict.NOT_RUN, Reason.UNBINDABLE, told)
            return attempt.refused(error)
        except (RuntimeError, ValueError, IndexError) as error:
            return attempt.refused(error)
        if vector.verify:
            otherwise = self._replay.differences(vector.operation, arguments, vector.names, overloads(operation))
            if otherwise:
                return attempt.ended(
                    Verdict.FAIL_ASSERT_EXCEPTION, Reason.REPLAY_MISMATCH, f"not as traced: {'; '.join(otherwise)}"
                )
        found = describe(output)
        traced = None if vector.output is None else decode_value(vector.output)
        wrong = differences(traced, found) if traced is not None else contradictions(call, found)
        if found != traced:
            attempt.output = encode_value(found)  # where it is as traced, the vector tells it
        if wrong:
            return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, "; ".join(wrong))
        if isinstance(golden, Golden):
            return _judged(golden, operation, output, attempt)
        return attempt.ended(Verdict.VALIDATED, message=golden)

    def _measured(self, vector: TracedCall, attempt: _Attempt, outcome: Outcome) -> Outcome:
        """A vector that ended well, run again to measure it, with inputs of its own each time."""
        operation = find_operation(vector.operation)
        arguments, _ = complete({name: decode_value(raw) for name, raw in vector.arguments.items()})
        call = bind(arguments, overloads(operation), enum_members)

        def once() -> list[Any]:
            self._numbers.restart()
            positional = [self._rebuilder.live(value) for value in call.positional]
            keywords = {name: self._rebuilder.live(value) for name, value in call.keywords.items()}
            began = time.perf_counter_ns()
            operation(*positional, **keywords)
            if self.computes:
                ttnn.synchronize_device(self.device)
            return [(True, ""), time.perf_counter_ns() - began]

        found = Measurements()
        try:
            measure(once, self.device, vector.modes, found)
        except (RuntimeError, ValueError) as error:
            return attempt.refused(error, "measuring it: ")
        outcome = replace(outcome, metrics={**outcome.metrics, **found.metrics}, details=found.details)
        if found.complaint is None:
            return outcome
        verdict, reason, message = found.complaint
        return replace(outcome, verdict=verdict, reason=reason, message=message)

    def _golden(self, positional: list[Any], keywords: dict[str, Any]) -> Golden | str:
        """What to judge the output's numbers by; where nothing can be, why, and on a mock nothing to say."""
        if not self.computes:
            return ""
        try:
            return Golden.of(positional, keywords, self.device.get_num_devices())
        except NotCompared as error:
            return str(error)


def _plainly(operation: Callable[..., Any], positional: list[Any], keywords: dict[str, Any]) -> Any:
    return operation(*positional, **keywords)


def _judged(golden: Golden, operation: Any, output: Any, attempt: _Attempt) -> Outcome:
    """What a call came to whose numbers can be compared."""
    try:
        found = golden.judge(operation, output)
    except NotCompared as error:
        return attempt.ended(Verdict.VALIDATED, message=str(error))
    except ValueError as error:
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, str(error))
    attempt.metrics.update(pcc=found.pcc, max_abs_error=found.max_abs_error)
    if found.pcc < PCC_THRESHOLD:
        told = f"PCC {found.pcc:.6f} is below {PCC_THRESHOLD}"
        return attempt.ended(Verdict.FAIL_ASSERT_EXCEPTION, Reason.LOW_PCC, told)
    return attempt.ended(Verdict.PASS, message=f"PCC {found.pcc:.6f}")


def contradictions(call: Call, found: Value) -> list[str]:
    """What of an output contradicts what the call itself asked for, where the trace doesn't tell the output."""
    if not isinstance(found, Tensor):
        return []
    told = []
    for name in ("dtype", "output_dtype"):
        asked = call.keywords.get(name)
        if asked is not None and found.dtype != getattr(asked, "name", found.dtype):
            told.append(f"dtype {asked.name} was asked for, this call gave {found.dtype}")  # type: ignore[union-attr]
    memory = call.keywords.get("memory_config")
    if isinstance(memory, MemoryConfig) and found.memory is not None and found.storage == "DEVICE":
        for name in ("layout", "buffer"):
            one, other = getattr(memory, name), getattr(found.memory, name)
            if one != other:
                told.append(f"memory {name} {one} was asked for, this call gave {other}")
    return told


class _Attempt:
    """What is known of an attempt while it runs."""

    def __init__(self, vector_id: str, on_error: Callable[[BaseException], None] | None = None) -> None:
        self.vector_id = vector_id
        self.on_error = on_error
        self.started = time.time()
        self.inexact: tuple[str, ...] = ()
        self.metrics: dict[str, float] = {}
        self.output: Any = None
        self._begun = time.perf_counter()

    def refused(self, error: Exception, doing: str = "") -> Outcome:
        if self.on_error is not None:
            self.on_error(error)
        return self.ended(*classify(str(error)), doing + words(error))

    def ended(self, verdict: Verdict, reason: Reason = Reason.NONE, message: str = "") -> Outcome:
        if self.inexact and verdict.failed:
            # a call without what it was made with says nothing of the operation
            told = f"can't run as traced ({'; '.join(self.inexact)}): {message}"
            verdict, reason, message = Verdict.NOT_RUN, Reason.LOST_ARGUMENT, told
        return Outcome(
            vector_id=self.vector_id,
            verdict=verdict,
            reason=reason,
            message=message,
            started=self.started,
            seconds=time.perf_counter() - self._begun,
            inexact=self.inexact,
            metrics=self.metrics,
            output=self.output,
        )


class Numbers:
    """Numbers for inputs: the same ones for a vector whenever it runs, different ones for each of its tensors."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begins anew, for the next vector."""
        self._generator: np.random.Generator | None = None

    def __call__(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Numbers that every dtype holds well: 0 and 1 for integers, uniform -1 to 1 else."""
        if self._generator is None:  # it takes a while to make, and on a mock no one asks
            self._generator = np.random.default_rng(0)
        if np.issubdtype(kind, np.integer):
            return self._generator.integers(0, 2, shape).astype(kind)
        return self._generator.uniform(-1, 1, shape).astype(kind)
