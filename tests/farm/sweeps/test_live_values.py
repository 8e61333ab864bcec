from __future__ import annotations

from typing import Any

import pytest

from farm.sweeps import live_values
from farm.sweeps.errors import TracedConfigError
from farm.sweeps.traced import ABSENT
from tracer.values import describe, encode

ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")


def test_enums_in_every_spelling() -> None:
    for text in ("DataType.BFLOAT8_B", "DataType::BFLOAT8_B", "ttnn.bfloat8_b", "BFLOAT8_B"):
        assert live_values.parse_dtype(text) == ttnn.bfloat8_b
    for text in ("Layout.ROW_MAJOR", "Layout::ROW_MAJOR", "ttnn.ROW_MAJOR_LAYOUT", "ROW_MAJOR"):
        assert live_values.parse_layout(text) == ttnn.ROW_MAJOR_LAYOUT
    with pytest.raises(TracedConfigError, match="dtype: this ttnn's DataType has no member FLOAT7"):
        live_values.parse_dtype("DataType.FLOAT7")
    with pytest.raises(TracedConfigError, match="layout: this ttnn's Layout has no member HEXAGON"):
        live_values.parse_layout("Layout.HEXAGON")


def _core_grid() -> Any:
    return ttnn.CoreGrid(x=8, y=7)


def _memory_config() -> Any:
    cores = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(7, 1))})
    shards = ttnn.ShardSpec(cores, [32, 64], ttnn.ShardOrientation.COL_MAJOR)
    return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, shards)


def _compute_kernel_config() -> Any:
    return ttnn.WormholeComputeKernelConfig(math_fidelity=ttnn.MathFidelity.LoFi, packer_l1_acc=True)


def _program_config() -> Any:
    return ttnn.MatmulMultiCoreReuseProgramConfig(
        compute_with_storage_grid_size=ttnn.CoreCoord(8, 7),
        in0_block_w=2,
        out_subblock_h=1,
        out_subblock_w=1,
        per_core_M=4,
        per_core_N=3,
    )


FUNCTIONS = [
    (live_values.dict_to_core_grid, _core_grid),
    (live_values.dict_to_memory_config, _memory_config),
    (live_values.dict_to_compute_kernel_config, _compute_kernel_config),
    (live_values.dict_to_program_config, _program_config),
]


@pytest.mark.parametrize(("function", "example"), FUNCTIONS)
def test_objects_of_their_json(function: Any, example: Any) -> None:
    live = example()
    raw = encode(describe(live))
    assert isinstance(raw, dict)
    assert describe(function(raw)) == describe(live)
    assert function(live) is live
    assert function(None) is None
    with pytest.raises(TracedConfigError, match=r"\{'type': 'Elsewhere'"):
        function({"type": "Elsewhere", "repr": "Elsewhere.MEMBER"})


def test_further_spellings() -> None:
    raw = encode(describe(_memory_config()))
    wrapped = {"type": "ttnn._ttnn.tensor.MemoryConfig", "data": raw}
    assert live_values.dict_to_memory_config(wrapped) == _memory_config()
    assert live_values.dict_to_memory_config(ABSENT) is None
    grid = live_values.dict_to_core_grid("ttnn.CoreGrid(x=8, y=7)")
    assert (grid.x, grid.y) == (8, 7)
    name = "LayerNormShardedMultiCoreProgramConfig"
    printed = f"{name}(compute_with_storage_grid_size=8-2,subblock_w=2,block_h=1,block_w=4,inplace=0)"
    config = live_values.dict_to_program_config({"type": name, "value": printed})
    assert (config.compute_with_storage_grid_size.y, config.block_w) == (2, 4)
    with pytest.raises(TracedConfigError, match="memory config: memory_config must have a memory_layout"):
        live_values.dict_to_memory_config({"memory_layout": "TensorMemoryLayout.INTERLEAVED"})
