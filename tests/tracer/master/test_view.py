"""The view: one line each, nothing hidden but what is usual."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.tracer.values.strategies import values
from tracer.device_config import DeviceConfig
from tracer.master.view import argument_lines, configuration_json, execution_line, result_lines
from tracer.value_statistics import ValueStatistics
from tracer.values import (
    CoreCoord,
    CoreGrid,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    NdShardSpec,
    Placement,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    TorchTensor,
    Value,
    clean,
    show,
)
from tracer.values.configuration import Configuration, Execution

GRID = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(7, 6)),))
SHARDED = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(GRID, (224, 32)))
GUIDE = (
    "Tensor(shape=[1, 1, 12544, 32], dtype=BFLOAT8_B, memory=L1_HEIGHT_SHARDED, "
    "shard(shard_shape=[224, 32], grid=[(0,0)→(7,6)], orientation=ROW_MAJOR))"
)


def tensor(**more: Any) -> Tensor:
    return Tensor((1, 2), "BFLOAT16", **{"layout": "TILE", **more})


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (Tensor((1, 1, 12544, 32), "BFLOAT8_B", "TILE", "DEVICE", SHARDED), GUIDE),
        (tensor(), "Tensor(shape=[1, 2], dtype=BFLOAT16, memory=DRAM_INTERLEAVED)"),
        (
            tensor(layout="ROW_MAJOR", storage="HOST", tile=Tile(16, 32, transpose_of_faces=True)),
            "Tensor(shape=[1, 2], dtype=BFLOAT16, layout=ROW_MAJOR, storage=HOST, memory=DRAM_INTERLEAVED, "
            "tile=16x32 transpose_of_faces)",
        ),
        (
            tensor(layout="", storage="", memory=None),
            "Tensor(shape=[1, 2], dtype=BFLOAT16, layout=not recorded, storage=not recorded, memory=not recorded)",
        ),
        (
            tensor(placement=Placement((4, 8), (32,), (None, -1))),
            "Tensor(shape=[1, 2], dtype=BFLOAT16, memory=DRAM_INTERLEAVED, "
            "placement=[replicate, shard(-1)] over [32] on mesh 4x8)",
        ),
        (
            MemoryConfig("ND_SHARDED", "L1", None, NdShardSpec(GRID, (1, 2, 3))),
            "MemoryConfig(L1_ND_SHARDED, nd_shard(shard_shape=[1, 2, 3], grid=[(0,0)→(7,6)], orientation=ROW_MAJOR, "
            "distribution=ROUND_ROBIN_1D))",
        ),
        (None, "None"),
        (True, "True"),
        (1e-05, "1e-05"),
        ("a\x1b[31m\n", r"'a\x1b[31m\n'"),
        ((1, (2, None)), "[1, [2, None]]"),
        (Shape((1, 2)), "Shape([1, 2])"),
        (EnumMember("DataType", "BFLOAT16"), "DataType.BFLOAT16"),
        (EnumMember("", "CACHE"), "CACHE"),
        (CoreGrid(8, 7), "CoreGrid(x=8, y=7)"),
        (TorchTensor((2,), "int64"), "torch.Tensor(shape=[2], dtype=int64)"),
        (Struct("AConfig", (("grid", CoreCoord(8, 8)), ("size", 64))), "AConfig(grid=(8,8), size=64)"),
        (Mapping((("a", 1), ("b", None))), "{a: 1, b: None}"),
        (Handle("MeshDevice"), "<MeshDevice>"),
        (Lost("{...}", "Topology"), "lost(Topology: {...})"),
        (Lost("{...}"), "lost({...})"),
        (Lost("[ unsupported type , std::optional<A const>]", "std::optional<A>"),
         "lost([ unsupported type , std::optional<A const>])"),
    ],
)  # fmt: skip
def test_a_value_in_one_line(value: Value, line: str) -> None:
    assert show(value) == line


@given(values)
def test_every_value_is_shown_in_one_line_that_is_safe_to_print(value: Value) -> None:
    line = show(value)
    assert line.isprintable()
    line.encode()


def test_arguments_with_their_names_and_the_nones_at_the_end_folded() -> None:
    configuration = Configuration(
        "ttnn.add",
        {"arg0": 1, "arg1": None, "arg2": 2, "arg3": None, "arg4": None, "bias": None, "dtype": 3},
        names=("input_tensor_a", "input_tensor_b"),
    )
    assert argument_lines(configuration) == [
        "arg0 (input_tensor_a): 1",
        "arg1 (input_tensor_b): None",
        "arg2: 2",
        "arg3 to arg4: None",
        "bias: None",
        "dtype: 3",
    ]
    assert argument_lines(Configuration("ttnn.add", {"arg0": None, "bias": 1})) == ["arg0: None", "bias: 1"]
    assert argument_lines(Configuration("ttnn.add", {})) == []


def test_the_statistics_of_its_numbers_follow_a_tensor() -> None:
    statistics = {
        "arg0": ValueStatistics(4, -3.2, 4.1, 0.02, 0.12),
        "arg1[1]": ValueStatistics(4, 0, 9, 3),
        "bias": ValueStatistics(4, 0, 0, 0, nans=1),
    }
    execution = Execution(
        "a.py", {"board_type": "Wormhole"}, 1, statistics=statistics, unread_statistics={"arg3": {"count": "x\x07"}}
    )
    configuration = Configuration(
        "ttnn.add",
        {"arg0": tensor(), "arg1": (1, tensor()), "arg2": None, "arg3": None, "bias": tensor()},
        executions=[execution],
    )
    shown = "Tensor(shape=[1, 2], dtype=BFLOAT16, memory=DRAM_INTERLEAVED)"
    assert argument_lines(configuration) == [
        f"arg0: {shown}",
        "  values -3.2 to 4.1, mean 0.02, 12 % zeros",
        f"arg1: [1, {shown}]",
        "  [1]: values 0 to 9, mean 3",
        "arg2 to arg3: None",
        f"bias: {shown}",
        "  no finite value, 100 % NaN",
    ]
    assert execution_line(execution).endswith(
        "value statistics of arg3 can't be read (count must be an int of at least 1, not 'x\\x07')"
    )
    raw = configuration_json(configuration)
    assert raw["value_statistics"]["bias"] == {"count": 4, "nans": 1}
    assert raw["executions"][0]["value_statistics"]["arg0"]["maximum"] == 4.1


def test_what_the_call_came_to() -> None:
    assert result_lines(Configuration("ttnn.add", {})) == []
    configuration = Configuration("ttnn.add", {}, output=(1, tensor()), raised="RuntimeError: a\nb")
    assert result_lines(configuration) == [
        "output: [1, Tensor(shape=[1, 2], dtype=BFLOAT16, memory=DRAM_INTERLEAVED)]",
        r"raised: RuntimeError: a\nb",
    ]


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (Execution("a.py"), "seen in a.py, machine and count not recorded"),
        (Execution("", count=1), "seen in a source that is not recorded, once, machine not recorded"),
        (
            Execution(
                "a.py",
                {"board_type": "Wormhole", "device_series": ["n300"], "card_count": 4, "mesh_device_shape": [1, 8]},
                12,
                "uid",
                DeviceConfig((1, 8), fabric="FABRIC_1D"),
            ),
            "seen in a.py, on Wormhole n300 x4 mesh 1x8, 12 times, opened 1x8 fabric=FABRIC_1D, trace uid",
        ),
        (Execution("a\x00.py", {"odd": 1}, 0), r"seen in a\x00.py, on a machine of no name, 0 times"),
    ],
)
def test_where_it_was_seen(seen: Execution, line: str) -> None:
    assert execution_line(seen) == line


def test_json_holds_all_of_it() -> None:
    configuration = Configuration(
        "ttnn.add",
        {"arg0": Lost("{...}")},
        ("a",),
        tensor(),
        None,
        [Execution("a.py", None, 3)],
        index=4,
        given_hash="abc",
    )
    raw = configuration_json(configuration)
    assert raw["executions"] == [{"source": "a.py", "count": 3}]
    assert (raw["index"], raw["config_hash"], raw["lost"], raw["argument_names"]) == (4, "abc", ["arg0"], ["a"])
    assert raw["content_hash"] == configuration.content_hash
    assert raw["output"]["type"] == "ttnn.Tensor"


def test_clean_keeps_what_prints() -> None:
    assert clean("→ é") == "→ é"
    assert clean("\ud800\x07") == r"\ud800\x07"
