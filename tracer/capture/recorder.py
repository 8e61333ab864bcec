"""Capture: every outermost call of a ttnn operation, recorded before it is made.

All operations of ttnn are objects of one class (two, with fast runtime mode off), so replacing that class's `__call__`
sees every call, also of operations that a model imported by name long before. Operations call operations; only the
outermost call of each thread is the model's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from tracer.capture.device_traces import DeviceTraces
from tracer.capture.excluded import EXCLUDED
from tracer.capture.failures import raised_errors
from tracer.capture.lacking import Lacking
from tracer.capture.methods import METHODS, OperationCall
from tracer.capture.openings import Opening, Openings
from tracer.capture.positions import positional_names
from tracer.capture.probe import Probe
from tracer.capture.recorded import CallsOfTest, Inside, Recorded, ThreadState
from tracer.capture.value_reader import READ_CALLS, ValueReader
from tracer.errors import CaptureError
from tracer.formats.journal import JournalWriter, UnsafeAllocation
from tracer.formats.values_read import ValuesRead
from tracer.signatures import overloads
from tracer.value_statistics import statistics_json
from tracer.values import describe, encode
from tracer.values.base import is_of_ttnn
from tracer.values.keys import safe_keys
from tracer.values.text import error_line

_OPERATION_CLASSES = ("FastOperation", "Operation")
# Indexing of tensors is registered as an operation, too; of a model, the operations that it calls are recorded.
_METHODS = ("ttnn.Tensor.",)


class Sink(Protocol):
    """Receives the lines of a raw trace; `tracer.formats.journal.JournalWriter` is one."""

    failure: str | None

    def write(self, line: dict[str, Any]) -> None:
        """Receive one line."""

    def close(self) -> None:
        """Receive no more."""


class Capture:
    """Records the operation calls of this process while it is started.

    Attributes:
        configurations: how many configurations were recorded so far.
        calls: how many calls were recorded, in the tests that are over.
    """

    def __init__(
        self, trace: Path | Sink, leave_out: frozenset[str] = EXCLUDED, values: ValueReader | None = None
    ) -> None:
        """Open the trace.

        Args:
            trace: the raw trace to write, see `tracer.formats.journal`; or a receiver of its lines.
            leave_out: operations that are not recorded.
            values: reads the numbers of tensors, to keep statistics of them; None to keep none.

        Raises:
            CaptureError: the file can't be written.
        """
        self._journal: Sink = JournalWriter(trace, _ttnn_version()) if isinstance(trace, Path) else trace
        self._leave_out = leave_out
        self._thread = ThreadState()
        self._values = values
        self._openings = Openings()
        self._lacking = Lacking(lambda name: self._journal.write({"lacking": name}))
        self._device_traces = DeviceTraces(self._unsafe)
        self._of_model = isinstance(trace, Path)
        self._recorded: dict[Hashable, Recorded] = {}
        self._opening_numbers: dict[str, int] = {}
        self._test = CallsOfTest(counts=False)
        self._lock = threading.Lock()
        self._undo: list[Callable[[], None]] = []
        self.configurations = 0
        self.calls = 0

    @property
    def failure(self) -> str | None:
        """Why the trace could not be written to its end; the model goes on all the same."""
        return self._journal.failure

    @property
    def values_read(self) -> ValuesRead | None:
        """What was read to keep statistics of values; None if none are kept."""
        return None if self._values is None else self._values.read

    def start(self) -> None:
        """Start to record calls.

        Raises:
            CaptureError: ttnn can't be imported here.
        """
        decorators = _ttnn_decorators()
        self._openings.install()
        self._undo.append(self._openings.remove)
        if self._of_model:
            self._lacking.install()
            self._undo.append(self._lacking.remove)
            self._device_traces.install()
            self._undo.append(self._device_traces.remove)
        if self._values is not None:
            self._values.install()
            self._undo.append(self._values.remove)
        for name in _OPERATION_CLASSES:
            cls = getattr(decorators, name, None)
            if cls is not None:
                original = cls.__call__
                cls.__call__ = self._wrapped(original)
                self._undo.append(lambda cls=cls, original=original: setattr(cls, "__call__", original))  # type: ignore[misc]
        self._watch_methods()

    def _watch_methods(self) -> None:
        import ttnn

        for name, translated in METHODS.items():
            method = getattr(ttnn.Tensor, name, None)
            if method is not None:
                setattr(ttnn.Tensor, name, self._wrapped_method(method, translated))
                self._undo.append(lambda name=name, method=method: setattr(ttnn.Tensor, name, method))  # type: ignore[misc]

    def pause(self) -> None:
        """Stop recording, restore ttnn, and forget what was recorded; `start` starts again."""
        while self._undo:
            self._undo.pop()()
        self._recorded.clear()

    def stop(self) -> None:
        """Stop recording, restore ttnn and close the trace."""
        self.pause()
        self._journal.close()

    def begin(self, source: str) -> None:
        """Begin a test: the calls from here on are its own."""
        with self._lock:
            self._test = CallsOfTest(counts=True)
            self._device_traces.begin_test()
            self._journal.write({"test": source})

    def end(self, source: str, outcome: str) -> None:
        """End the test that began last; calls between tests belong to none and don't count."""
        with self._lock:
            over, self._test = self._test, CallsOfTest(counts=False)
            counts = [(recorded.number, next(recorded.times)) for recorded in over.called]
            self.calls += sum(times for _, times in counts)
            line = {"ended": source, "outcome": outcome, "counts": counts}
            if runs := self._device_traces.runs():
                line["device_trace_runs"] = runs
            self._journal.write(line)

    def failed(self, source: str, phase: str, error: BaseException) -> None:
        """Record why a test failed in a phase, or why its file could not be imported."""
        errors = [each.as_json() for each in raised_errors(error)]
        with self._lock:
            self._journal.write({"failed": source, "phase": phase, "errors": errors})

    def skipped(self, source: str, why: str) -> None:
        """Record that a test or a file was skipped, and why."""
        with self._lock:
            self._journal.write({"skipped": source, "why": why})

    def finish(self, status: int) -> None:
        """End the run, with this exit status of pytest's."""
        with self._lock:
            if self._values is not None:
                self._journal.write({"reading": self._values.read.as_json()})
            self._journal.write({"exit": status})

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        thread, observed = self._thread, self._observed
        passed_through = _METHODS if self._of_model else ()

        def __call__(operation: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - it stands in for the class's own
            state = thread.state
            name = operation.python_fully_qualified_name
            if state.inside or name.startswith(passed_through):
                return original(operation, *args, **kwargs)
            return observed(state, operation, name, args, kwargs, original)

        return __call__

    def _wrapped_method(self, original: Callable[..., Any], translated: Callable[..., OperationCall]) -> Any:
        """Wrap a method of tensors that is an operation under another name."""
        from tracer.values.operations import MissingOperation, find_operation  # which imports ttnn

        thread, observed = self._thread, self._observed

        def method(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            state = thread.state
            if state.inside:
                return original(tensor, *args, **kwargs)
            try:
                call = translated(tensor, *args, **kwargs)
                operation = find_operation(call.name)
            except (TypeError, MissingOperation):
                return original(tensor, *args, **kwargs)

            def made(*_args: Any, **_kwargs: Any) -> Any:
                return original(tensor, *args, **kwargs)

            return observed(state, operation, call.name, call.args, call.kwargs, made)

        return method

    def _observed(  # noqa: PLR0917 - keywords would cost each call time
        self,
        state: Inside,
        operation: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        original: Callable[..., Any],
    ) -> Any:
        """Make an outermost call, and record it unless its operation is left out."""
        device_traces = self._device_traces
        state.inside = True
        try:
            if name in self._leave_out:
                result = original(operation, *args, **kwargs)
                if device_traces.active:
                    device_traces.called(name, None, (*args, *kwargs.values()), result)
                return result
            recorded = self._record(operation, name, args, kwargs)
            try:
                result = original(operation, *args, **kwargs)
            except Exception as error:
                self._raised(recorded, error)
                raise
            if not recorded.answered:
                self._returned(recorded, result)
            if device_traces.active:
                device_traces.called(name, recorded.number, (*args, *kwargs.values()), result)
            return result
        finally:
            state.inside = False

    def _record(self, operation: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recorded:
        values = (*args, *kwargs.values()) if kwargs else args
        signature = (name, self._openings.count, tuple(kwargs), safe_keys(values))
        recorded = self._recorded.get(signature)
        if recorded is None or recorded.test is not self._test:
            recorded = self._first(signature, operation, name, args, kwargs)
        time = next(recorded.times)
        if self._values is not None and time in READ_CALLS:
            self._read(self._values, recorded, args, kwargs, first=time == 0)
        return recorded

    def _read(
        self,
        values: ValueReader,
        recorded: Recorded,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        first: bool,
    ) -> None:
        """Record the statistics of what a call gets; those of calls between tests would belong to none."""
        if not self._test.counts:
            return
        statistics = values.statistics(args, kwargs, first=first)
        if statistics:
            with self._lock:
                self._journal.write({"values": recorded.number, "statistics": statistics_json(statistics)})

    def _first(
        self, signature: Hashable, operation: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Recorded:
        """Record the first call of a configuration, or its first in this test."""
        with self._lock:
            recorded, test = self._recorded.get(signature), self._test
            if recorded is None:
                recorded = self._recorded[signature] = self._new(operation, name, args, kwargs)
            elif test.counts and recorded.test is not test:
                self._journal.write({"seen": recorded.number})
            if recorded.test is not test:
                recorded.times = count()
                recorded.test = test  # last: from here on other threads count
                if test.counts:
                    test.called.append(recorded)
        return recorded

    def _new(self, operation: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Recorded:
        self.configurations += 1
        number = self.configurations
        arguments = {f"arg{place}": encode(describe(value)) for place, value in enumerate(args)}
        arguments.update((keyword, encode(describe(value))) for keyword, value in kwargs.items())
        device = _device_of((*args, *kwargs.values()))
        opening = self._openings.last if device is None else self._openings.of(device)
        line = {
            "call": number,
            "operation": name,
            "arguments": arguments,
            "names": _names(operation, args, kwargs),
            "opened": self._opening_number(opening),
        }
        self._journal.write(line)
        return Recorded(number)

    def _opening_number(self, opening: Opening) -> int:
        config = None if opening.device_config is None else opening.device_config.as_json()
        number = self._opening_numbers.get(repr(opening))
        if number is None:
            number = self._opening_numbers[repr(opening)] = len(self._opening_numbers)
            self._journal.write({"opened": number, "machine": opening.machine, "device_config": config})
        return number

    def _returned(self, recorded: Recorded, result: object) -> None:
        with self._lock:
            recorded.answered = True
            self._journal.write({"returned": recorded.number, "output": encode(describe(result))})

    def _unsafe(self, allocation: UnsafeAllocation) -> None:
        with self._lock:
            self._journal.write({"unsafe": allocation.operation, "line": allocation.line})

    def _raised(self, recorded: Recorded, error: Exception) -> None:
        with self._lock:
            if not recorded.answered:
                self._journal.write({"raised": recorded.number, "error": error_line(type(error).__name__, str(error))})


def _names(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    try:
        return positional_names(overloads(operation), args, kwargs, Probe(operation.function).accepts_lengths)
    except ValueError:
        return []  # its documentation can't be parsed: the call is recorded by position


def _device_of(values: Sequence[Any]) -> Any:
    """Return the device of the first argument that is on one."""
    for value in values:
        cls = type(value)
        if cls.__name__ == "MeshDevice":
            return value
        device = None
        if cls.__name__ == "Tensor" and is_of_ttnn(cls):  # torch has a class of that name, too
            device = value.device()
        elif isinstance(value, (list, tuple)):
            device = _device_of(value)
        if device is not None:
            return device
    return None


def _ttnn_decorators() -> Any:
    try:
        import ttnn.decorators
    except ImportError as error:
        raise CaptureError(f"ttnn can't be imported here ({error}): use a Python that has a working one") from error
    return ttnn.decorators


def _ttnn_version() -> str:
    try:
        return metadata.version("ttnn")
    except metadata.PackageNotFoundError:
        return "source"  # built in a tt-metal checkout
