"""Calls run again under the tracer, compared with what was traced. Runs in the worker alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from farm.worker.accepting import EMPTY
from farm.worker.binding import Call
from tracer.capture.recorder import Capture
from tracer.values import Struct, Tensor, Value, is_lost, show
from tracer.values import decode as decode_value
from tracer.values.canonical import content_hash
from tracer.values.configuration import POSITION
from tracer.values.versions import CLASS, known_of


class Replay:
    """Records one call at a time, as a model's trace does.

    Attributes:
        arguments: those of the last call, by position and name; None where no call was recorded.
        names: the parameters' names of the positional arguments.
    """

    def __init__(self) -> None:
        self.arguments: dict[str, Value] | None = None
        self.names: tuple[str, ...] = ()
        self._lines = _Lines()
        self._capture = Capture(self._lines, leave_out=frozenset())

    def call(self, call: Callable[[], Any]) -> Any:
        """Make a call, and return or raise what it does."""
        self.arguments, self.names = None, ()
        self._capture.start()
        try:
            return call()
        finally:
            self._capture.pause()
            calls = [line for line in self._lines.take() if "call" in line]
            if len(calls) == 1:
                self.names = tuple(calls[0]["names"])
                self.arguments = {name: decode_value(raw) for name, raw in calls[0]["arguments"].items()}

    def differences(self, operation: str, traced: Mapping[str, Value], call: Call) -> list[str]:
        """How the last call differs from a traced one, by argument; empty where their hashes are equal.

        What only one of the two ttnns has is no difference where it holds its default there.

        Args:
            operation: its name.
            traced: the arguments of the trace.
            call: the call that was made of them.
        """
        if self.arguments is None:
            return ["the tracer saw no call of it"]
        if content_hash(operation, self.arguments) == content_hash(operation, traced):
            return []
        left_out = {each.name for each in call.left_out}
        ran = by_parameter(self.arguments, self.names)
        # where a trace leaves open what a value is, its parameter's type tells
        bound = {**dict(zip(call.positional_names, call.positional, strict=True)), **call.keywords}
        recorded = {
            name: bound.get(name, value)
            for name, value in by_parameter(traced, call.names).items()
            if name not in left_out and not _says_nothing(bound.get(name, value), is_bound=name in bound)
        }
        for name in [name for name, value in by_parameter(traced, call.names).items() if is_lost(value)]:
            recorded.pop(name, None)  # what the trace lost, nothing can differ from
            ran.pop(name, None)
        for name in recorded.keys() & ran.keys():
            recorded[name], ran[name] = _common(recorded[name], ran[name]), _common(ran[name], recorded[name])
            ran[name] = _as_far_as_traced(ran[name], recorded[name])
        if content_hash(operation, ran) == content_hash(operation, recorded):
            return []
        return [
            f"{name}: {_shown(recorded, name)} was traced, {_shown(ran, name)} ran"
            for name in sorted(recorded.keys() | ran.keys())
            if name not in recorded or name not in ran or recorded[name] != ran[name]
        ]


def _common(value: Value, other: Value) -> Value:
    """Return a value without the fields that another of its class lacks and that hold their default."""
    if isinstance(value, tuple) and isinstance(other, tuple) and len(value) == len(other):
        return tuple(map(_common, value, other))
    if not isinstance(value, Struct) or not isinstance(other, Struct) or value.type != other.type:
        return value
    others, signature = dict(other.fields), known_of(CLASS + value.type)
    fields: list[tuple[str, Value]] = []
    for name, part in value.fields:
        default = None if name in others else signature.default(name)
        if default is None or default.value != part:
            fields.append((name, _common(part, others[name]) if name in others else part))
    return Struct(value.type, tuple(fields))


def _says_nothing(value: Value, *, is_bound: bool) -> bool:
    """Return whether a traced value is a None, which C++ may have printed as an empty collection."""
    return value is None or (value in EMPTY and not is_bound)


def _as_far_as_traced(ran: Value, traced: Value) -> Value:
    """Return a value that ran, its tensors without what the trace doesn't say of them."""
    if isinstance(ran, tuple) and isinstance(traced, tuple) and len(ran) == len(traced):
        return tuple(map(_as_far_as_traced, ran, traced))
    if not isinstance(ran, Tensor) or not isinstance(traced, Tensor):
        return ran
    return replace(
        ran,
        layout=ran.layout if traced.layout else "",
        storage=ran.storage if traced.storage else "",
        memory=None if traced.memory is None else ran.memory,
        placement=None if traced.placement is None else ran.placement,
    )


def by_parameter(arguments: Mapping[str, Value], names: Sequence[str]) -> dict[str, Value]:
    """Arguments by their parameters' names, without the Nones: leaving one out and passing None is the same."""
    by_name: dict[str, Value] = {}
    for name, value in arguments.items():
        position = POSITION.fullmatch(name)
        place = int(position[1]) if position else len(names)
        if value is not None:
            by_name[names[place] if place < len(names) else name] = value
    return by_name


def _shown(arguments: Mapping[str, Value], name: str) -> str:
    return show(arguments[name]) if name in arguments else "nothing"


class _Lines:
    """The lines that a capture writes, kept in memory."""

    failure: str | None = None

    def __init__(self) -> None:
        self._lines: list[dict[str, Any]] = []

    def write(self, line: dict[str, Any]) -> None:
        self._lines.append(line)

    def take(self) -> list[dict[str, Any]]:
        """Return all lines since the last call, and forget them."""
        lines, self._lines = self._lines, []
        return lines

    def close(self) -> None:
        pass
