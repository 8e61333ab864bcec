"""The raw trace: what a traced run writes while it runs, one JSON object a line.

A line is in the file before the call it describes is made, so a call that kills its process is known. The first key of
a line says what it is. Lines are, in the order they come:

* `{"trace": 1, "ttnn": version}`: the head;
* `{"test": source}`: a test begins;
* `{"opened": n, "machine": ..., "device_config": ...}`: a way a device is opened, numbered;
* `{"call": n, "operation": ..., "arguments": ..., "names": ..., "opened": n}`: a configuration, numbered;
* `{"seen": n}`: a known configuration is called in another test;
* `{"values": n, "statistics": ...}`: statistics of the numbers that a call of the configuration got, if they are kept;
* `{"returned": n, "output": ...}` or `{"raised": n, "error": text}`: how its first call ended;
* `{"lacking": name}`: a function of ttnn that the board lacks was called, and did nothing;
* `{"unsafe": operation, "line": ...}`: it allocated on a device while a device trace was live there;
* `{"failed": source, "phase": ..., "errors": [...]}`: why a test failed, or why its file could not be imported;
* `{"skipped": source, "why": text}`: a test or a whole file was skipped;
* `{"ended": source, "outcome": ..., "counts": [[n, times], ...]}`: the test is over; with `device_trace_runs` as
  `[[n, times], ...]` if device traces ran that hold calls of these configurations;
* `{"reading": ...}`: what was read to keep statistics, and how long that took;
* `{"exit": status}`: the run is over, with pytest's exit status.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.device_config import DeviceConfig
from tracer.errors import CaptureError
from tracer.formats.json_stream import loads
from tracer.formats.raised_error import RaisedError
from tracer.formats.values_read import ValuesRead, together
from tracer.names import canonical
from tracer.value_statistics import add_statistics, read_statistics
from tracer.values import decode
from tracer.values.configuration import Configuration, Execution

VERSION = 1
PASSED = "passed"
DIED = "died"
"""The outcome of a test whose process ended before the test did."""

_TRACES = uuid.UUID("6f0c52b1-6c1d-5c0a-9d0e-8f7c1b1b6a57")


class JournalWriter:
    """Appends lines to a raw trace; each is handed to the system at once, so it outlives the process.

    Attributes:
        failure: why nothing more is written, such as a full disk; the model that is traced must not suffer for it.
    """

    def __init__(self, path: Path, ttnn_version: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o644)
        except OSError as error:
            raise CaptureError(f"can't write the trace {path}: {error.strerror}") from error
        self.failure: str | None = None
        self.write({"trace": VERSION, "ttnn": ttnn_version})

    def write(self, line: dict[str, Any]) -> None:
        """Append one line, unless an earlier one could not be written: only the last line may be cut off."""
        rest = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            while rest and self.failure is None:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            self.failure = error.strerror or str(error)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class UnsafeAllocation:
    """A tensor allocated on a device while a device trace was live there.

    Attributes:
        operation: the operation that allocated it.
        line: the line of the model that called it, `models/decoder.py:33`; "" if it is not known.
        test: the source of the test.
    """

    operation: str
    line: str
    test: str = ""

    def __str__(self) -> str:
        where = f" at {self.line}" if self.line else ""
        return (
            f"unsafe: {self.operation}{where} allocates on a device that has a live device trace, which may overwrite "
            "the new tensor when it runs: allocate it before end_trace_capture, or after release_trace"
        )

    def as_json(self) -> dict[str, str]:
        """Return a plain dict."""
        return {"operation": self.operation, "line": self.line, "test": self.test}


@dataclass
class TracedTest:
    """One test of a raw trace.

    Attributes:
        source: the test's node id.
        outcome: `passed`, `failed`, `skipped`, `died`.
        counts: how often each configuration was called, by its number.
        device_trace_runs: how often device traces ran that hold a call of it, by its number.
        statistics: of the numbers in its tensors, by its number: the JSON for each call whose tensors were read.
    """

    source: str
    outcome: str = DIED
    counts: dict[int, int] = field(default_factory=dict)
    device_trace_runs: dict[int, int] = field(default_factory=dict)
    statistics: dict[int, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed, or why a file of tests could not be imported.

    Attributes:
        source: the test, or the file.
        phase: `collect`, `setup`, `call` or `teardown`.
        errors: the exception that was not caught, and those that it came from.
    """

    source: str
    phase: str
    errors: tuple[RaisedError, ...]


@dataclass
class TracedCall:
    """One configuration of a raw trace, arguments and output in version 2's form.

    Attributes:
        ended: whether its first call came back; a call that didn't ended its process.
    """

    operation: str
    arguments: dict[str, Any]
    names: tuple[str, ...]
    machine: dict[str, Any] | None
    device_config: dict[str, Any] | None
    output: Any = None
    raised: str | None = None
    ended: bool = False


@dataclass
class Journal:
    """The contents of a raw trace.

    Attributes:
        ttnn: the version of ttnn that was traced.
        tests: in the order they ran.
        calls: the configurations by number.
        exit_status: pytest's; None if the run never got to its end.
        cut: whether the file ends in half a line.
        reading: what was read to keep statistics of values; None if none are kept, or the run never got to its end.
        lacking: the functions of ttnn that the board lacks, and that did nothing.
        unsafe: what was allocated on a device while a device trace was live there.
        failures: why tests failed, and why files could not be imported.
        skipped: why tests and whole files were skipped, by source.
    """

    ttnn: str = ""
    tests: list[TracedTest] = field(default_factory=list)
    calls: dict[int, TracedCall] = field(default_factory=dict)
    exit_status: int | None = None
    cut: bool = False
    reading: ValuesRead | None = None
    lacking: list[str] = field(default_factory=list)
    unsafe: list[UnsafeAllocation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def left_out(self) -> list[TracedTest]:
        """The tests that didn't pass and so don't count."""
        return [test for test in self.tests if test.outcome != PASSED]

    @property
    def unfinished(self) -> TracedCall | None:
        """The call that was running when the process ended, if it was the first of its configuration."""
        last = next(reversed(self.calls.values()), None)
        return last if last is not None and not last.ended and self.exit_status is None else None

    def take(self, other: Journal) -> None:
        """Add what another process of the same run traced."""
        first = max(self.calls, default=0)
        self.calls |= {first + number: call for number, call in other.calls.items()}
        for test in other.tests:
            counts = {first + number: times for number, times in test.counts.items()}
            runs = {first + number: times for number, times in test.device_trace_runs.items()}
            statistics = {first + number: each for number, each in test.statistics.items()}
            self.tests.append(TracedTest(test.source, test.outcome, counts, runs, statistics))
        self.reading = together([self.reading, other.reading])
        self.cut = self.cut or other.cut
        self.lacking += [name for name in other.lacking if name not in self.lacking]
        self.unsafe += other.unsafe
        # each of pytest-xdist's workers imports every file
        self.failures += [each for each in other.failures if each not in self.failures]
        self.skipped |= other.skipped

    def configurations(self, *, all_tests: bool = False) -> list[Configuration]:
        """Return the configurations, with an execution for each test and way of opening.

        Args:
            all_tests: whether tests that didn't pass count, too.
        """
        configurations: dict[str, Configuration] = {}
        executions: dict[tuple[str, ...], Execution] = {}
        of_number: dict[int, Execution] = {}
        for test in self.tests:
            if test.outcome == PASSED or all_tests:
                for number, times in test.counts.items():
                    new = self._configuration(number)
                    configuration = configurations.setdefault(new.content_hash, new)
                    configuration.output, configuration.raised = new.output, new.raised
                    execution = self._count(executions, configuration, test.source, self.calls[number], times)
                    of_number[number] = execution
                    for raw in test.statistics.get(number, ()):
                        good, bad = read_statistics(raw)
                        add_statistics(execution.statistics, good)
                        execution.unread_statistics |= bad
                for number, runs in test.device_trace_runs.items():
                    # a trace may run in a later test than the one that captured it, as where a fixture did
                    if (traced := of_number.get(number)) is not None:
                        traced.device_trace_runs += runs
        self._sign(executions)
        return list(configurations.values())

    def _sign(self, executions: dict[tuple[str, ...], Execution]) -> None:
        """Set the trace uid of the executions of each test and opening.

        It is derived from the calls, so that tracing again changes no master where nothing else changed.
        """
        traces: dict[tuple[str, ...], list[str]] = {}
        for (content, *trace), execution in executions.items():
            traces.setdefault(tuple(trace), []).append(f"{content} {execution.count}")
        for (_, *trace), execution in executions.items():
            text = json.dumps([self.ttnn, *trace, *sorted(traces[tuple(trace)])])
            execution.trace_uid = str(uuid.uuid5(_TRACES, text))

    def _configuration(self, number: int) -> Configuration:
        call = self.calls[number]
        return Configuration(
            operation=canonical(call.operation),
            arguments={name: decode(raw) for name, raw in call.arguments.items()},
            names=call.names,
            output=decode(call.output),
            raised=call.raised,
        )

    def _count(
        self,
        executions: dict[tuple[str, ...], Execution],
        configuration: Configuration,
        source: str,
        call: TracedCall,
        times: int,
    ) -> Execution:
        # a test may open its board more than once, in the same way: then the calls are of one execution
        opened = json.dumps([call.machine, call.device_config], sort_keys=True)
        place = (configuration.content_hash, source, opened)
        if place not in executions:
            config = None if call.device_config is None else DeviceConfig.from_json(call.device_config)
            executions[place] = Execution(source, call.machine, 0, None, config, {"ttnn_version": self.ttnn})
            configuration.executions.append(executions[place])
        executions[place].count = (executions[place].count or 0) + times
        return executions[place]


class JournalReader:
    """Reads a raw trace line by line, so that a run can be watched while it writes."""

    def __init__(self) -> None:
        self.journal = Journal()
        self._openings: dict[int, dict[str, Any]] = {}
        self._started = False
        self._running: TracedTest | None = None
        self._readers: dict[str, Callable[[dict[str, Any]], None]] = {
            "test": self._test_begins,
            "opened": self._opened,
            "call": self._called,
            "seen": lambda line: self._count(line["seen"]),
            "values": self._values,
            "returned": self._returned,
            "raised": self._raised,
            "lacking": lambda line: self.journal.lacking.append(line["lacking"]),
            "unsafe": self._allocated,
            "failed": self._failed,
            "skipped": lambda line: self.journal.skipped.update({line["skipped"]: line["why"]}),
            "ended": self._test_ends,
            "reading": self._reading,
            "exit": self._exits,
        }

    def feed(self, line: dict[str, Any]) -> None:
        """Read the next line; lines of a kind that a newer tracer may write are passed over.

        Raises:
            CaptureError: the first line is not the head of a raw trace.
        """
        if not self._started:
            if line.get("trace") != VERSION:
                raise CaptureError("it is no raw trace, or one of another version")
            self.journal.ttnn, self._started = line["ttnn"], True
            return
        kind = next(iter(line), "")
        if kind in self._readers:
            self._readers[kind](line)

    def _test_begins(self, line: dict[str, Any]) -> None:
        self._running = TracedTest(line["test"])
        self.journal.tests.append(self._running)

    def _opened(self, line: dict[str, Any]) -> None:
        self._openings[line["opened"]] = line

    def _called(self, line: dict[str, Any]) -> None:
        opening = self._openings.get(line["opened"], {})
        self.journal.calls[line["call"]] = TracedCall(
            operation=line["operation"],
            arguments=line["arguments"],
            names=tuple(line["names"]),
            machine=opening.get("machine"),
            device_config=opening.get("device_config"),
        )
        self._count(line["call"])

    def _values(self, line: dict[str, Any]) -> None:
        if self._running is not None:
            self._running.statistics.setdefault(line["values"], []).append(line["statistics"])

    def _reading(self, line: dict[str, Any]) -> None:
        self.journal.reading = ValuesRead.from_json(line["reading"])

    def _returned(self, line: dict[str, Any]) -> None:
        call = self.journal.calls[line["returned"]]
        call.output, call.raised, call.ended = line["output"], None, True

    def _raised(self, line: dict[str, Any]) -> None:
        call = self.journal.calls[line["raised"]]
        call.raised, call.ended = line["error"], True

    def _test_ends(self, line: dict[str, Any]) -> None:
        test, self._running = self.journal.tests[-1], None
        test.outcome, test.counts = line["outcome"], dict(line["counts"])
        test.device_trace_runs = dict(line.get("device_trace_runs", ()))

    def _allocated(self, line: dict[str, Any]) -> None:
        test = "" if self._running is None else self._running.source
        self.journal.unsafe.append(UnsafeAllocation(line["unsafe"], line["line"], test))

    def _failed(self, line: dict[str, Any]) -> None:
        errors = tuple(map(RaisedError.from_json, line["errors"]))
        self.journal.failures.append(Failure(line["failed"], line["phase"], errors))

    def _exits(self, line: dict[str, Any]) -> None:
        self.journal.exit_status = line["exit"]

    def _count(self, number: int) -> None:
        if self._running is not None:  # calls between tests belong to none
            self._running.counts[number] = 1


def read_journal(path: Path) -> Journal:
    """Read a raw trace; a last line that was cut short, as by a killed process or a full disk, is left out.

    Raises:
        CaptureError: the file is missing or no raw trace; names it, and the line.
    """
    reader, number, cut = JournalReader(), 0, False
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):  # noqa: B007 - the error names the line
                cut = not line.endswith(b"\n")
                if not cut:
                    reader.feed(loads(line))
    except OSError as error:
        raise CaptureError(f"can't read the trace {path}: {error.strerror}") from error
    except CaptureError as error:
        raise CaptureError(f"{path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CaptureError(f"{path}: line {number} is no line of a raw trace: {error!r}") from error
    if not reader.journal.ttnn and not reader.journal.tests:
        raise CaptureError(f"{path}: it is no raw trace, or it ended before it began")
    reader.journal.cut = cut
    return reader.journal
