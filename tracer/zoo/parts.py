"""What the models are put together from: weights, grids of cores, memory configs, kernel configs."""

from __future__ import annotations

from typing import Any

import numpy as np
import ttnn

TILE = 32


def random(
    device: Any, *shape: int, dtype: Any = ttnn.bfloat16, layout: Any = ttnn.TILE_LAYOUT, memory: Any = None
) -> Any:
    """Weights or activations on the device, in DRAM unless `memory` says otherwise."""
    # its bare function: what a model is given is none of its operations, and not to be traced as one
    make = ttnn.rand.function
    made = make(shape, dtype=dtype, layout=layout, device=device, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    # by way of the host: a device can't reshard everything that a model keeps sharded
    return made if memory is None else ttnn.to_device(ttnn.from_device(made), device, memory)


def random_on_host(*shape: int, seed: int = 0) -> Any:
    """Weights on the host in rows, as conv2d wants them."""
    return ttnn.Tensor(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32), ttnn.float32)


def integers(device: Any, values: Any, dtype: Any = ttnn.int32) -> Any:
    """Token ids, positions or a page table, in rows in DRAM."""
    kind = {ttnn.int32: np.int32, ttnn.uint32: np.uint32}[dtype]
    return ttnn.to_device(ttnn.Tensor(np.asarray(values, dtype=kind), dtype), device)


def cores(columns: int, rows: int) -> Any:
    """The rectangle of cores from (0, 0)."""
    return ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(columns - 1, rows - 1))])


def sharded(layout: Any, grid: Any, shape: tuple[int, int]) -> Any:
    """Shards of `shape` in the L1 of a grid of cores, row by row."""
    spec = ttnn.ShardSpec(grid, shape, ttnn.ShardOrientation.ROW_MAJOR)
    return ttnn.MemoryConfig(layout, ttnn.BufferType.L1, spec)


def block_sharded(height: int, width: int, columns: int, rows: int) -> Any:
    """A matrix cut into one block for each core of a grid."""
    return sharded(ttnn.TensorMemoryLayout.BLOCK_SHARDED, cores(columns, rows), (height // rows, width // columns))


def kernels(device: Any, fidelity: Any = ttnn.MathFidelity.HiFi2, *, approx: bool = True, fp32: bool = False) -> Any:
    """How the compute kernels calculate."""
    return ttnn.init_device_compute_kernel_config(
        device.arch(),
        math_fidelity=fidelity,
        math_approx_mode=approx,
        fp32_dest_acc_en=fp32,
        packer_l1_acc=True,
    )
