"""The part of a vector that travels to a board: a tagged union.

    Payload = TracedCall | ModuleVector | ModelTrace | Unreadable

A payload is encoded as JSON once, where it is planned, and decoded once, where it runs: in the worker, or for a model,
which has a process of its own, in the supervisor. Between the two it is opaque text inside an `EncodedVector`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, NamedTuple, TypeAlias

from farm.core.numeric_options import USUAL_NUMBERS, NumericOptions
from farm.core.sweep_module import SweepModule
from tracer.value_statistics import ValueStatistics, statistics_json

MODEL_TRACED = "model_traced"
"""The suite of traced calls."""

# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = json.JSONEncoder(separators=(",", ":")).encode


class Tag(str, Enum):
    """The member of the union that an encoded payload is."""

    TRACED_CALL = "traced_call"
    MODULE_VECTOR = "module_vector"
    MODEL_TRACE = "model_trace"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One traced call of an operation.

    Attributes:
        id: the vector's.
        operation: the operation's dotted name.
        arguments: encoded by `tracer.values.encode`, by position (`arg0`) or name.
        names: the parameter names of the positional arguments, as far as the trace has them.
        output: encoded likewise; None if the trace doesn't have it.
        raised: the text of the exception that the traced call raised; None if it returned.
        modes: what to measure, of `farm.core.measures.MODES`.
        archs: the architectures it was traced on, if it can't run on others.
        openings: how boards were opened where it was traced, each encoded by `TracedOpening.as_json`; only planning a
            resumed run reads them.
        output_archs: the architectures that `output` was traced on: others may choose other cores for it. Empty if
            that isn't known.
        verify: whether to run it under the tracer and compare the new trace with this one.
        numbers: how its numbers are made and judged on a board that computes.
        statistics: of the traced numbers of its tensors, as far as the trace has them: by argument (`arg0`, `bias`),
            inside lists by position, too (`arg2[1]`).
    """

    tag: ClassVar[Tag] = Tag.TRACED_CALL
    suite: ClassVar[str] = MODEL_TRACED

    id: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    output: Any = None
    modes: tuple[str, ...] = ()
    archs: tuple[str, ...] = ()
    verify: bool = False
    openings: tuple[Mapping[str, Any], ...] = ()
    output_archs: tuple[str, ...] = ()
    numbers: NumericOptions = USUAL_NUMBERS
    statistics: Mapping[str, ValueStatistics] = field(default_factory=dict)
    raised: str | None = None

    def as_json(self) -> dict[str, Any]:
        """A plain dict, the tag first; `from_json` reads it back."""
        raw: dict[str, Any] = {
            "tag": self.tag.value,
            "id": self.id,
            "operation": self.operation,
            "arguments": self.arguments,
            "names": self.names,
            "output": self.output,
        }
        if self.modes:
            raw["modes"] = self.modes
        if self.archs:
            raw["archs"] = self.archs
        if self.verify:
            raw["verify"] = True
        if self.openings:
            raw["openings"] = self.openings
        if self.output_archs:
            raw["output_archs"] = self.output_archs
        if numbers := self.numbers.as_json():
            raw["numbers"] = numbers
        if self.statistics:
            raw["statistics"] = statistics_json(self.statistics)
        if self.raised is not None:
            raw["raised"] = self.raised
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> TracedCall:
        """Read what `as_json` wrote."""
        return cls(
            raw["id"],
            raw["operation"],
            raw["arguments"],
            tuple(raw.get("names", ())),
            raw.get("output"),
            tuple(raw.get("modes", ())),
            tuple(raw.get("archs", ())),
            raw.get("verify", False),
            tuple(raw.get("openings", ())),
            tuple(raw.get("output_archs", ())),
            NumericOptions.from_json(raw["numbers"]) if "numbers" in raw else USUAL_NUMBERS,
            {place: ValueStatistics.from_json(each) for place, each in raw.get("statistics", {}).items()},
            raw.get("raised"),
        )


@dataclass(frozen=True, slots=True)
class ModuleVector:
    """One vector of a sweep module.

    Attributes:
        id: the vector's.
        module: the module to import.
        suite: the vector's suite.
        index: its position in the suite.
        input_hash: as tt-metal computes it.
        values: the values that can be encoded by `farm.sweeps.values`, by name.
        unwritten: why the others can't, by name; the module itself must recreate them.
        grid: columns and rows of compute cores that the values name.
        timeout: the module's own limit in seconds.
        modes: what to measure, of `farm.core.measures.MODES`.
        lost: the arguments that its trace lost.
        openings: as of a traced call.
    """

    tag: ClassVar[Tag] = Tag.MODULE_VECTOR

    id: str
    module: SweepModule
    suite: str = ""
    index: int = 0
    input_hash: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    unwritten: Mapping[str, str] = field(default_factory=dict)
    grid: tuple[int, int] = (1, 1)
    timeout: float | None = None
    modes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    openings: tuple[Mapping[str, Any], ...] = ()

    @property
    def operation(self) -> str:
        """The module's dotted name."""
        return self.module.name

    def as_json(self) -> dict[str, Any]:
        """A plain dict, the tag first; `from_json` reads it back."""
        raw: dict[str, Any] = {
            "tag": self.tag.value,
            "id": self.id,
            "operation": self.operation,
            "module": self.module.as_json(),
            "suite": self.suite,
            "index": self.index,
            "input_hash": self.input_hash,
            "values": self.values,
        }
        if self.grid != (1, 1):
            raw["grid"] = self.grid
        if self.unwritten:
            raw["unwritten"] = self.unwritten
        if self.timeout is not None:
            raw["timeout"] = self.timeout
        if self.modes:
            raw["modes"] = self.modes
        if self.lost:
            raw["lost"] = self.lost
        if self.openings:
            raw["openings"] = self.openings
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModuleVector:
        """Read what `as_json` wrote."""
        columns, rows = raw.get("grid", (1, 1))
        return cls(
            raw["id"],
            SweepModule.from_json(raw["module"]),
            raw["suite"],
            raw["index"],
            raw["input_hash"],
            raw["values"],
            raw.get("unwritten", {}),
            (columns, rows),
            raw.get("timeout"),
            tuple(raw.get("modes", ())),
            tuple(raw.get("lost", ())),
            tuple(raw.get("openings", ())),
        )


@dataclass(frozen=True, slots=True)
class ModelTrace:
    """A model to trace.

    Attributes:
        id: the model's name, which is the vector's id and operation.
        target: pytest target or script.
        folder: where it runs.
        arguments: for pytest or the script.
        environment: variables of its process.
        timeout: seconds it may take.
        values: whether to keep statistics of the numbers in each call's tensors, too.
    """

    tag: ClassVar[Tag] = Tag.MODEL_TRACE
    suite: ClassVar[str] = "zoo"

    id: str
    target: str
    folder: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    values: bool = False

    @property
    def operation(self) -> str:
        """The model's name."""
        return self.id

    def as_json(self) -> dict[str, Any]:
        """A plain dict, the tag first; `from_json` reads it back."""
        raw: dict[str, Any] = {
            "tag": self.tag.value,
            "id": self.id,
            "operation": self.operation,
            "target": self.target,
            "folder": self.folder,
            "arguments": self.arguments,
            "environment": self.environment,
            "timeout": self.timeout,
        }
        return {**raw, "values": True} if self.values else raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModelTrace:
        """Read what `as_json` wrote."""
        return cls(
            raw["id"],
            raw["target"],
            raw["folder"],
            tuple(raw["arguments"]),
            raw["environment"],
            raw["timeout"],
            raw.get("values", False),
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A configuration, a module or a suite that can't be read, so that it can't run either.

    Attributes:
        id: the vector's.
        operation: the operation's dotted name, or the module's.
        suite: the module's suite; "" for the whole module.
        problem: why it can't be read; "" if the plan's record says so.
        raw: the configuration as it is in the master; None for a module.
    """

    tag: ClassVar[Tag] = Tag.UNREADABLE

    id: str
    operation: str
    suite: str = MODEL_TRACED
    problem: str = ""
    raw: Any = None

    def as_json(self) -> dict[str, Any]:
        """A plain dict, the tag first; `from_json` reads it back."""
        return {
            "tag": self.tag.value,
            "id": self.id,
            "operation": self.operation,
            "suite": self.suite,
            "problem": self.problem,
            "raw": self.raw,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Unreadable:
        """Read what `as_json` wrote."""
        return cls(raw["id"], raw["operation"], raw["suite"], raw["problem"], raw["raw"])


Payload: TypeAlias = TracedCall | ModuleVector | ModelTrace | Unreadable

_READERS = {each.tag.value: each.from_json for each in (TracedCall, ModuleVector, ModelTrace, Unreadable)}


class EncodedVector(NamedTuple):
    """A vector on its way to a board.

    Attributes:
        id: the vector's.
        operation: the operation's, or its sweep module's.
        text: its payload as `encode` wrote it.
        timeout: its own limit in seconds.
        deadline: a limit in seconds that follows from its earlier runs.
        archive: the folder that a model runs in, as a zip file in base64, if it travels with the model.
    """

    id: str
    operation: str
    text: str
    timeout: float | None = None
    deadline: float | None = None
    archive: str | None = None

    @property
    def tag(self) -> Tag:
        """The tag of its payload."""
        return tag_of(self.text)


def encode(payload: Payload) -> str:
    """Encode a payload as JSON: one line of ASCII without optional spaces."""
    return _to_json(payload.as_json())


def decode(text: str) -> Payload:
    """Read what `encode` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is not a payload.
    """
    return from_json(json.loads(text))


def from_json(raw: Mapping[str, Any]) -> Payload:
    """Read a payload's plain dict.

    Raises:
        ValueError, KeyError, TypeError: it is not a payload.
    """
    return _READERS[raw["tag"]](raw)


_BEFORE_TAG = '{"tag":"'


def tag_of(text: str) -> Tag:
    """The tag of an encoded payload, which `encode` writes first: the rest isn't decoded.

    Raises:
        ValueError: it is not an encoded payload.
    """
    if not text.startswith(_BEFORE_TAG):
        raise ValueError(f"not an encoded payload: {text[:80]}")
    return Tag(text[len(_BEFORE_TAG) : text.index('"', len(_BEFORE_TAG))])
