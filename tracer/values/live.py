"""Typed values made into live ttnn objects again, exactly.

Every tensor is described after it was made and compared with what was traced: a difference is a fault of this project
and never of the test.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
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

    def left_out(self, value: Value) -> Iterator[LeftOut]:
        """Yield the fields of a value, at any depth, that this ttnn lacks and that are left out when it is built.

        Raises:
            RebuildError: one of them doesn't hold its default, so the value can't be built.
        """
        if isinstance(value, (Struct, Mapping)):
            if isinstance(value, Struct):
                yield from value.left_out(self)
            for _, part in value.named_parts():
                yield from self.left_out(part)
        elif isinstance(value, tuple):
            for part in value:
                yield from self.left_out(part)

    def live_tensor(self, value: Tensor) -> Any:
        """Build a tensor, and check that it is the traced one.

        Raises:
            RebuildError, RebuildMismatchError: see `live`.
        """
        tensor = self._on_host(value) if value.storage == "HOST" else self._on_device(value)
        rebuilt = describe(tensor)
        if not value.is_rebuilt_as(rebuilt, self.device):
            raise RebuildMismatchError(f"traced {value}, rebuilt {rebuilt}")
        return tensor

    def _placement(self, value: Tensor) -> Placement | None:
        return None if value.placement is None else value.placement.on_mesh(self.device)

    def _on_device(self, value: Tensor) -> Any:
        memory = None if value.memory is None else self.live(value.memory)
        if self.numbers is None and self._placement(value) is None:
            if value.tile is None:
                dtype, layout = member("DataType", value.dtype), member("Layout", value.layout)
                return ttnn.allocate_tensor_on_device(ttnn.Shape(value.shape), dtype, layout, self.device, memory)
            return ttnn.allocate_tensor_on_device(self._spec(value), self.device)
        host = self._on_host(value)
        tensor = ttnn.to_device(host, self.device, memory_config=memory)
        if self.numbers is not None:
            self._host_copies[id(tensor)] = (tensor, host)  # the tensor, too, so that its id stays its own
        return tensor

    def _on_host(self, value: Tensor) -> Any:
        """Build a host tensor, spread over the mesh where it is placed so."""
        placement = self._placement(value)
        if self.numbers is not None:
            array = self.numbers(value, placement)
        else:
            shape = value.shape if placement is None else placement.whole_shape(value.shape)
            array = np.zeros(shape, numpy_dtype(value.dtype))
        tile = self.live(value.tile)
        layout = member("Layout", value.layout)
        if value.dtype == "BFLOAT16":
            # arrays have no bfloat16: ttnn converts on the host
            tensor = ttnn.to_dtype(ttnn.Tensor(array, ttnn.float32, layout=layout, tile=tile), ttnn.bfloat16)
        else:
            tensor = ttnn.Tensor(array, member("DataType", value.dtype), layout=layout, tile=tile)
        return tensor if placement is None else ttnn.distribute_tensor(tensor, self.live(placement))

    def _spec(self, value: Tensor) -> Any:
        """Build the spec of a tensor with a tile of its own."""
        memory = value.memory or IN_DRAM
        options: dict[str, Any] = {"buffer_type": member("BufferType", memory.buffer)}
        if memory.nd_shard_spec is not None:
            options["nd_shard_spec"] = self.live(memory.nd_shard_spec)
        elif memory.layout != "INTERLEAVED":
            options["memory_layout"] = member("TensorMemoryLayout", memory.layout)
            options["shard_spec"] = self.live(memory.shard_spec)
        return ttnn.TensorSpec(
            ttnn.Shape(value.shape),
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


def numpy_dtype(dtype: str) -> Any:
    """Return the array type whose numbers ttnn turns into `dtype`; bfloat formats come from float32."""
    return _DTYPES.get(dtype, np.float32)
