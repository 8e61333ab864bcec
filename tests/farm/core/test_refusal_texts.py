"""What refusals of ttnn say of a board."""

from __future__ import annotations

import pytest

from farm.core.refusal_texts import Need, missing_bytes, need_in

BANKS = "Out of Memory: Not enough space to allocate 9 B L1 buffer across 64 banks, where each bank needs to store"


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        (
            "Statically allocated circular buffers on core range [0-0 - 7-3] grow to 1613504 B which is beyond max L1 "
            "size of 1572864 B",
            40640,
        ),
        (
            "Statically allocated circular buffers in program 4 clash with L1 buffers on core range [(x=0,y=0)]. L1 "
            "buffer allocated at 700000 and static circular buffer region ends at 900000",
            200000,
        ),
        (
            "Statically allocated dataflow buffers in program 4 clash with L1 buffers on core range [(x=0,y=0)]. L1 "
            "buffer allocated at 1 and static dataflow buffer region ends at 3",
            2,
        ),
        (f"{BANKS} 2000 B, but bank size is only 1500 B", 500),
        (
            f"{BANKS} 1400 B, but bank size is 1500 B (allocated: 200 B, free: 1300 B, largest free block: 1000 B).",
            400,
        ),
        (f"{BANKS} 1400 B, but bank size is 1500 B", None),
        (
            "Out of Memory: Not enough space after considering dependencies to allocate 90 B L1 across 2 banks (45 B "
            "per bank), bank size is 99 B (allocated: 9 B, free: 90 B, largest free block: 50 B)",
            None,
        ),
        (
            "Out of Memory: Not enough space after considering dependencies to allocate 90 B L1 across 2 banks (45 B "
            "per bank), bank size is 99 B (allocated: 9 B, free: 90 B, largest free block: 50 B). After subtracting 2 "
            "dependency range(s) and 0 additional occupied range(s), 30 B remained placeable across 2 window(s), "
            "largest 20 B.",
            25,
        ),
        ("Out of Memory: Cannot allocate at an address below 1000. Allocation at 900", 100),
        ("Program size (71680) too large for kernel config buffer (70656) on TENSIX, 1024 B over:", 1024),
        ("Cannot set circular buffer size to 9. This is larger than the associated dynamically allocated L1 buffer "
         "bank size of 8 B", 1),
        ("TT_FATAL: shapes differ by 40 B", None),
    ],
)  # fmt: skip
def test_the_bytes_that_a_call_lacks(message: str, missing: int | None) -> None:
    assert missing_bytes(message) == missing


@pytest.mark.parametrize(
    ("message", "need"),
    [
        ("WorkUnitSpec 'w' targets node (0,7), which is out of bounds", Need.GRID),
        ("Number of columns in matmul compute grid exceeds maximum device compute grid size!", Need.GRID),
        ("bbox.end_coord.x < input_tensor.device()->compute_with_storage_grid_size().x", Need.GRID),
        ("Bounding box end coordinates (8, 8) must be less than grid size (8, 8)", Need.GRID),
        ("Invalid core grid override: 9x9 for device compute grid size: 8x8", Need.GRID),
        ("Circular buffer core range [0-0 - 8-8] in program 3 exceeds device compute grid (8x8) and is not", Need.GRID),
        ("compute_with_storage_grid_size (9, 8) must fit within device grid (8, 8)", Need.GRID),
        ("grid_size.x <= device_grid.x && grid_size.y <= device_grid.y", Need.GRID),
        ("program core grid [0-0 - 8-8] must be contained in device compute grid [0-0 - 7-7]", Need.GRID),
        ("Device grid must have at least 3 columns (2 reserved for fabric MUX). Got 2 columns.", Need.GRID),
        ("Compute grid must be a subset of worker grid", Need.GRID),
        ("Not enough cores available on the subdevice or device for the requested match", Need.GRID),
        ("Invalid shard grid: shard core (9, 0) has no L1 bank on this device, which has 64 of them.", Need.GRID),
        ("Invalid shard grid: shard core (9, 0) has no DRAM bank on this device, which has 8 of them. Derive the shard "
         "grid from the device (dram_grid_size() for DRAM, compute_with_storage_grid_size() for L1)", Need.BANKS),
        ('(hal::get_arch_name() != "blackhole") || (a.memory_config().buffer_type() != DRAM)', Need.ARCHITECTURE),
        ("arch == tt::ARCH::BLACKHOLE", Need.ARCHITECTURE),
        ("This kernel does not support blackhole dram as it does not use an accessor", Need.ARCHITECTURE),
        ("Multiple workers per DRAM bank are currently supported only on Blackhole", Need.ARCHITECTURE),
        ("the single-tile-per-row path is currently broken on this architecture", Need.ARCHITECTURE),
        ("AttnResGatherSoftmax is only supported on Blackhole, got WORMHOLE_B0", Need.ARCHITECTURE),
        ("FP8 dispatch is not supported on Wormhole_B0; use Blackhole", Need.ARCHITECTURE),
        ("FP8_E4M3 is not supported on arch WORMHOLE_B0", Need.ARCHITECTURE),
        # the grid of a program config and of a shard spec are the call's own
        ("num_blocks_x <= grid.x info: Num output blocks along x (10) must be smaller than or equal to the number of "
         "columns in compute grid (8)!", None),
        ("shards must fit neatly into tiles but got 16 while on this architecture we have tile width 32", None),
        ("Q chunks per head must be a multiple of the SDPA grid columns (8) on device grid 8x8", None),
        ("Number of shards along height 224 must not exceed number of cores 64", None),
        ("Input A and B shard grids must match", None),
    ],
)  # fmt: skip
def test_what_of_a_board_a_call_needs_otherwise(message: str, need: Need | None) -> None:
    assert need_in(message) is need
