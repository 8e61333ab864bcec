"""Typed values made into live ttnn objects again, exactly.

Every tensor is described after it was made and compared with what was traced: a difference is a fault of this project
and never of the test.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import ttnn

from tracer.errors import RebuildError, RebuildMismatchError
from tracer.values.base import TypedValue, Value
from tracer.values.dispatch import describe
from tracer.values.mapping import Mapping
from tracer.values.memory import IN_DRAM
from tracer.values.placement import Placement
from tracer.values.structs import Struct
from tracer.values.tensor import Tensor
from tracer.values.versions import LeftOut

Numbers = Callable[[Tensor, Placement | None], Any]
"""Makes the array of a tensor's numbers, in the array type of `numpy_dtype`: over the whole mesh if it is spread so."""

_DTYPES = {"FLOAT32": np.float32, "INT32": np.int32, "UINT32": np.uint32, "UINT16": np.uint16, "UINT8": np.uint8}

_HAVE_PARTS = Struct, Mapping, tuple
"""The classes of values that consist of others, as far as fields may be left out of those."""

_SETS_TOPOLOGY = hasattr(ttnn.Tensor, "update_tensor_topology")
"""Whether a tensor on the device can be told how it is spread; 0.66.0 takes that over from the host alone."""


class Rebuilder:
    """Makes values into live objects.

    Attributes:
        ttnn: the module.
        device: the open mesh device; None where none is open, then only values that need none can be built.
        numbers: makes the numbers of tensors; None leaves memory as it is.
    """

    def __init__(self, device: Any, numbers: Numbers | None = None) -> None:
        self.ttnn: Any = ttnn
        self.device = device
        self.numbers = numbers
        self._host_copies: dict[int, tuple[Any, Any]] = {}

    def on_host(self, live: Any) -> Any:
        """Return a live argument with host tensors of the same numbers in place of its tensors on the device.

        Only tensors with numbers that were made since the last `forget_numbers` have such copies.
        """
        if isinstance(live, list):
            return [self.on_host(part) for part in live]
        return self._host_copies.get(id(live), (live, live))[1]

    def forget_numbers(self) -> None:
        """Let go of all copies."""
        self._host_copies.clear()

    def live(self, value: Value) -> Any:
        """Build the live object of a value.

        Raises:
            RebuildError: this ttnn has no such class, field or member.
            RebuildMismatchError: a tensor differs from the traced one.
        """
        if isinstance(value, TypedValue):
            return value.build(self) if value.NEEDS_DEVICE else shared(value)
        return [self.live(part) for part in value] if isinstance(value, tuple) else value

    def member(self, enum: str, name: str) -> Any:
        """Return the member of one of ttnn's enums; see `member`."""
        return member(enum, name)

    def find_class(self, name: str) -> Any:
        """Return a class of ttnn by name; see `find_class`."""
        return find_class(name)

    def left_out(self, value: Value) -> list[LeftOut]:
        """Return the fields of a value, at any depth, that this ttnn lacks and that are left out when it is built.

        Raises:
            RebuildError: one of them doesn't hold its default, so the value can't be built.
        """
        if isinstance(value, (Struct, Mapping)):
            found = list(value.left_out(self)) if isinstance(value, Struct) else []
            parts = [part for _, part in value.named_parts()]
        elif isinstance(value, tuple):
            found, parts = [], list(value)
        else:
            return []
        return found + [each for part in parts if isinstance(part, _HAVE_PARTS) for each in self.left_out(part)]

    def live_tensor(self, value: Tensor) -> Any:
        """Build a tensor, and check that it is the traced one.

        Raises:
            RebuildError, RebuildMismatchError: see `live`.
        """
        on_host = value.storage == "HOST"
        tensor = self._on_host(value, self._placement(value))[0] if on_host else self._on_device(value)
        rebuilt = describe(tensor)
        if not value.is_rebuilt_as(rebuilt, self.device):
            raise RebuildMismatchError(f"traced {value}, rebuilt {rebuilt}")
        return tensor

    def _placement(self, value: Tensor) -> Placement | None:
        return None if value.placement is None else value.placement.on_mesh(self.device)

    def _on_device(self, value: Tensor) -> Any:
        placement = self._placement(value)
        if self.numbers is None and self._can_allocate(placement):
            return self._allocated(value, placement)
        host, copy = self._on_host(value, placement)
        tensor = ttnn.to_device(host, self.device, memory_config=self.live(value.memory))
        if self.numbers is not None:
            self._host_copies[id(tensor)] = (tensor, copy)  # the tensor, too, so that its id stays its own
        return tensor

    def _can_allocate(self, placement: Placement | None) -> bool:
        """Whether a tensor that is spread so needs no numbers of the host's to be made."""
        if placement is None or placement.is_copied_over(self.device):
            return True
        return _SETS_TOPOLOGY and placement.covers_mesh

    def _allocated(self, value: Tensor, placement: Placement | None) -> Any:
        """Allocate a tensor on the device, and leave its memory as it is."""
        shape = value.padded or value.shape
        if value.tile is None:
            dtype, layout = member("DataType", value.dtype), member("Layout", value.layout)
            memory = self.live(value.memory)
            tensor = ttnn.allocate_tensor_on_device(ttnn.Shape(shape), dtype, layout, self.device, memory)
        else:
            tensor = ttnn.allocate_tensor_on_device(self._spec(value, shape), self.device)
        if placement is not None and not placement.is_copied_over(self.device):
            tensor.update_tensor_topology(placement.topology(self))
        return _cut(tensor, value)

    def _on_host(self, value: Tensor, placement: Placement | None) -> tuple[Any, Any]:
        """Build a host tensor, spread over the mesh where it is placed so.

        Returns:
            The tensor, and what to compute a reference from: where all chips have all of it, the tensor of one chip.

        Raises:
            RebuildError: ttnn makes no such tensor. Only operations give some placements, two shards of one dimension
                among them.
        """
        try:
            return self._spread(value, placement)
        except RuntimeError as error:
            raise RebuildError(f"this ttnn can't make {value} on the host: {_first_line(error)}") from None

    def _spread(self, value: Tensor, placement: Placement | None) -> tuple[Any, Any]:
        if placement is None or not placement.shards:
            tensor = self._of_array(value, self._array(value, None), None)
            return tensor if placement is None else ttnn.distribute_tensor(tensor, self.live(placement)), tensor
        # an operation's output may be spread as its input with more dimensions was
        made = value.of_rank(placement.rank)
        # spread while rows: tiles are cut at the padding of the whole
        tensor = self._of_array(made, self._array(made, placement), self.live(placement))
        if made is not value:
            tensor = ttnn.reshape(tensor, ttnn.Shape(value.shape), ttnn.Shape(value.padded_shape))
        return tensor, tensor

    def _array(self, value: Tensor, spread: Placement | None) -> Any:
        """Return the numbers of a tensor, of all parts where it is spread, with its padding if that isn't the usual."""
        if self.numbers is None:
            shape = value.padded or value.shape
            return np.zeros(shape if spread is None else spread.whole_shape(shape), numpy_dtype(value.dtype))
        array = self.numbers(value, spread)
        if value.padded is None:
            return array
        if spread is None:
            return _padded(array, value.padded)
        parts = zip(spread.parts(value.shape), spread.parts(value.padded), strict=True)
        whole = np.zeros(spread.whole_shape(value.padded), array.dtype)
        for part, padded_part in parts:
            whole[padded_part] = _padded(array[part], value.padded)
        return whole

    def _of_array(self, value: Tensor, array: Any, mapper: Any) -> Any:
        tile, layout = self.live(value.tile), member("Layout", value.layout)
        if value.dtype == "BFLOAT16":
            # arrays have no bfloat16: ttnn converts on the host
            floats = ttnn.Tensor(array, ttnn.float32, layout=layout, tile=tile, mesh_mapper=mapper)
            tensor = ttnn.to_dtype(floats, ttnn.bfloat16)
        else:
            tensor = ttnn.Tensor(array, member("DataType", value.dtype), layout=layout, tile=tile, mesh_mapper=mapper)
        return _cut(tensor, value)

    def _spec(self, value: Tensor, shape: tuple[int, ...]) -> Any:
        """Build the spec of a tensor of this shape with a tile of its own."""
        memory = value.memory or IN_DRAM
        options: dict[str, Any] = {"buffer_type": member("BufferType", memory.buffer)}
        if memory.nd_shard_spec is not None:
            options["nd_shard_spec"] = self.live(memory.nd_shard_spec)
        elif memory.layout != "INTERLEAVED":
            options["memory_layout"] = member("TensorMemoryLayout", memory.layout)
            options["shard_spec"] = self.live(memory.shard_spec)
        return ttnn.TensorSpec(
            ttnn.Shape(shape),
            member("DataType", value.dtype),
            member("Layout", value.layout),
            tile=self.live(value.tile),
            **options,
        )


_WITHOUT_DEVICE = Rebuilder(None)


@functools.lru_cache(maxsize=4096)
def shared(value: TypedValue) -> Any:
    """Build the live object of a value that needs no device, once: ttnn never changes its own in a call.

    Raises:
        RebuildError: this ttnn has no such class, field or member.
    """
    return value.build(_WITHOUT_DEVICE)


@functools.cache
def member(enum: str, name: str) -> Any:
    """Return the member of one of ttnn's enums.

    Raises:
        RebuildError: this ttnn has no such enum, or no such member of it.
    """
    enum_class = find_class(enum)
    try:
        return getattr(enum_class, name)
    except AttributeError:
        raise RebuildError(f"this ttnn's {enum} has no member {name}") from None


@functools.cache
def enum_members(enum: str) -> frozenset[str] | None:
    """Return the members of one of ttnn's enums by name; None where there is no such enum."""
    try:
        members = getattr(find_class(enum), "__members__", None)
    except RebuildError:
        return None
    return None if members is None else frozenset(members)


@functools.cache
def find_class(name: str) -> Any:
    """Return a class of ttnn, wherever in its compiled modules it stands, or inside another (`Outer.Inner`).

    Raises:
        RebuildError: there is none.
    """
    outer, _, short = name.rpartition(".")
    holders: list[Any] = [ttnn, *_compiled_modules(ttnn._ttnn, depth=4)]  # noqa: SLF001 - its public classes stand there
    if outer[:1].isupper():
        holders = [find_class(outer)]
    for holder in holders:
        candidate = getattr(holder, short, None)
        if isinstance(candidate, type):
            return candidate
    raise RebuildError(f"this ttnn has no class {name}")


def _compiled_modules(module: Any, depth: int) -> list[Any]:
    """Return a compiled module and its submodules."""
    modules = [module]
    if depth:
        for each in vars(module).values():
            if type(each).__name__ == "module" and each.__name__.startswith("ttnn._ttnn"):
                modules += _compiled_modules(each, depth - 1)
    return modules


def _cut(tensor: Any, value: Tensor) -> Any:
    """Return a tensor that has the padded shape of a value for its shape, as one of the value's shape.

    Raises:
        RebuildError: this ttnn can't make such a view.
    """
    if value.padded is None:
        return tensor
    try:
        view = ttnn.reshape(tensor, ttnn.Shape(value.shape), ttnn.Shape(value.padded))
    except RuntimeError as error:
        text = f"this ttnn can't pad shape {list(value.shape)} to {list(value.padded)}: {_first_line(error)}"
        raise RebuildError(text) from None
    return view


def _padded(array: Any, shape: tuple[int, ...]) -> Any:
    """Return an array at the start of one of zeros; a shape with more dimensions gains them at its front."""
    whole = np.zeros(shape, array.dtype)
    array = array.reshape((1,) * (len(shape) - array.ndim) + array.shape)
    whole[tuple(map(slice, array.shape))] = array
    return whole


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")


def numpy_dtype(dtype: str) -> Any:
    """Return the array type whose numbers ttnn turns into `dtype`; bfloat formats come from float32."""
    return _DTYPES.get(dtype, np.float32)
