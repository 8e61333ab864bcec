"""Every schema of a configuration, and every way one can be wrong among good ones."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.device_config import DeviceConfig
from tracer.schemas.reader import read_configuration
from tracer.values import EnumMember, Lost, MemoryConfig, Shape, Tensor
from tracer.values.configuration import BrokenConfiguration, Configuration

N300 = {"board_type": "Wormhole", "device_series": "n300", "card_count": 1}
N150 = {"board_type": "Wormhole", "device_series": "n150", "card_count": 1}
OLD_TENSOR = {
    "Tensor": {
        "tensor_spec": {
            "logical_shape": [1, 1, 224, 224],
            "tensor_layout": {
                "dtype": "DataType::BFLOAT16",
                "memory_config": {"memory_layout": "TensorMemoryLayout::INTERLEAVED", "buffer_type": "BufferType::L1"},
            },
        }
    }
}
NEW_TENSOR = {
    "type": "ttnn.Tensor",
    "original_shape": [1, 2],
    "original_dtype": "DataType.BFLOAT16",
    "layout": "Layout.TILE",
    "storage_type": "StorageType.DEVICE",
    "memory_config": {
        "memory_layout": "TensorMemoryLayout.INTERLEAVED",
        "buffer_type": "BufferType.DRAM",
        "shard_spec": "None",
    },
}
PRINTED = [{"arg0": {"Shape": [1, 2]}}, {"arg1": "nullopt"}, {"arg2": "DataType::BFLOAT16"}]
READ = {"arg0": Shape((1, 2)), "arg1": None, "arg2": EnumMember("DataType", "BFLOAT16")}


def read(raw: Any) -> Configuration:
    configuration = read_configuration("ttnn.add", 0, raw)
    assert isinstance(configuration, Configuration), configuration
    return configuration


def places(configuration: Configuration) -> list[tuple[str, Any, int | None]]:
    return [(each.source, each.machine, each.count) for each in configuration.executions]


def test_a_bare_list() -> None:
    configuration = read(PRINTED)
    assert configuration.arguments == READ
    assert configuration.executions == []


@pytest.mark.parametrize(
    ("provenance", "executions"),
    [
        ({"source": "a.py"}, [("a.py", None, None)]),
        ({"source": ["a.py", "b.py"], "machine_info": [N300]}, [("a.py", N300, None), ("b.py", N300, None)]),
        ({"source": "a.py", "machine_info": [N300, N150]}, [("a.py", N300, None), ("a.py", N150, None)]),
        ({"source": "a.py", "machine_info": N300, "execution_count": 7}, [("a.py", N300, 7)]),
        ({"machine_info": [N300]}, [("", N300, None)]),
        ({}, []),
    ],
)
def test_a_source_beside_machines(provenance: dict[str, Any], executions: Any) -> None:
    configuration = read({"arguments": PRINTED, **provenance})
    assert configuration.arguments == READ
    assert places(configuration) == executions


def test_sources_and_machines_that_lost_their_pairing_are_not_paired() -> None:
    configuration = read({"arguments": PRINTED, "source": ["a.py", "b.py"], "machine_info": [N300, N150]})
    assert places(configuration) == [("a.py", None, None), ("b.py", None, None)]
    assert all(each.extra == {"machines": [N300, N150]} for each in configuration.executions)


def test_contexts() -> None:
    contexts = [{"source": ["a.py"], "machine_info": N300}, {"source": ["b.py", "c.py"], "machine_info": [N150]}]
    configuration = read({"arguments": {"arg0": 1, "bias": NEW_TENSOR}, "contexts": contexts})
    assert places(configuration) == [("a.py", N300, None), ("b.py", N150, None), ("c.py", N150, None)]
    assert list(configuration.arguments) == ["arg0", "bias"]


def test_version_2() -> None:
    configuration = read(
        {
            "arguments": {"memory_config": None, "arg10": 10, "arg2": NEW_TENSOR, "arg0": [1, 2]},
            "config_hash": "abc",
            "config_id": 5,
            "sweep_source_hash": "def",
            "executions": [
                {"source": "a.py", "machine_info": N300, "count": 3, "trace_uid": "t", "pytest_args": "-k x"}
            ],
        }
    )
    assert list(configuration.arguments) == ["arg0", "arg2", "arg10", "memory_config"]
    assert configuration.arguments["arg2"] == Tensor((1, 2), "BFLOAT16", "TILE")
    assert configuration.config_hash == "abc"
    assert configuration.extra == {"config_id": 5, "sweep_source_hash": "def"}
    (execution,) = configuration.executions
    assert (execution.source, execution.machine, execution.count, execution.trace_uid) == ("a.py", N300, 3, "t")
    assert execution.extra == {"pytest_args": "-k x"}
    assert configuration.sources == ("a.py",)


def test_version_2_from_the_database() -> None:
    configuration = read(
        {"arguments": {}, "trace_run_ids": [1], "executions": [{"source": "a", "trace_run_ids": [1, 2]}]}
    )
    assert configuration.extra == {"trace_run_ids": [1]}
    assert configuration.executions[0].extra == {"trace_run_ids": [1, 2]}


def test_a_version_2_envelope_around_version_1_values() -> None:
    arguments = {"arg0": OLD_TENSOR, "arg1": "nullopt", "arg2": NEW_TENSOR}
    configuration = read(
        {"config_id": "cfg-1", "config_hash": "abc", "arguments": arguments, "executions": [{"source": "a"}]}
    )
    tensor = configuration.arguments["arg0"]
    # neither layout nor storage is said, and neither is made up: the argument counts as one that lost something
    assert tensor == Tensor((1, 1, 224, 224), "BFLOAT16", "", "", MemoryConfig("INTERLEAVED", "L1"))
    assert configuration.arguments["arg1"] is None
    assert configuration.arguments["arg2"] == Tensor((1, 2), "BFLOAT16", "TILE")
    assert configuration.lost == ("arg0",)


def test_what_this_project_adds() -> None:
    opened = {"mesh_shape": [1, 2], "fabric": "FABRIC_1D"}
    configuration = read(
        {
            "arguments": {"arg0": NEW_TENSOR, "arg1": 2},
            "argument_names": ["input_tensor_a"],
            "output": NEW_TENSOR,
            "raised": "RuntimeError: no",
            "executions": [{"source": "a", "device_config": opened}],
        }
    )
    assert configuration.name_of("arg0") == "input_tensor_a"
    assert configuration.name_of("arg1") is None
    assert configuration.output == configuration.arguments["arg0"]
    assert configuration.raised == "RuntimeError: no"
    assert configuration.executions[0].device_config == DeviceConfig((1, 2), fabric="FABRIC_1D")


@pytest.mark.parametrize(
    ("raw", "argument", "message"),
    [
        (5, "", "must be an object or a list"),
        ({}, "", "must have its arguments"),
        ({"arguments": "x"}, "", "must have its arguments"),
        ([{"arg0": 1}, "x"], "", "argument 1 must be an object of one key"),
        ([{"arg0": {"Tensor": {}}}], "arg0", "tensor_spec"),
        ({"arguments": {"arg0": 1, "arg1": {"type": "ttnn.Tensor"}}}, "arg1", "original_shape"),
        ({"arguments": {}, "output": {"type": "ttnn.Tensor"}}, "output", "original_shape"),
        ({"arguments": {}, "executions": {}}, "", "executions must be a list"),
        ({"arguments": {}, "executions": [1]}, "", "an execution must be an object"),
        ({"arguments": {}, "executions": [{"source": 1}]}, "", "source must be text"),
        ({"arguments": {}, "executions": [{"count": "3"}]}, "", "count must be an int"),
        ({"arguments": {}, "executions": [{"machine_info": "n300"}]}, "", "machine_info must be an object"),
        ({"arguments": {}, "executions": [{"device_config": {"mesh": 1}}]}, "", "unknown setting"),
        ({"arguments": {}, "contexts": [1]}, "", "a context must be an object"),
        ({"arguments": {}, "source": [1]}, "", "source must be text"),
        ({"arguments": {}, "source": 1}, "", "source must be a list"),
        ({"arguments": {}, "config_hash": 1}, "", "config_hash must be text"),
        ({"arguments": {}, "argument_names": "x"}, "", "argument_names"),
        ({"arguments": {}, "raised": []}, "", "raised must be text"),
    ],
)
def test_a_broken_one_says_what_is_broken(raw: Any, argument: str, message: str) -> None:
    configuration = read_configuration("ttnn.add", 7, raw)
    assert isinstance(configuration, BrokenConfiguration)
    assert (configuration.operation, configuration.index, configuration.argument) == ("ttnn.add", 7, argument)
    assert message in configuration.message
    assert configuration.raw == raw
    assert "ttnn.add, index 7" in str(configuration)
    assert "\n" not in str(configuration)


def test_lost_arguments_are_named() -> None:
    configuration = read([{"arg0": "1"}, {"arg1": "[{...}]"}, {"arg2": "[ unsupported type , A]"}])
    assert configuration.lost == ("arg1", "arg2")
    assert configuration.arguments["arg1"] == (Lost("{...}"),)


def test_lists_of_either_version_in_one_envelope() -> None:
    relu = {"type": "UnaryOpType", "repr": "UnaryOpType.RELU"}
    arguments = read({"arguments": {"arg0": [OLD_TENSOR], "arg1": [NEW_TENSOR, relu], "arg2": "3"}}).arguments
    old = Tensor((1, 1, 224, 224), "BFLOAT16", "", "DEVICE", MemoryConfig("INTERLEAVED", "L1"))
    assert arguments["arg0"] == (old,)
    assert arguments["arg1"] == (Tensor((1, 2), "BFLOAT16", "TILE"), EnumMember("UnaryOpType", "RELU"))
    assert arguments["arg2"] == 3
