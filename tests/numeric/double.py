"""An execution whose outputs are right by construction, or bent.

Calls are made on a real mock board, so that ttnn itself checks the arguments and lays out the output. The numbers,
which a mock lacks, are computed in torch from the call's inputs. Then they are put into host tensors of the output's
own dtype and layout: what bfloat16 and block floats do to numbers is done by ttnn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import ttnn

from farm.judging.operation_kinds import kind_of
from farm.worker.execution import DeviceExecution, LiveCall
from farm.worker.goldens.calling import NotCompared
from farm.worker.goldens.judge import cropped
from tests.numeric.honest import facts_of, honest, written
from tests.numeric.references import MESH_REFERENCES, REFERENCES

LARGE = 1 << 20
"""Elements of a call's inputs from which on it is computed in float32: twice as quick, and exact enough."""

Bend = Callable[[Any, "Place"], Any]
"""Takes an output's right numbers (float64, or integers) and where they belong; returns the bent ones."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where numbers belong.

    Attributes:
        operation: the operation's dotted name.
        output: the number of the output.
        chip: the number of the chip, of `chips`.
        chips: the number of chips.
        tensor: the output on the board, for its dtype, layout and memory config.
        other: the right numbers of the next chip; None on a single chip.
        before: what the output held before the call, where the call was given it.
    """

    operation: str
    output: int
    chip: int
    chips: int
    tensor: Any
    other: Any = None
    before: Any = None


@dataclass(frozen=True, slots=True)
class Written:
    """What the double gave as one chip's part of an output.

    Attributes:
        place: where it belongs.
        right: the right numbers, before they were rounded to the output's dtype.
        host: the host tensor that it gave.
    """

    place: Place
    right: Any
    host: Any


@dataclass
class NumericDouble:
    """An `Execution` on a mock mesh that gives right numbers.

    Attributes:
        device: the open mock mesh.
        fallback: computes the outputs of an operation without a reference of its own, on one chip.
        bend: bends the outputs; None leaves them right.
        honest: whether outputs are as far from exact ones as hardware makes them (`tests.numeric.honest`).
        calls: the number of calls that were made.
        outputs: what the last call gave.
    """

    device: Any
    fallback: Callable[[Any, LiveCall, int], Any]
    bend: Bend | None = None
    honest: bool = False
    calls: int = 0
    outputs: list[Written] = field(default_factory=list)
    _written: dict[int, tuple[Any, list[Any]]] = field(default_factory=dict)
    _inputs: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    _buffers: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def call(self, operation: Callable[..., Any], live: LiveCall) -> Any:
        """See `Execution`."""
        self._written.clear()
        self.outputs = []
        self._inputs = {
            id(one): (one, host)
            for one, host in zip(
                _leaves(live.positional, live.keywords), _leaves(live.host_positional, live.host_keywords), strict=True
            )
        }
        output = live.made(operation)
        self.calls += 1
        name = operation.python_fully_qualified_name  # type: ignore[attr-defined]
        chips = self.device.get_num_devices()
        try:
            if name in MESH_REFERENCES:
                numbers = self._mesh_numbers(name, live)
            else:
                numbers = [self._numbers(operation, name, live, chip) for chip in range(chips)]
        except NotCompared:
            return output  # there are no right numbers: the board's own zeros stay
        for number, tensor in enumerate(_tensors(output)[: len(numbers[0])]):
            part = ttnn.get_device_tensors(tensor)[0]
            shape = tuple(part.shape)
            rights = [cropped(name, each[number].detach(), part) for each in numbers]
            if any(each.numel() != math.prod(shape) for each in rights):
                continue  # a golden of another size is farm's to judge
            rights = [each.reshape(shape) for each in rights]
            before = self._inputs.get(id(tensor))
            hosts = []
            for chip, right in enumerate(rights):
                held = None if before is None else on_chip(before[1], chip)
                other = rights[(chip + 1) % chips] if chips > 1 else None
                place = Place(name, number, chip, chips, tensor, other, held)
                given = written(right, tensor.dtype.name, kind_of(name)) if self.honest else right
                hosts.append(like(tensor, given if self.bend is None else self.bend(given, place)))
                self.outputs.append(Written(place, right, hosts[-1]))
            self._written[id(tensor)] = (tensor, hosts)
        return output

    def read(self, tensor: Any) -> list[Any]:
        """See `Execution`."""
        if id(tensor) in self._written:
            return self._written[id(tensor)][1]
        if id(tensor) in self._inputs:
            return list(ttnn.get_device_tensors(self._inputs[id(tensor)][1]))
        return [ttnn.from_device(part) for part in ttnn.get_device_tensors(tensor)]

    def write(self, words: Any, memory: Any) -> Any:
        """See `Execution`; memory around outputs stays as it is."""
        tensor = DeviceExecution(self.device, waits=False).write(words, memory)
        self._buffers[id(tensor)] = (tensor, words)
        return tensor

    def words(self, tensor: Any) -> list[Any]:
        """See `Execution`."""
        return [self._buffers[id(tensor)][1]] * self.device.get_num_devices()

    def _mesh_numbers(self, name: str, live: LiveCall) -> list[list[Any]]:
        """The outputs of an operation in which chips exchange data, for each chip."""
        named = dict(live.host_keywords)
        first = next(key for key, value in named.items() if isinstance(value, ttnn.Tensor))
        whole = named.pop(first)
        parts = [_precise(on_chip(whole, chip), torch.float64) for chip in range(self.device.get_num_devices())]
        return [[part] for part in MESH_REFERENCES[name](parts, **named)]

    def _numbers(self, operation: Any, name: str, live: LiveCall, chip: int) -> list[Any]:
        reference = REFERENCES.get(name)
        elements = sum(tensor.logical_volume() for tensor in _leaves(live.host_positional, live.host_keywords))
        dtype = torch.float64 if elements <= LARGE else torch.float32

        def compute(positional: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
            return self.fallback(operation, live, chip) if reference is None else reference(*positional, **keywords)

        positional, keywords = [], {}
        if reference is not None:
            positional = [_precise(on_chip(value, chip), dtype) for value in live.host_positional]
            keywords = {key: _precise(on_chip(value, chip), dtype) for key, value in live.host_keywords.items()}
        if self.honest:
            facts = facts_of(name, live.host_positional, live.host_keywords, "wormhole_b0")
            numbers = honest(facts, positional, keywords, compute)
        else:
            numbers = compute(positional, keywords)
        outputs = [each for each in (numbers if isinstance(numbers, (list, tuple)) else [numbers]) if each is not None]
        return [each.float() if each.dtype is torch.bool else each for each in outputs]


def like(tensor: Any, numbers: Any) -> Any:
    """Put numbers into a host tensor of the dtype, layout and tile of another."""
    if numbers.is_floating_point() and tensor.dtype in (ttnn.bfloat16, ttnn.float32, ttnn.bfloat8_b, ttnn.bfloat4_b):
        numbers = numbers.float()
    return ttnn.from_torch(numbers, dtype=tensor.dtype, layout=tensor.layout, tile=tensor.tile)


def on_chip(value: Any, chip: int) -> Any:
    """A host argument with its tensors in torch, as one chip has them."""
    if isinstance(value, ttnn.Tensor):
        parts = ttnn.get_device_tensors(value)
        return ttnn.to_torch(parts[chip if len(parts) > 1 else 0])
    return [on_chip(each, chip) for each in value] if isinstance(value, list) else value


def _precise(value: Any, dtype: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.to(dtype)
    if isinstance(value, torch.Tensor) and value.dtype in (torch.uint16, torch.uint32):
        return value.to(torch.int64)  # torch computes little of the unsigned ones
    return [_precise(each, dtype) for each in value] if isinstance(value, list) else value


def _tensors(output: Any) -> list[Any]:
    if isinstance(output, ttnn.Tensor):
        return [output]
    return [tensor for each in output for tensor in _tensors(each)] if isinstance(output, (list, tuple)) else []


def _leaves(positional: Sequence[Any], keywords: Mapping[str, Any]) -> list[Any]:
    return [tensor for value in (*positional, *keywords.values()) for tensor in _tensors(value)]
