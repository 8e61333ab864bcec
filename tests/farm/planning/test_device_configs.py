"""Inferring how a board must be opened from what a configuration needs."""

from __future__ import annotations

import pytest

from farm.board.kinds import KINDS
from farm.planning.device_configs import find_device_config
from farm.sweeps.needs import Needs, needs, traced_archs
from tracer.device_config import DeviceConfig
from tracer.values import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    MemoryConfig,
    Placement,
    ShardSpec,
    Struct,
    Tensor,
)


def sharded(columns: int, rows: int, buffer: str = "L1") -> Tensor:
    grid = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, rows - 1)),))
    memory = MemoryConfig("HEIGHT_SHARDED", buffer, ShardSpec(grid, (32, 32)))
    return Tensor((1, 1, 32 * columns * rows, 32), "BFLOAT16", "TILE", memory=memory)


def test_shards_need_their_cores_or_their_banks_of_dram() -> None:
    assert needs("ttnn.add", {"arg0": sharded(8, 8)}).grid == (8, 8)
    assert needs("ttnn.add", {"arg0": sharded(12, 1, "DRAM")}) == Needs(dram_banks=12)
    assert needs("ttnn.add", {"arg0": sharded(3, 2), "memory_config": sharded(1, 5).memory}).grid == (3, 5)


def test_shards_over_dram_banks_run_on_the_architecture_of_the_trace() -> None:
    wormhole, blackhole = {"board_type": "Wormhole", "device_series": "n300"}, {"device_series": "Blackhole"}
    over_banks = {"arg0": sharded(8, 1, "DRAM")}
    assert traced_archs(over_banks, [blackhole]) == ("blackhole",)
    assert traced_archs(over_banks, [wormhole, blackhole]) == ("blackhole", "wormhole_b0")
    assert traced_archs(over_banks, [blackhole, None]) == (), "an unknown machine excludes no architecture"
    assert traced_archs({"arg0": sharded(8, 1)}, [blackhole]) == ()


def test_programs_need_their_cores() -> None:
    config = Struct("SDPAProgramConfig", (("compute_with_storage_grid_size", CoreCoord(8, 7)), ("q_chunk_size", 64)))
    assert needs("ttnn.softmax", {"program_config": config}).grid == (8, 7)
    assert needs("ttnn.matmul", {"core_grid": CoreGrid(x=4, y=9)}).grid == (4, 9)


def test_collectives_need_a_fabric_and_a_mesh() -> None:
    assert needs("ttnn.experimental.all_gather_async", {"arg0": sharded(1, 1)}) == Needs((1, 2), (1, 1), fabric=True)
    assert needs("ttnn.all_gather", {}, [2, 4]).mesh == (2, 4)
    placed = Tensor((1, 1, 32, 32), "BFLOAT16", "TILE", placement=Placement((1, 8), (1, 8), (None, 3)))
    assert needs("ttnn.add", {"arg0": placed}) == Needs((1, 8))


def test_convolutions_need_small_l1() -> None:
    assert needs("ttnn.conv2d", {}).small_l1
    assert needs("ttnn.max_pool2d", {}).small_l1
    assert not needs("ttnn.add", {}).small_l1


@pytest.mark.parametrize(
    ("grid", "kind", "way"),
    [
        ((8, 8), "n300", (None, None)),
        ((8, 9), "n300", None),
        ((8, 8), "n150", (None, None)),
        ((7, 9), "n150", (None, "COL")),
        ((8, 9), "n150", None),
        ((8, 9), "galaxy", (None, None)),
        ((8, 10), "galaxy", ("ETH", None)),
        ((11, 10), "n300", None),
        ((11, 10), "p150", (None, None)),
    ],
)
def test_a_kind_is_opened_in_the_plainest_way_that_serves(
    grid: tuple[int, int], kind: str, way: tuple[str | None, str | None] | None
) -> None:
    config = find_device_config(KINDS[kind], Needs(grid=grid))
    assert (None if config is None else (config.dispatch_core_type, config.dispatch_core_axis)) == way


def test_a_mesh_and_an_architecture_are_for_the_kinds_that_have_them() -> None:
    assert [name for name, kind in KINDS.items() if find_device_config(kind, Needs(mesh=(2, 4)))] == ["t3000", "galaxy"]
    blackhole = [name for name, kind in KINDS.items() if find_device_config(kind, Needs(archs=("blackhole",)))]
    assert blackhole == ["p100", "p150", "p300"]
    assert find_device_config(KINDS["n300"], Needs(archs=("blackhole",)), DeviceConfig()) is None, "known or inferred"


def test_shards_over_dram_banks_run_where_a_chip_has_them() -> None:
    eight = Needs(dram_banks=8)
    assert [name for name, kind in KINDS.items() if find_device_config(kind, eight) is None] == ["p100"]
    assert find_device_config(KINDS["p100"], eight, DeviceConfig()) is None
    assert find_device_config(KINDS["p100"], Needs(dram_banks=7)) == DeviceConfig()


def test_a_traced_config_is_served_by_kinds_that_open_like_it() -> None:
    mesh = DeviceConfig(mesh_shape=(1, 2), dispatch_core_type="WORKER", dispatch_core_axis="ROW")
    assert find_device_config(KINDS["n300"], Needs(), mesh) is mesh
    assert find_device_config(KINDS["n300"], Needs(grid=(8, 7)), mesh) is mesh
    assert find_device_config(KINDS["n300"], Needs(grid=(8, 8)), mesh) is None, "its workers are not ttnn's default"
    column = DeviceConfig(dispatch_core_type="WORKER", dispatch_core_axis="COL")
    assert find_device_config(KINDS["n300"], Needs(grid=(7, 8)), column) is column
    assert find_device_config(KINDS["n300"], Needs(grid=(7, 9)), column) is None
    worker = DeviceConfig(dispatch_core_type="WORKER")
    assert find_device_config(KINDS["n150"], Needs(grid=(8, 8)), worker) is worker
    assert find_device_config(KINDS["n150"], Needs(), mesh) is None
    assert find_device_config(KINDS["p300"], Needs(), mesh) is None, "Blackhole dispatches by column"
    assert find_device_config(KINDS["p150"], Needs(), DeviceConfig(dispatch_core_type="ETH")) is None
    fixture = DeviceConfig(opened_by="a module")
    assert find_device_config(KINDS["n150"], Needs(grid=(9, 9)), fixture) is fixture, "it opens whatever it finds"
