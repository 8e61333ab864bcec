"""Redzones in a device's memory, around the places where tensors will lie. Runs in the worker alone.

ttnn allocates a buffer at one address in all banks, in the first free block of its class of sizes: in DRAM the blocks
are taken from the bottom up, in L1 from the top down. So three buffers are allocated, a redzone, one of the tensor's
size and a redzone, and the middle one is freed: the next tensor of that size lies between the redzones. Where ttnn does
otherwise, the addresses show it, and the tensor counts as not watched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ttnn

from farm.core.plain_words import counted
from farm.worker.execution import Execution
from farm.worker.lanes import Lanes
from farm.worker.redzone_words import WORD, Damage, damage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAM_REDZONE = 8192
"""Bytes of a redzone in each bank of DRAM: four tiles of bfloat16."""
L1_REDZONE = 1024
"""Bytes of a redzone in the L1 of each core, where memory is scarce."""
LARGEST_FILLED = 64 << 20
"""Bytes on a chip up to which the place of a tensor is filled beforehand."""

_ALIGNMENT = 64
"""The largest alignment of buffers on any architecture, in bytes."""
_NAMES = {ttnn.BufferType.DRAM: "DRAM", ttnn.BufferType.L1: "L1"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A tensor, as far as its place in memory depends on it.

    Attributes:
        label: what it is called in messages.
        spec: its TensorSpec.
        buffer: its BufferType, DRAM or L1.
        pages: the number of its pages where they lie in all banks in turn; None if it is sharded.
        cores: the cores that hold it if it is sharded over cores.
    """

    label: str
    spec: Any
    buffer: Any
    pages: int | None
    cores: tuple[tuple[int, int], ...] | None

    @classmethod
    def of(cls, label: str, tensor: Any) -> Layout | None:
        """The layout of a live tensor; None where it can't be watched: it is empty, or in other memory."""
        memory = tensor.memory_config()
        volume = math.prod(tensor.padded_shape)
        if memory.buffer_type not in _NAMES or not volume:
            return None
        pages, cores = None, None
        if not memory.is_sharded():
            tiled = tensor.layout == ttnn.TILE_LAYOUT
            pages = volume // (math.prod(tensor.get_tile().tile_shape) if tiled else tensor.padded_shape[-1])
        elif memory.buffer_type == ttnn.BufferType.L1 and memory.shard_spec is not None:
            cores = tuple((core.x, core.y) for core in ttnn.corerange_to_cores(memory.shard_spec.grid))
        return cls(label, tensor.spec, memory.buffer_type, pages, cores)

    def lies_as(self, other: Layout) -> bool:
        """Whether it takes the same part of its place as another."""
        return (self.pages, self.cores) == (other.pages, other.cores)


@dataclass(slots=True)
class Hole:
    """A place between two redzones.

    Attributes:
        layout: that of the tensor it was made for.
        start: its address.
        size: its bytes in each bank.
        filled: whether it held the pattern before the call.
        holds: the layout of the tensor that ttnn put there; None where it put none.
        tensor: this tensor.
    """

    layout: Layout
    start: int
    size: int
    filled: bool
    holds: Layout | None = None
    tensor: Any = None

    @property
    def place(self) -> tuple[Any, int]:
        """Its memory and its address."""
        return self.layout.buffer, self.start

    @property
    def label(self) -> str:
        """What lies there."""
        return f"the free place of {self.layout.label}" if self.holds is None else self.holds.label


@dataclass(frozen=True, slots=True)
class _Redzone:
    """A buffer that no one may write to, with the holes below and above it.

    Attributes:
        lanes: where it lies.
        size: its bytes in each lane.
    """

    lanes: Lanes
    size: int
    tensor: Any
    below: Hole | None
    above: Hole | None


class Redzones:
    """Redzones around the places where tensors will lie.

    Attributes:
        holes: these places.
        unseen: the tensors whose places could not be looked at.
    """

    def __init__(self, execution: Execution, device: Any) -> None:
        self._execution = execution
        self._device = device
        self._redzones: list[_Redzone] = []
        self._plugs: list[Any] = []  # of free blocks: ttnn would take the first one that an output fits in
        self._parts: list[Any] = []  # of holes: as long as they stay, no other comes to lie there
        self._cores = Lanes.of_cores(device)
        self._banks = {each: Lanes.banks(device, each) for each in _NAMES}
        self.holes: list[Hole] = []
        self.unseen: list[str] = []

    def place(self, layouts: Sequence[Layout]) -> None:
        """Place redzones around a hole for each layout, and fill them all.

        Raises:
            RuntimeError: the memory doesn't suffice. None are left then.
        """
        try:
            for buffer in _NAMES:
                if own := [layout for layout in layouts if layout.buffer == buffer]:
                    self._place(buffer, own)
        except Exception:
            self.remove()
            raise
        self._free_parts()

    def find(self, label: str, tensor: Any) -> bool:
        """Find the hole that a tensor lies in, and return whether there is one."""
        buffer = tensor.memory_config().buffer_type
        for hole in self.holes:
            if hole.place == (buffer, _address(tensor)):
                hole.holds, hole.tensor = Layout.of(label, tensor), tensor
                return True
        return False

    def damages(self) -> list[str]:
        """What changed in the redzones, as texts."""
        texts = []
        for redzone in self._redzones:
            expected = redzone.lanes.pattern(redzone.size)
            for chip, found in self._found(redzone.tensor, redzone.lanes, expected):
                texts.append(_text(found, _distance(found, redzone), redzone.lanes, chip))
        return texts

    def damages_inside(self) -> Iterator[tuple[Hole, str]]:
        """Yield holes and what changed where their tensors have no part: behind the last page, on cores without shards.

        The tensors are freed.

        Raises:
            RuntimeError: that part of the memory can't be allocated.
        """
        for hole in self.holes:
            if hole.holds is None:  # it stays as it is: else the next parts could come to lie here
                self._parts.append(self._unwritten(self._banks[hole.layout.buffer], hole.size))
        for hole in self.holes:
            if hole.filled and hole.holds is not None and hole.holds.lies_as(hole.layout):
                yield from self._inside(hole)

    def shared(self, call: Callable[[], Any]) -> tuple[set[tuple[Any, int]], Any]:
        """The holes that a call puts more than one tensor into, by memory and address; and its output.

        A call of several operations may use the place of its output for another tensor before.
        """
        ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
        try:
            output = call()
        finally:
            graph = ttnn.graph.end_graph_capture()
        events = [node["params"] for node in graph if node["node_type"] == "buffer_allocate"]
        addresses = [(event["type"], int(event["address"])) for event in events]
        shared = set()
        for hole in self.holes:
            inside = range(hole.start, hole.start + hole.size)
            if sum(kind == _NAMES[hole.layout.buffer] and address in inside for kind, address in addresses) > 1:
                shared.add(hole.place)
        return shared, output

    def remove(self) -> None:
        """Free the redzones."""
        for tensor in (*(redzone.tensor for redzone in self._redzones), *self._plugs):
            ttnn.deallocate(tensor)
        self._redzones, self._plugs, self.holes = [], [], []
        self._free_parts()

    def _free_parts(self) -> None:
        for tensor in self._parts:
            ttnn.deallocate(tensor)
        self._parts = []

    def _place(self, buffer: Any, layouts: Sequence[Layout]) -> None:
        in_l1 = buffer == ttnn.BufferType.L1
        lanes, size = (self._cores, L1_REDZONE) if in_l1 else (self._banks[buffer], DRAM_REDZONE)
        self._plug(buffer)
        redzones, stand_ins = [self._written(lanes, size)], []
        try:
            for layout in layouts:
                stand_ins.append(ttnn.allocate_tensor_on_device(layout.spec, self._device))
                redzones.append(self._written(lanes, size))
            holes = [
                self._hole(layout, size, min(before, after, key=_address), max(before, after, key=_address), stand_in)
                for layout, before, stand_in, after in zip(layouts, redzones, stand_ins, redzones[1:], strict=False)
            ]
        except Exception:
            for tensor in (*redzones, *stand_ins):
                ttnn.deallocate(tensor)
            raise
        between = [None, *holes, None]
        for number, tensor in enumerate(redzones):
            below, above = between[number : number + 2]
            self._redzones.append(_Redzone(lanes, size, tensor, *((above, below) if in_l1 else (below, above))))
        self.holes += [hole for hole in holes if hole is not None]

    def _plug(self, buffer: Any) -> None:
        """Allocate all free blocks but the largest: redzones lie side by side then, and outputs between them.

        Free blocks are there where ttnn keeps tensors of its own with a cached program.
        """
        blocks = ttnn.get_memory_view(self._device, buffer).block_table
        free = sorted(int(block["size"]) for block in blocks if block["allocated"] == "no")
        for size in free[:-1]:
            self._plugs.append(self._unwritten(self._banks[buffer], size))

    def _hole(self, layout: Layout, redzone: int, below: Any, above: Any, stand_in: Any) -> Hole | None:
        """Free a tensor's stand-in and fill its place; None where the redzones are not its neighbours."""
        start, size = _address(stand_in), _address(above) - _address(stand_in)
        ttnn.deallocate(stand_in)
        if _address(below) + redzone != start or size <= 0:
            return None
        lanes = self._banks[layout.buffer] if layout.cores is None else self._cores
        if size * len(lanes.numbers) > LARGEST_FILLED:
            self._parts.append(self._unwritten(lanes, size))
            return Hole(layout, start, size, filled=False)
        self._parts.append(filling := self._written(lanes, size))
        return Hole(layout, start, size, filled=True) if _address(filling) == start else None

    def _inside(self, hole: Hole) -> Iterator[tuple[Hole, str]]:
        layout = hole.layout
        lanes = self._banks[layout.buffer] if layout.cores is None else self._cores.without(layout.cores)
        begin, rows = 0, range(len(lanes.numbers))
        if layout.pages is not None:
            stripes = -(-layout.pages // len(rows))
            begin = -(-(stripes - 1) * (hole.size // stripes) // _ALIGNMENT) * _ALIGNMENT
            rows = range((layout.pages - 1) % len(rows) + 1, len(rows))
        elif layout.cores is None:
            return
        size = hole.size - begin
        if not rows or size <= 0:
            return
        ttnn.deallocate(hole.tensor)
        part = self._end_of(hole, lanes, begin)
        if part is None:
            self.unseen.append(hole.label)
            return
        where = f"B after the start of {hole.label}, where it has no part"
        for chip, found in self._found(part, lanes, lanes.pattern(size, begin), rows):
            yield hole, _text(found, f"{begin + found.first * WORD} {where}", lanes, chip)

    def _end_of(self, hole: Hole, lanes: Lanes, begin: int) -> Any | None:
        """A tensor over a hole from `begin` bytes on; None where ttnn puts it elsewhere."""
        sizes = [hole.size - begin] + ([begin] if begin else [])
        if hole.layout.buffer == ttnn.BufferType.DRAM:
            sizes.reverse()  # from the bottom up: first what lies below
        parts = [self._unwritten(lanes, size) for size in sizes]
        self._parts += parts
        part = max(parts, key=_address)
        return part if _address(part) == hole.start + begin else None

    def _written(self, lanes: Lanes, size: int) -> Any:
        return self._execution.write(lanes.in_pages(lanes.pattern(size)), lanes.memory_config(size))

    def _unwritten(self, lanes: Lanes, size: int) -> Any:
        shape, memory = ttnn.Shape(lanes.shape(size)), lanes.memory_config(size)
        return ttnn.allocate_tensor_on_device(shape, ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT, self._device, memory)

    def _found(
        self, tensor: Any, lanes: Lanes, expected: NDArray[np.uint32], rows: range | None = None
    ) -> Iterator[tuple[int | None, Damage]]:
        """Yield each chip, where there are several, and what changed in a tensor there."""
        chips = self._execution.words(tensor)
        for chip, pages in enumerate(chips):
            if found := damage(expected, lanes.of_pages(pages), rows):
                yield (chip if len(chips) > 1 else None), found


def _address(tensor: Any) -> int:
    return int(tensor.buffer_address())


def _distance(found: Damage, redzone: _Redzone) -> str:
    """How far from the next tensor the first changed word lies."""
    after, before = found.first * WORD, redzone.size - found.last * WORD
    if redzone.below is not None and (redzone.above is None or after <= before):
        return f"{after} B after the end of {redzone.below.label}"
    if redzone.above is not None:
        return f"{redzone.size - after} B before {redzone.above.label}"
    return f"at address {_address(redzone.tensor) + after}"


def _text(found: Damage, where: str, lanes: Lanes, chip: int | None) -> str:
    on_chip = "" if chip is None else f" of chip {chip}"
    words = f"{counted(found.count, 'word')} of {_NAMES[lanes.buffer]}"
    now = f"0x{found.holds:08x}, before the call 0x{found.held:08x}"
    return f"{words}, the first {where}, in {lanes.name(found.row)}{on_chip}: {now}"
