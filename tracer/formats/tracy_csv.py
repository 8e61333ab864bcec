"""Tracy's operation reports: `ops_perf_results_*.csv`, one row for each call of a device operation on each chip.

The post-processing of tt-metal's profiler writes them. Columns that newer versions have and older ones don't, or the
other way, are no error. Commas inside cells are written as semicolons. Sizes are `padded[logical]`, or padded alone.
"""

from __future__ import annotations

import ast
import csv
import re
import warnings
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isnan, nan
from pathlib import Path
from typing import Any

from tracer.device_times import DeviceTimes, Times
from tracer.errors import ConfigurationError, TraceFormatError
from tracer.formats.base import Loss, RecordedCall
from tracer.formats.device_calls import DeviceCall, configuration_of
from tracer.formats.device_operations import rule_of
from tracer.formats.recognition import TRACY
from tracer.limits import MOST_CHIPS
from tracer.schemas.v1 import decode
from tracer.values import Lost, MemoryConfig, Tensor, Value
from tracer.values.configuration import BrokenConfiguration, Execution

_NAMES = ("OP CODE", "OP NAME")
_TYPE, _CALL, _CHIP, _ARCH = "OP TYPE", "GLOBAL CALL COUNT", "DEVICE ID", "DEVICE ARCH"
_ATTRIBUTES, _TRACE, _SESSION = "ATTRIBUTES", "METAL TRACE ID", "METAL TRACE REPLAY SESSION ID"
_UNMEASURED = ("", "-", "nan", "n/a", "none")
"""What stands for a duration that wasn't measured, in lower case: Tracy leaves it empty, other tools may not."""

_KERNEL, _FIRMWARE = "DEVICE KERNEL DURATION [ns]", "DEVICE FW DURATION [ns]"
_TENSOR = re.compile(r"(INPUT|OUTPUT)_(\d+)_([WZYX])(?:_PAD\[LOGICAL\])?$")
_SIZE = re.compile(r"(\d+)(?:\[(\d+)\])?$")
_MEMORY = re.compile(r"(?:DEV_\d+|DEVICE)_(DRAM|L1|L1_SMALL|TRACE)(?:_(INTERLEAVED|[A-Z]+_SHARDED|SINGLE_BANK))?$")
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(.*)", re.DOTALL)
_ARCHITECTURES = {"wormhole_b0": "Wormhole", "wormhole": "Wormhole", "blackhole": "Blackhole", "quasar": "Quasar"}
_TILE = 32


class TracyCsv:
    """Reports of operations and their times."""

    name = TRACY.name
    omits = (
        "the model's test",
        "ranks of tensors: all sizes are written with four dimensions",
        "shard specs of input tensors",
        "how tensors are spread over a mesh",
        "arguments that the device operation has no attribute for",
    )

    def read(self, path: Path) -> Iterator[RecordedCall | BrokenConfiguration]:
        """Yield a call for each content, with its count and times; those that can't be read first."""
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _calls(path, file)
        except UnicodeDecodeError:
            raise TraceFormatError(f"{path}: not UTF-8 text; an operation report is a CSV file") from None
        except OSError as error:
            raise TraceFormatError(f"{path}: can't be read: {error.strerror or error}") from None


@dataclass(frozen=True)
class _TensorColumns:
    """Where the cells of one tensor are in a row, its four sizes first; -1 for a column that isn't there."""

    name: str
    sizes: tuple[int, ...]
    layout: int
    dtype: int
    memory: int


@dataclass(frozen=True)
class _Columns:
    """Where the cells of a row are; -1 for a column that isn't there. No row of a call ends before `last`."""

    places: Mapping[str, int]
    code: int
    inputs: tuple[_TensorColumns, ...]
    outputs: tuple[_TensorColumns, ...]
    last: int

    @classmethod
    def of(cls, header: Sequence[str]) -> _Columns:
        """Find the columns by their names."""
        places = {name.strip(): place for place, name in enumerate(header)}
        sizes: dict[tuple[str, int], dict[str, int]] = {}
        for name, place in places.items():
            match = _TENSOR.match(name)
            if match:
                sizes.setdefault((match[1], int(match[2])), {})[match[3]] = place
        tensors: dict[str, list[_TensorColumns]] = {"INPUT": [], "OUTPUT": []}
        for (kind, number), by_letter in sorted(sizes.items()):
            name = f"{kind}_{number}"
            others = (places.get(f"{name}_{what}", -1) for what in ("LAYOUT", "DATATYPE", "MEMORY"))
            columns = _TensorColumns(name, tuple(by_letter.get(letter, -1) for letter in "WZYX"), *others)
            tensors[kind].append(columns)
        code = next(places[name] for name in _NAMES if name in places)
        last = max(code, *(places.get(name, 0) for name in (_ATTRIBUTES, _KERNEL)))
        last = max(last, *(each.memory for each in (*tensors["INPUT"], *tensors["OUTPUT"])), 0)
        return cls(places, code, tuple(tensors["INPUT"]), tuple(tensors["OUTPUT"]), last)

    def cell(self, row: Sequence[str], name: str) -> str:
        """Return a cell; "" where the row or the file has none."""
        place = self.places.get(name, -1)
        return row[place].strip() if 0 <= place < len(row) else ""


@dataclass
class _Content:
    """The rows of calls that are alike.

    Attributes:
        row: the first of them.
        line: its line in the file.
        rows: how many there are, by chip.
        calls: how many of them the model made, by chip; the others are of device traces that ran again.
        sessions: the runs of device traces that they are of.
        kernel: for each call the time of the slowest chip in nanoseconds; nan if not measured.
        firmware: the same with the firmware around the kernels.
    """

    row: Sequence[str]
    line: int
    rows: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    sessions: set[tuple[str, str]] = field(default_factory=set)
    kernel: array[float] = field(default_factory=lambda: array("d"))
    firmware: array[float] = field(default_factory=lambda: array("d"))

    def add(self, chip: str, session: tuple[str, str] | None, *, again: bool, kernel: float, firmware: float) -> None:
        """Add a row: the n-th one of a chip is of the n-th call, which all chips made together."""
        place = self.rows.get(chip, 0)
        self.rows[chip] = place + 1
        self.calls[chip] = self.calls.get(chip, 0) + (not again)
        if session is not None:
            self.sessions.add(session)
        if place == len(self.kernel):
            self.kernel.append(kernel)
            self.firmware.append(firmware)
        else:
            self.kernel[place] = _larger(self.kernel[place], kernel)
            self.firmware[place] = _larger(self.firmware[place], firmware)

    def times(self) -> DeviceTimes | None:
        """Return the measured times; None if nothing was measured."""
        kernel = [each for each in self.kernel if not isnan(each)]
        firmware = [each for each in self.firmware if not isnan(each)]
        if not kernel:
            return None
        return DeviceTimes(len(kernel), _times(kernel), _times(firmware) if len(firmware) == len(kernel) else None)


def _calls(path: Path, file: Iterable[str]) -> Iterator[RecordedCall | BrokenConfiguration]:
    rows = csv.reader(file, strict=True)
    contents: dict[tuple[str, ...], _Content] = {}
    first_sessions: dict[str, str] = {}
    chips: set[str] = set()
    columns: _Columns | None = None
    try:
        for row in rows:
            if columns is None:
                if not set(_NAMES) & set(map(str.strip, row)):
                    raise TraceFormatError(f"{path}: line {rows.line_num}: no column is called {' or '.join(_NAMES)}")
                columns = _Columns.of(row)
                continue
            code = row[columns.code].strip() if columns.code < len(row) else ""
            if not code or not _is_device_row(columns, row):
                continue
            try:
                key = _key(columns, row)
                kernel, firmware = (_nanoseconds(columns, row, name) for name in (_KERNEL, _FIRMWARE))
            except ConfigurationError as error:
                yield BrokenConfiguration(code, rows.line_num, "", f"line {rows.line_num}: {error}", row[:8])
                continue
            chip, trace = columns.cell(row, _CHIP), columns.cell(row, _TRACE)
            replay = columns.cell(row, _SESSION) if trace else ""
            session = (trace, replay) if replay else None
            again = session is not None and first_sessions.setdefault(trace, replay) != replay
            chips.add(chip)
            if len(chips) > MOST_CHIPS:
                raise TraceFormatError(f"{path}: line {rows.line_num}: more than {MOST_CHIPS} device ids")
            content = contents.get(key)
            if content is None:
                content = contents[key] = _Content(row, rows.line_num)
            content.add(chip, session, again=again, kernel=kernel, firmware=firmware)
    except csv.Error as error:
        raise TraceFormatError(f"{path}: line {rows.line_num}: not CSV: {error}") from None
    if columns is not None:
        for content in contents.values():
            yield _recorded(columns, content, len(chips))


def _is_device_row(columns: _Columns, row: Sequence[str]) -> bool:
    """Return whether a row is of a device operation: signposts and rows of the host are none."""
    kind = columns.cell(row, _TYPE)
    return kind.endswith("device") if kind or _TYPE in columns.places else True


def _key(columns: _Columns, row: Sequence[str]) -> tuple[str, ...]:
    """Return the cells that a call's content is in."""
    if len(row) <= columns.last:
        raise ConfigurationError(f"has {len(row)} of {len(columns.places)} cells; it is cut off")
    cells = [row[columns.code].strip(), columns.cell(row, _ATTRIBUTES)]
    for tensor in (*columns.inputs, *columns.outputs):
        cells += [row[place] if 0 <= place < len(row) else "" for place in (*tensor.sizes, tensor.layout, tensor.dtype)]
        memory = row[tensor.memory] if 0 <= tensor.memory < len(row) else ""
        cells.append(re.sub(r"^DEV_\d+", "DEVICE", memory))
    return tuple(cells)


def _nanoseconds(columns: _Columns, row: Sequence[str], name: str) -> float:
    text = columns.cell(row, name)
    if text.lower() in _UNMEASURED:
        return nan
    try:
        number = float(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number, not {text[:40]!r}") from None
    if not 0 <= number < 1e18:
        raise ConfigurationError(f"{name} must be a duration, not {text[:40]!r}")
    return number


def _recorded(columns: _Columns, content: _Content, chips: int) -> RecordedCall | BrokenConfiguration:
    row = content.row
    code = row[columns.code].strip()
    try:
        losses: list[str] = []
        inputs = tuple(_tensors(columns.inputs, row, losses))
        unsure: list[str] = []
        outputs = tuple(_tensors(columns.outputs, row, unsure))
        attributes = dict(_attributes(columns.cell(row, _ATTRIBUTES)))
    except ConfigurationError as error:
        return BrokenConfiguration(code, content.line, "", f"line {content.line}: {error}", list(row[:8]))
    configuration, missing = configuration_of(
        DeviceCall(code, attributes, inputs, () if unsure else outputs), rule_of(code)
    )
    missing += tuple(Loss(configuration.operation, "", what) for what in losses)
    machine = _machine(columns.cell(row, _ARCH), chips, attributes)
    if "ring_size" in attributes and "mesh_device_shape" not in machine:
        missing += (Loss(configuration.operation, "", "the shape of the mesh"),)
    execution = Execution(
        "",
        machine or None,
        max(content.calls.values()),
        device_trace_runs=len(content.sessions),
        device_times=content.times(),
    )
    return RecordedCall(configuration, execution, missing)


def _machine(architecture: str, chips: int, attributes: Mapping[str, Value]) -> dict[str, Any]:
    """Return what is recorded of the machine; of a call among chips, the mesh that its rings of chips make up."""
    board = _ARCHITECTURES.get(architecture.lower())
    machine: dict[str, Any] = {} if board is None else {"board_type": board, "device_count": chips}
    ring, axis = attributes.get("ring_size"), attributes.get("cluster_axis")
    if type(ring) is int and ring > 1 and chips % ring == 0:
        if axis in (0, 1):
            machine["mesh_device_shape"] = [ring, chips // ring] if axis == 0 else [chips // ring, ring]
        elif ring == chips:
            machine["mesh_device_shape"] = [1, chips]
    return machine


def _tensors(tensors: Iterable[_TensorColumns], row: Sequence[str], losses: list[str]) -> Iterator[Tensor]:
    """Yield the tensors of a row; add in words what is not recorded of them."""
    for columns in tensors:
        cells = [row[place].strip() if 0 <= place < len(row) else "" for place in columns.sizes]
        if not any(cells):
            continue
        yield _tensor(columns, row, cells, losses)


def _tensor(columns: _TensorColumns, row: Sequence[str], cells: Sequence[str], losses: list[str]) -> Tensor:
    name = columns.name
    layout, dtype, memory = (
        row[place].strip() if 0 <= place < len(row) else "" for place in (columns.layout, columns.dtype, columns.memory)
    )
    if not dtype:
        raise ConfigurationError(f"{name}: has sizes but no data type")
    shape = _shape(name, cells, tiled=layout == "TILE", losses=losses)
    place, placed, storage = _MEMORY.match(memory), None, "DEVICE" if memory else ""
    if place is not None:
        placed = MemoryConfig(place[2] or "INTERLEAVED", place[1])
        if not place[2]:
            losses.append(f"{name}: how it is laid out in {place[1]}")
    elif memory.startswith("HOST"):
        storage = "HOST"
    elif memory:
        losses.append(f"{name}: its memory, {memory[:40]!r}")
    # the spellings are read as those of a master are
    raw = {"original_shape": shape, "original_dtype": dtype, "layout": layout.replace(" ", "_") or None}
    read = Tensor.decode(raw)
    return Tensor(read.shape, read.dtype, read.layout, storage, placed)


def _shape(name: str, cells: Iterable[str], *, tiled: bool, losses: list[str]) -> list[int]:
    """Return logical sizes: those in brackets; where there are none, padded ones, unless they aren't whole tiles."""
    padded, logical, plain = [], [], False
    for cell in cells:
        match = _SIZE.match(cell)
        if match is None:
            raise ConfigurationError(f"{name}: a size must be like 32 or 32[1], not {cell[:40]!r}")
        padded.append(int(match[1]))
        logical.append(int(match[2] or match[1]))
        plain = plain or match[2] is None
    rounded = [*logical[:-2], *(-(-size // _TILE) * _TILE for size in logical[-2:])] if tiled else logical
    if plain and tiled and padded == rounded:
        losses.append(f"{name}: its logical sizes; the padded ones are taken for them")
    elif not plain and padded != rounded:
        losses.append(f"{name}: why it is padded to {'x'.join(map(str, padded))}")
    return logical


@lru_cache(maxsize=4096)
def _attributes(text: str) -> tuple[tuple[str, Value], ...]:
    """Return the attributes of a cell: a dict of texts, or pairs `name=text`.

    Raises:
        ConfigurationError: it is neither.
    """
    if not text or text == "{}":
        return ()
    whole = text.replace(";", ",")
    if not whole.startswith("{"):
        return tuple(_pairs(whole))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of backslashes that escape nothing
            raw = ast.literal_eval(whole)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise ConfigurationError(f"{_ATTRIBUTES} can't be read: {text[:60]!r}") from None
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{_ATTRIBUTES} must hold names and values, not {text[:60]!r}")
    return tuple((str(name), _value(part)) for name, part in raw.items())


def _pairs(text: str) -> Iterator[tuple[str, Value]]:
    """Yield the pairs of `name=text, name=text`; commas inside brackets don't separate."""
    depth, start = 0, 0
    for place, mark in enumerate(f"{text},"):
        depth += (mark in "([{") - (mark in ")]}")
        if depth < 0:
            break
        if mark == "," and depth == 0:
            match = _PAIR.fullmatch(text[start:place])
            if match is None:
                raise ConfigurationError(f"{_ATTRIBUTES} must hold names and values, not {text[:60]!r}")
            yield match[1], _value(match[2])
            start = place + 1
    if depth:
        raise ConfigurationError(f"{_ATTRIBUTES} has unbalanced brackets: {text[:60]!r}")


def _value(raw: Any) -> Value:
    try:
        return decode(raw.strip() if isinstance(raw, str) else raw)
    except ConfigurationError:
        return Lost(str(raw)[:400])


def _larger(one: float, other: float) -> float:
    return other if isnan(one) or other > one else one


def _times(nanoseconds: Sequence[float]) -> Times:
    whole = [round(each) for each in nanoseconds]
    return Times(sum(whole), min(whole), max(whole))
