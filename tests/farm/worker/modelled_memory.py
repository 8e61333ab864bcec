"""A double of a device that computes: calls and addresses are a mock's, and what its memory holds is modelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import ttnn

from farm.worker.device_tensors import argument_tensors, on_device, output_tensors
from farm.worker.execution import DeviceExecution, LiveCall

LANE_BYTES = 64 << 20
"""How much of each lane, a bank of DRAM or the L1 of a core, is modelled."""
FRESH, OWN, FOREIGN = 0x11111111, 0x22222222, 0x33333333
"""What memory holds that was never written, what calls write to their outputs, and what they write elsewhere."""

Bend = Callable[["ModelledMemory", LiveCall, Any], None]
"""What a call does besides writing its output."""


class ModelledMemory:
    """Makes calls on a mock, each of which writes its outputs and nothing else, unless it is bent.

    Attributes:
        device: the mock.
        bend: what each call does in addition.
        calls: how many were made.
        writes_outputs: whether calls write their outputs.
        wrong_calls: the calls whose outputs are larger by 1, counted from 1; otherwise all are 0.
        before_call: called with the number of each call before it.
        changed: inputs that read back differently than they were built, by the id of their tensor.
    """

    def __init__(self, device: Any, bend: Bend | None = None) -> None:
        self.device = device
        self.bend = bend
        self.calls = 0
        self.changed: dict[int, Any] = {}
        self.writes_outputs = True
        self.wrong_calls: frozenset[int] = frozenset()
        self.before_call: Callable[[int], None] = lambda _call: None
        grid = device.compute_with_storage_grid_size()
        self._columns = grid.x
        self._real = DeviceExecution(device, waits=False)
        self._inputs: dict[int, Any] = {}
        self._chips = device.get_num_devices()
        self._memories: dict[tuple[Any, int], Any] = {}

    def call(self, operation: Any, live: LiveCall) -> Any:
        self.calls += 1
        self.before_call(self.calls)
        self._inputs = {id(tensor): host for _, tensor, host in argument_tensors(live)}
        output = self._real.call(operation, live)
        for _, tensor in output_tensors(output):
            if self.writes_outputs and on_device(tensor):
                for chip in range(self._chips):
                    self.write_pages(tensor, 0, self.pages(tensor), OWN, chip)
        if self.bend is not None:
            self.bend(self, live, output)
        return output

    def read(self, tensor: Any) -> list[Any]:
        if id(tensor) in self.changed:
            return [self.changed[id(tensor)]] * self._chips
        if id(tensor) in self._inputs:
            return list(ttnn.get_device_tensors(self._inputs[id(tensor)]))
        hosts = self._real.read(tensor)
        if self.calls not in self.wrong_calls:
            return hosts
        return [ttnn.from_torch(ttnn.to_torch(each) + 1, dtype=each.dtype, layout=each.layout) for each in hosts]

    def write(self, words: Any, memory: Any) -> Any:
        tensor = self._real.write(words, memory)
        for chip in range(self._chips):
            for row, lane, word in self._rows(tensor):
                self.lanes(memory.buffer_type, chip)[lane, word : word + words.shape[1]] = words[row]
        return tensor

    def words(self, tensor: Any) -> list[Any]:
        width, buffer = tensor.shape[-1], tensor.memory_config().buffer_type
        return [
            np.stack([self.lanes(buffer, chip)[lane, word : word + width] for _, lane, word in self._rows(tensor)])
            for chip in range(self._chips)
        ]

    def lanes(self, buffer: Any, chip: int) -> Any:
        """The words of a memory, a row for each lane."""
        if (buffer, chip) not in self._memories:
            banks = ttnn.get_memory_view(self.device, buffer).num_banks
            self._memories[buffer, chip] = np.zeros((banks, LANE_BYTES // 4), np.uint32)
        return self._memories[buffer, chip]

    def pages(self, tensor: Any) -> int:
        """The number of a tensor's pages; of a sharded one, the number of its cores."""
        memory = tensor.memory_config()
        if memory.is_sharded():
            return 0 if memory.shard_spec is None else len(ttnn.corerange_to_cores(memory.shard_spec.grid))
        volume = int(np.prod(tensor.padded_shape))
        tiled = tensor.layout == ttnn.TILE_LAYOUT
        return volume // (int(np.prod(tensor.get_tile().tile_shape)) if tiled else tensor.padded_shape[-1])

    def size(self, tensor: Any) -> int:
        """The bytes that a tensor takes in each lane."""
        buffer, address = tensor.memory_config().buffer_type, tensor.buffer_address()
        buffers = ttnn._ttnn.reports.get_buffers(self.device)
        sizes = {(each.buffer_type, each.address): int(each.max_size_per_bank) for each in buffers}
        return sizes[buffer, address]

    def write_pages(self, tensor: Any, first: int, count: int, word: int = FOREIGN, chip: int = 0) -> None:
        """Write pages as a kernel would that counts from a tensor's first page; of a sharded tensor, whole shards."""
        memory, start = tensor.memory_config(), tensor.buffer_address() // 4
        lanes, size = self.lanes(memory.buffer_type, chip), self.size(tensor)
        if memory.is_sharded():
            cores = [] if memory.shard_spec is None else ttnn.corerange_to_cores(memory.shard_spec.grid)
            for core in cores[first : first + count]:
                lanes[core.y * self._columns + core.x, start : start + size // 4] = word
            return
        page = -(-size // -(-self.pages(tensor) // len(lanes)) // 32) * 32 // 4  # 32: what DRAM pages are aligned to
        for number in range(first, first + count):
            slot, lane = divmod(number, len(lanes))
            lanes[lane, start + slot * page : start + (slot + 1) * page] = word

    def _rows(self, tensor: Any) -> list[tuple[int, int, int]]:
        """Each row of a tensor of words, its lane, and its first word there."""
        memory, start = tensor.memory_config(), tensor.buffer_address() // 4
        rows, width = tensor.shape
        if memory.is_sharded():
            row_wise = True
            cores = ttnn.corerange_to_cores(memory.shard_spec.grid, None, row_wise)
            each = memory.shard_spec.shape[0]
            return [
                (row, cores[row // each].y * self._columns + cores[row // each].x, start + row % each * width)
                for row in range(rows)
            ]
        banks = len(self.lanes(memory.buffer_type, 0))
        return [(row, row % banks, start + row // banks * width) for row in range(rows)]
