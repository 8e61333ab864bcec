"""One traced call signature of an operation, and where it was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add
from typing import Any

from tracer.device_config import DeviceConfig
from tracer.device_times import DeviceTimes
from tracer.value_statistics import ValueStatistics, merged
from tracer.values import canonical
from tracer.values.base import TypedValue, Value, walk
from tracer.values.dispatch import encode
from tracer.values.padding import separated
from tracer.values.tensor import Tensor
from tracer.values.zoo_model import ZooModel

POSITION = re.compile(r"arg(\d+)")
_POSITIONS = [f"arg{place}" for place in range(64)]


@dataclass
class Execution:
    """Where a configuration was seen.

    Attributes:
        source: the model's test, as passed to the tracer; "" if a trace doesn't say.
        machine: `machine_info` as the file has it: board type, series, cards, mesh.
        count: how often the call was made in one run of the source.
        trace_uid: the trace it came from.
        device_config: how the board was opened, if the trace says so.
        extra: further keys, kept as they are.
        statistics: of the numbers in its tensors, if they were traced, too: by argument (`arg0`, `bias`), inside lists
            by position, too (`arg2[1]`).
        unread_statistics: the JSON of those that can't be read, written back as it was; at "" if it is no object.
        device_trace_runs: how often device traces that hold the call ran, in one run of the source; 0 if there were
            none. No part of any hash, nor of `count`.
        zoo: the models of a zoo that the source was traced as, by name.
        device_times: how long it ran on the device, where a profiler measured it.
    """

    source: str
    machine: dict[str, Any] | None = None
    count: int | None = None
    trace_uid: str | None = None
    device_config: DeviceConfig | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    statistics: dict[str, ValueStatistics] = field(default_factory=dict)
    unread_statistics: dict[str, Any] = field(default_factory=dict)
    device_trace_runs: int = 0
    zoo: dict[str, ZooModel] = field(default_factory=dict)
    device_times: DeviceTimes | None = None


@dataclass
class Configuration:
    """One traced call signature. Its hashes are cached: see `forget_derived`.

    Attributes:
        operation: canonical name.
        arguments: positional ones first, as arg0, arg1, ..., then those passed by name.
        names: the parameters' names of the positional ones, as far as they are known.
        output: what the call returned; None if the trace doesn't say.
        raised: the text of the exception that the traced call raised.
        executions: where it was seen; the `config_hash` covers the machine of the first.
        index: its place among the operation's configurations in the file, from 0.
        given_hash: the `config_hash` in the file.
        extra: further keys of the file, kept as they are.
        raw: the arguments as they are in a version-2 file; they are written back unchanged.
    """

    operation: str
    arguments: dict[str, Value]
    names: tuple[str, ...] = ()
    output: Value = None
    raised: str | None = None
    executions: list[Execution] = field(default_factory=list)
    index: int = 0
    given_hash: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] | None = None

    @cached_property
    def encoded(self) -> dict[str, Any]:
        """Version 2's JSON of the arguments."""
        return {name: encode(value) for name, value in self.arguments.items()}

    @cached_property
    def canonical_text(self) -> str:
        """The canonical form, which the content hash is computed from."""
        return canonical.canonical_text(self.operation, self.encoded)

    @cached_property
    def padded_shapes(self) -> dict[str, list[int]]:
        """The padded shapes that don't follow from the rest, by place; a master has them beside the arguments."""
        return separated(self.encoded)[1] if self._has_padding() else {}

    @property
    def written_arguments(self) -> dict[str, Any]:
        """The arguments as they are in a version-2 file."""
        if self.raw is not None:
            return self.raw
        return separated(self.encoded)[0] if self._has_padding() else self.encoded

    def _has_padding(self) -> bool:
        parts = (part for value in self.arguments.values() for part in walk(value))
        return any(isinstance(part, Tensor) and part.padded is not None for part in parts)

    @cached_property
    def content_hash(self) -> str:
        """The identity of the configuration, the same in every schema."""
        return canonical.hash_of(self.canonical_text)

    @cached_property
    def config_hash(self) -> str:
        """tt-metal's hash: the file's, else computed."""
        return self.given_hash if self.given_hash is not None else self.computed_hash()

    def computed_hash(self) -> str:
        """Compute tt-metal's hash, which covers the machine of the first execution."""
        return self.hash_with(self.executions[0].machine if self.executions else None)

    def hash_with(self, machine: dict[str, Any] | None) -> str:
        """Compute tt-metal's hash for a machine."""
        return canonical.config_hash(self.operation, self.written_arguments, machine)

    def forget_derived(self) -> None:
        """Drop what was derived from arguments and executions that have been replaced."""
        for name in ("encoded", "canonical_text", "padded_shapes", "content_hash", "config_hash", "lost"):
            self.__dict__.pop(name, None)

    @cached_property
    def lost(self) -> tuple[str, ...]:
        """The names of the arguments that a trace lost something of."""
        return tuple(name for name, value in self.arguments.items() if any(map(_is_partial, walk(value))))

    @property
    def sources(self) -> tuple[str, ...]:
        """The models' tests it was seen in, each once."""
        return _sources(self.executions)

    @property
    def tags(self) -> frozenset[str]:
        """The tags of the models of zoos that it was seen in."""
        return _tags(self.executions)

    @property
    def statistics(self) -> dict[str, ValueStatistics]:
        """The statistics of the numbers in its tensors, of all executions together; they are no part of any hash."""
        parts: dict[str, list[ValueStatistics]] = {}
        for execution in self.executions:
            for place, statistics in execution.statistics.items():
                parts.setdefault(place, []).append(statistics)
        return {place: merged(*several) for place, several in parts.items()}

    @property
    def device_seconds(self) -> float | None:
        """The mean time of the kernels of one call, in seconds, of all executions that were measured."""
        times = [each.device_times for each in self.executions if each.device_times is not None]
        return reduce(add, times).seconds if times else None

    def name_of(self, argument: str) -> str | None:
        """Return the parameter's name of a positional argument; None if it is not known."""
        match = POSITION.fullmatch(argument)
        position = int(match[1]) if match else len(self.names)
        return self.names[position] if position < len(self.names) else None


def _sources(executions: Iterable[Execution]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(execution.source for execution in executions if execution.source))


def _tags(executions: Iterable[Execution]) -> frozenset[str]:
    return frozenset(tag for each in executions for model in each.zoo.values() for tag in model.tags)


def _is_partial(value: Value) -> bool:
    return isinstance(value, TypedValue) and value.is_partial


@dataclass(frozen=True)
class BrokenConfiguration:
    """A configuration that can't be read, among others that can.

    Attributes:
        operation: canonical name.
        index: its place among the operation's configurations in the file, from 0.
        argument: the argument that is wrong; "" if it is something else.
        message: what is wrong with it.
        raw: the JSON in the file, so that rewriting the file loses nothing.
        executions: where it was seen; None if that can't be read either.
    """

    operation: str
    index: int
    argument: str
    message: str
    raw: Any = None
    executions: tuple[Execution, ...] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The models' tests it was seen in, each once, as far as they can be read."""
        return _sources(self.executions or ())

    @property
    def tags(self) -> frozenset[str]:
        """The tags of the models of zoos that it was seen in, as far as they can be read."""
        return _tags(self.executions or ())

    def __str__(self) -> str:
        where = f", argument {self.argument}" if self.argument else ""
        return f"{self.operation}, index {self.index}{where}: {self.message}"


def in_order(names: Iterable[str]) -> list[str]:
    """Return argument names in the order of the call: by position, then those passed by name, in their order."""
    ordered = list(names)
    positional = [name for name in ordered if name[:3] == "arg"]
    count = len(positional)
    if positional == _POSITIONS[:count] and (count == len(ordered) or positional == ordered[:count]):
        return ordered

    def place(name: str) -> tuple[bool, int]:
        digits = name[3:] if name.startswith("arg") else ""
        return (True, 0) if not digits.isdecimal() else (False, int(digits))

    return sorted(ordered, key=place)
