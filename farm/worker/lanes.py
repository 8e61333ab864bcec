"""The lanes of a device's memory: what lies at one address in each bank, or on each core. Runs in the worker alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ttnn

from farm.worker.redzone_words import WORD, pattern

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LARGEST_PAGE = 8192


@dataclass(frozen=True, slots=True)
class Lanes:
    """Some lanes of a memory. ttnn allocates a buffer at one address in all of them.

    Attributes:
        buffer: the memory's BufferType, DRAM or L1.
        numbers: the numbers of the lanes: those of banks, or of cores by row.
        cores: the lanes' cores, column and row; None where the lanes are banks.
    """

    buffer: Any
    numbers: tuple[int, ...]
    cores: tuple[tuple[int, int], ...] | None = None

    @classmethod
    def banks(cls, device: Any, buffer: Any) -> Lanes:
        """All banks of a memory."""
        return cls(buffer, tuple(range(ttnn.get_memory_view(device, buffer).num_banks)))

    @classmethod
    def of_cores(cls, device: Any) -> Lanes:
        """The L1 of all cores that compute."""
        grid = device.compute_with_storage_grid_size()
        cores = tuple((x, y) for y in range(grid.y) for x in range(grid.x))
        return cls(ttnn.BufferType.L1, tuple(range(len(cores))), cores)

    def without(self, cores: tuple[tuple[int, int], ...]) -> Lanes:
        """Those of other cores."""
        others = [
            (number, core) for number, core in zip(self.numbers, self.cores or (), strict=True) if core not in cores
        ]
        return Lanes(self.buffer, tuple(number for number, _ in others), tuple(core for _, core in others))

    def name(self, row: int) -> str:
        """What one of them is called."""
        return f"bank {self.numbers[row]}" if self.cores is None else f"core {self.cores[row]}"

    def pattern(self, size: int, start: int = 0) -> NDArray[np.uint32]:
        """The pattern for so many bytes of each, from a place in bytes on: a row for each lane."""
        return pattern(self.numbers, size // WORD, start // WORD)

    def shape(self, size: int) -> tuple[int, int]:
        """The rows and words of a tensor that takes so many bytes of each; a row is a page."""
        page = math.gcd(size, _LARGEST_PAGE)
        return len(self.numbers) * (size // page), page // WORD

    def memory_config(self, size: int) -> Any:
        """The memory config of such a tensor."""
        if self.cores is None:
            return ttnn.L1_MEMORY_CONFIG if self.buffer == ttnn.BufferType.L1 else ttnn.DRAM_MEMORY_CONFIG
        rows, words = self.shape(size)
        ranges = [ttnn.CoreRange(ttnn.CoreCoord(*core), ttnn.CoreCoord(*core)) for core in self.cores]
        shard = [rows // len(self.cores), words]
        spec = ttnn.ShardSpec(ttnn.CoreRangeSet(ranges), shard, ttnn.ShardOrientation.ROW_MAJOR)
        return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, self.buffer, spec)

    def in_pages(self, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The words of the lanes, a row each, as rows of a tensor."""
        shape = self.shape(words.shape[1] * WORD)
        if self.cores is None:
            words = words.reshape(len(words), -1, shape[1]).swapaxes(0, 1)
        return words.reshape(shape).copy()  # ttnn takes none that can't be written

    def of_pages(self, pages: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The rows of a tensor as the words of the lanes, a row each."""
        lanes = len(self.numbers)
        if self.cores is not None:
            return pages.reshape(lanes, -1)
        return pages.reshape(-1, lanes, pages.shape[-1]).swapaxes(0, 1).reshape(lanes, -1)
