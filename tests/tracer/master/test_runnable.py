"""Why configurations can't be called again, as far as a file shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.master.master import Master, shipped
from tracer.master.queries import check
from tracer.master.runnable import why_not_runnable
from tracer.values import Lost, MemoryConfig, Tensor, Value
from tracer.values.configuration import Configuration

TILES = Tensor((32, 32), "BFLOAT16", "TILE")
SHARDED = MemoryConfig("HEIGHT_SHARDED", "L1")


@pytest.mark.parametrize(
    ("operation", "arguments", "reason"),
    [
        ("ttnn.add", {"arg0": TILES, "arg1": 1.5}, ""),
        ("ttnn.add", {"arg0": TILES, "arg1": 1.5, "memory_config": SHARDED}, ""),
        ("ttnn.add", {"input_tensor_a": TILES}, "input_tensor_b is missing"),
        ("ttnn.matmul", {"shape": (1, 2), "memory_config": "DRAM"}, "input_tensor_a and input_tensor_b are missing"),
        ("ttnn.relu", {"arg0": Lost("{...}")}, "input_tensor is missing"),
        (
            "ttnn.relu",
            {"arg0": Tensor((32, 32), "BFLOAT16", "TILE", memory=SHARDED)},
            "arg0: a HEIGHT_SHARDED tensor without its shard spec",
        ),
        ("ttnn.relu", {"arg0": Tensor((32, 32), "BFLOAT16", "TILE", "HOST", SHARDED)}, ""),
        ("ttnn.of_another_ttnn", {}, ""),
        ("ttnn.HaloDeviceOperation", {"arg0": TILES}, "it is an operation inside ttnn, which Python can't call"),
        ("ttnn.OptimizedConvNew", {"arg0": TILES}, "it is an operation inside ttnn, which Python can't call"),
    ],
)
def test_reasons(operation: str, arguments: dict[str, Value], reason: str) -> None:
    assert why_not_runnable(Configuration(operation, arguments)) == reason


def test_no_reason_in_the_shipped_master() -> None:
    assert check(Master.read(shipped())).unrunnable == {}


def test_only_those_of_a_real_master_that_lack_something(shared_data: Path) -> None:
    assert check(Master.read(shared_data / "master_n300_2025-11_v1.json")).unrunnable == {}


def tensor(**changes: object) -> dict[str, object]:
    memory = {"memory_layout": "TensorMemoryLayout.INTERLEAVED", "buffer_type": "BufferType.DRAM", "shard_spec": None}
    return {
        "type": "ttnn.Tensor",
        "original_shape": [2, 2],
        "original_dtype": "DataType.BFLOAT16",
        "layout": "Layout.TILE",
        "storage_type": "StorageType.DEVICE",
        "memory_config": memory,
        **changes,
    }


SHARDS = {"grid": [{"start": {"x": 0, "y": 0}, "end": {"x": 0, "y": 0}}], "shape": [-1, 32], "orientation": "ROW_MAJOR"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"original_shape": [1, -32]}, "original_shape must hold sizes from 0 to 4294967295, not [1, -32]"),
        ({"original_shape": [2**32]}, "original_shape must hold sizes from 0 to 4294967295, not [4294967296]"),
        ({"values": [[1.0, 2.0], [3.0]]}, "values must hold 4 numbers for shape [2, 2], not 3"),
        ({"values": [1, 2, 3, 4, 5, 6]}, "values must hold 4 numbers for shape [2, 2], not more than 4"),
        (
            {"memory_config": {"memory_layout": "HEIGHT_SHARDED", "buffer_type": "L1", "shard_spec": SHARDS}},
            "memory_config.shard_spec.shape must hold sizes from 0 to 4294967295, not [-1, 32]",
        ),
    ],
)
def test_impossible_tensors_are_broken_configurations(changes: dict[str, object], message: str) -> None:
    element = {"arguments": {"arg0": tensor(**changes), "arg1": 2.0}}
    master = Master.parse({"operations": {"ttnn.add": {"configurations": [element]}}})
    assert [str(each) for each in master.broken] == [f"ttnn.add, index 0, argument arg0: {message}"]
    result = check(master)
    assert (result.runnable, len(result.broken)) == (0, 1)


@pytest.mark.parametrize("changes", [{"original_shape": []}, {"values": [[1.0, 2.0], [3.0, 4.0]]}, {"values": None}])
def test_what_is_possible_is_read(changes: dict[str, object]) -> None:
    element = {"arguments": {"arg0": tensor(**changes), "arg1": 2.0}}
    assert not Master.parse({"operations": {"ttnn.add": {"configurations": [element]}}}).broken


@pytest.mark.parametrize(
    ("case", "runnable", "texts"),
    [
        (
            "03",
            0,
            ["input_tensor_a and input_tensor_b are missing"] * 2 + ["input_tensor is missing"],
        ),
        ("04", 0, ["starts and ends are missing", "arg0: a HEIGHT_SHARDED tensor without its shard spec"]),
        ("05", 8, ["not [1, -32]", "values must hold 4 numbers for shape [2, 2], not 3"]),
    ],
)
def test_masters_from_the_field(shared_data: Path, case: str, runnable: int, texts: list[str]) -> None:
    paths = sorted((shared_data.parent / "cases").glob(f"{case}*/*master*.json"))
    if not paths:
        pytest.skip("no cases")
    result = check(Master.read(paths[0]))
    reasons = [*result.unrunnable, *result.broken]
    assert result.runnable == runnable
    assert len(reasons) == len(texts)
    assert all(reason.endswith(text) for reason, text in zip(reasons, texts, strict=True))
