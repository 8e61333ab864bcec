"""Values written as version 2's JSON, in tt-metal's own forms where it has one, and read back equal."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given

from tests.tracer.values.examples import ACTIVATION, FIRST, GRID, MATMUL, SHARDED, STARTS_AND_ENDS
from tests.tracer.values.strategies import values
from tracer.values import (
    CoreCoord,
    CoreGrid,
    CoreRangeSet,
    EnumMember,
    Placement,
    Shape,
    Struct,
    Tensor,
    TorchTensor,
    Value,
    decode,
    encode,
)


@given(values)
def test_what_is_written_is_read_back_equal(value: Value) -> None:
    text = json.dumps(encode(value), sort_keys=True, allow_nan=False)
    again = decode(json.loads(text))
    assert again == value
    # equal for Python is not yet the same: 1 == True == 1.0
    assert json.dumps(encode(again), sort_keys=True) == text


def test_numbers_that_json_does_not_have_survive() -> None:
    value = (math.inf, -math.inf, "inf", "nan")
    assert decode(json.loads(json.dumps(encode(value), allow_nan=False))) == value
    again = decode(encode(math.nan))
    assert isinstance(again, float)
    assert math.isnan(again)


def test_a_tensor_is_written_as_tt_metal_does() -> None:
    placement = Placement((4, 8), (32,), (None, -1))
    assert encode(Tensor((1, 128), "BFLOAT8_B", "TILE", "DEVICE", SHARDED, None, placement)) == {
        "type": "ttnn.Tensor",
        "original_shape": [1, 128],
        "original_dtype": "DataType.BFLOAT8_B",
        "layout": "Layout.TILE",
        "storage_type": "StorageType.DEVICE",
        "memory_config": {
            "memory_layout": "TensorMemoryLayout.HEIGHT_SHARDED",
            "buffer_type": "BufferType.L1",
            "shard_spec": {"grid": STARTS_AND_ENDS, "shape": [224, 32], "orientation": "COL_MAJOR"},
            "is_sharded": True,
            "interleaved": False,
        },
        "tensor_placement": {
            "placement": "['PlacementReplicate', 'PlacementShard(-1)']",
            "distribution_shape": "[32]",
            "mesh_device_shape": "[4, 8]",
        },
    }


WRITTEN: list[tuple[Value, Any]] = [
    (EnumMember("DataType", "BFLOAT16"), {"type": "DataType", "repr": "DataType.BFLOAT16"}),
    (Shape((1, 2)), {"type": "Shape", "value": "Shape([1, 2])"}),
    (CoreCoord(1, 2), {"type": "CoreCoord", "value": "(x=1,y=2)"}),
    (CoreGrid(8, 7), {"type": "CoreGrid", "value": "ttnn.CoreGrid(x=8, y=7)"}),
    (FIRST, {"type": "CoreRange", "value": "[(x=0,y=0) - (x=7,y=6)]"}),
    (GRID, {"type": "CoreRangeSet", "value": "{[(x=0,y=0) - (x=7,y=6)], [(x=0,y=7) - (x=3,y=7)]}"}),
    (EnumMember("torch.dtype", "float32"), {"type": "dtype", "value": "torch.float32"}),
    (TorchTensor((2,), "int64"), {"type": "torch.Tensor", "shape": [2], "dtype": "torch.int64"}),
    (
        Struct(
            "SDPAProgramConfig",
            (("compute_with_storage_grid_size", CoreCoord(8, 8)), ("exp_approx_mode", False), ("sub_core_grids", None)),
        ),
        {
            "type": "SDPAProgramConfig",
            "value": "SDPAProgramConfig(compute_with_storage_grid_size=(x=8,y=8), "
            "exp_approx_mode=false, sub_core_grids=std::nullopt)",
        },
    ),
    (
        Struct(
            "Conv2dConfig",
            (("activation", ACTIVATION), ("shard_layout", EnumMember("TensorMemoryLayout", "HEIGHT_SHARDED"))),
        ),
        {
            "type": "Conv2dConfig",
            "value": "Conv2dConfig(activation=BasicUnaryWithParam<float>(op_type=UnaryOpType::GELU,param={1.0}), "
            "shard_layout=TensorMemoryLayout::HEIGHT_SHARDED)",
        },
    ),
    (
        Struct(
            "WormholeComputeKernelConfig",
            (
                ("dst_full_sync_en", False),
                ("fp32_dest_acc_en", True),
                ("math_approx_mode", False),
                ("math_fidelity", EnumMember("MathFidelity", "HiFi2")),
                ("packer_l1_acc", True),
                ("throttle_level", EnumMember("ThrottleLevel", "NO_THROTTLE")),
            ),
        ),
        {
            "dst_full_sync_en": False,
            "fp32_dest_acc_en": True,
            "math_approx_mode": "False",
            "math_fidelity": "MathFidelity.HiFi2",
            "packer_l1_acc": True,
            "throttle_level": "ThrottleLevel.NO_THROTTLE",
        },
    ),
    (
        Struct(
            MATMUL,
            (
                ("compute_with_storage_grid_size", CoreCoord(8, 7)),
                ("fuse_batch", True),
                ("fused_activation", ACTIVATION),
                ("hop_cores", CoreRangeSet(())),
                ("in0_block_w", 2),
            ),
        ),
        {
            "type": MATMUL,
            "compute_with_storage_grid_size": {"x": 8, "y": 7},
            "fuse_batch": True,
            "fused_activation": {"op_type": "UnaryOpType.GELU", "param": [1.0]},
            "hop_cores": [],
            "in0_block_w": 2,
        },
    ),
]


@pytest.mark.parametrize(("value", "raw"), WRITTEN)
def test_what_tt_metal_has_a_form_for_is_written_in_it(value: Value, raw: Any) -> None:
    assert encode(value) == raw
    assert decode(raw) == value
