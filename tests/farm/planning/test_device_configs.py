"""Inferring how a board must be opened from what a configuration needs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from farm.board.kinds import KINDS
from farm.core.traced_opening import TracedOpening
from farm.planning.device_configs import find_device_config
from farm.planning.shortfalls import FewBanks, FewCores, NoMesh, OtherArch
from farm.sweeps.needs import Needs, architectures, needs
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
    both = architectures([wormhole, blackhole])
    assert both == ("blackhole", "wormhole_b0")
    assert architectures([blackhole, None]) == (), "an unknown machine excludes no architecture"
    assert needs("ttnn.add", over_banks, archs=both).archs == both
    assert needs("ttnn.add", {"arg0": sharded(8, 1)}, archs=both).archs == ()


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
    dispatch = (config.dispatch_core_type, config.dispatch_core_axis) if isinstance(config, DeviceConfig) else None
    assert dispatch == way


def kinds_for(needed: Needs, *openings: TracedOpening) -> list[str]:
    opened = {name: find_device_config(kind, needed, openings) for name, kind in KINDS.items()}
    return [name for name, config in opened.items() if isinstance(config, DeviceConfig)]


def test_a_mesh_and_an_architecture_are_for_the_kinds_that_have_them() -> None:
    assert kinds_for(Needs(mesh=(2, 4))) == ["t3000", "galaxy", "p150x8", "galaxy-blackhole"]
    assert kinds_for(Needs(archs=("blackhole",))) == [name for name, kind in KINDS.items() if kind.arch == "blackhole"]
    known = find_device_config(KINDS["n300"], Needs(archs=("blackhole",)), [TracedOpening(DeviceConfig())])
    assert known == OtherArch(("blackhole",)), "known or inferred"


def test_shards_over_dram_banks_run_where_a_chip_has_them() -> None:
    eight = Needs(dram_banks=8)
    assert kinds_for(eight) == [name for name in KINDS if name != "p100"]
    assert find_device_config(KINDS["p100"], eight, [TracedOpening(DeviceConfig())]) == FewBanks(8, 7)
    assert find_device_config(KINDS["p100"], Needs(dram_banks=7)) == DeviceConfig()


def test_a_kind_that_dispatches_as_it_was_traced_is_opened_so() -> None:
    mesh = DeviceConfig(mesh_shape=(1, 2), dispatch_core_type="WORKER", dispatch_core_axis="ROW")
    column = DeviceConfig(dispatch_core_type="WORKER", dispatch_core_axis="COL")
    worker = DeviceConfig(dispatch_core_type="WORKER")
    plain, by_ethernet = DeviceConfig(mesh_shape=(1, 2)), DeviceConfig(dispatch_core_type="ETH")
    for name, grid, traced, opened in (
        ("n300", (8, 7), mesh, mesh),
        ("n300", (8, 8), mesh, plain),  # its workers are not ttnn's default
        ("n300", (7, 8), column, column),
        ("n300", (8, 8), by_ethernet, by_ethernet),
        ("n150", (8, 8), worker, worker),
    ):
        assert find_device_config(KINDS[name], Needs(grid=grid), [TracedOpening(traced, "n300")]) == opened


ETH = DeviceConfig(dispatch_core_type="ETH", l1_small_size=24576)
ON_N300 = TracedOpening(ETH, "n300")


def test_each_kind_is_opened_as_it_was_where_it_was_traced() -> None:
    on_p150 = TracedOpening(DeviceConfig(l1_small_size=32768), "p150b")
    on_t3000 = TracedOpening(DeviceConfig((1, 8)), "n300", 4)
    openings = [ON_N300, on_p150, on_t3000]
    traced = {"n300": ON_N300, "p150": on_p150, "t3000": on_t3000}
    for order in itertools.permutations(openings):
        for name, opening in traced.items():
            assert find_device_config(KINDS[name], Needs(), order) == opening.config


def test_a_kind_it_was_not_traced_on_dispatches_in_its_own_way_where_it_must() -> None:
    assert kinds_for(Needs(), ON_N300) == list(KINDS)
    assert find_device_config(KINDS["n150"], Needs(grid=(8, 8)), [ON_N300]) == ETH, "as traced where it can"
    assert find_device_config(KINDS["n150"], Needs(grid=(7, 9)), [ON_N300]) == replace(
        ETH, dispatch_core_type=None, dispatch_core_axis="COL"
    )
    plain = DeviceConfig(l1_small_size=24576)
    assert find_device_config(KINDS["p150"], Needs(grid=(8, 8)), [ON_N300]) == plain, "Blackhole has no ETH dispatch"
    row = TracedOpening(replace(ETH, dispatch_core_type="WORKER", dispatch_core_axis="ROW"), "n300")
    assert find_device_config(KINDS["p150"], Needs(), [row]) == plain
    assert find_device_config(KINDS["p150"], Needs(), [TracedOpening(ETH)]) == plain, "an unknown product's"


def test_a_product_of_the_same_architecture_comes_before_another() -> None:
    on_p150 = TracedOpening(DeviceConfig(l1_small_size=1), "p150b")
    assert find_device_config(KINDS["galaxy"], Needs(), [on_p150, ON_N300]) == ETH
    assert find_device_config(KINDS["p300"], Needs(), [ON_N300, on_p150]) == on_p150.config


def test_what_a_kind_lacks_is_named() -> None:
    on_t3000, on_pair = TracedOpening(DeviceConfig((1, 8)), "n300", 4), TracedOpening(DeviceConfig((1, 2)), "n300")
    assert find_device_config(KINDS["n150"], Needs(), [on_t3000, on_pair]) == NoMesh(((1, 8), (1, 2)))
    few = FewCores((12, 1), ((11, 10),))
    assert find_device_config(KINDS["p150"], Needs(grid=(12, 1)), [on_t3000, ON_N300]) == few
    assert find_device_config(KINDS["n150"], Needs(grid=(12, 1))) == FewCores((12, 1), ((8, 8), (7, 9)))
    assert find_device_config(KINDS["n150"], Needs((2, 4))) == NoMesh(((2, 4),))


def test_a_fixture_opens_whatever_it_finds() -> None:
    fixture = TracedOpening(DeviceConfig(opened_by="a module"))
    assert find_device_config(KINDS["n150"], Needs(grid=(9, 9)), [fixture]) is fixture.config
