"""ttnn's graph of a capture: with its arguments beside it, in its nodes, or nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.formats.samples import DRAM, record, tensor, written
from tracer.errors import MasterError
from tracer.master.master import Master
from tracer.values import Lost, MemoryConfig, Tensor

CPP_TENSOR = (
    "Tensor(storage=DeviceStorage(),tensor_spec=TensorSpec(logical_shape=Shape([1, 32]),tensor_layout=TensorLayout("
    "dtype=DataType::BFLOAT16,page_config=PageConfig(config=TilePageConfig(tile=Tile(tile_shape={32, 32},"
    f"face_shape={{16, 16}},num_faces=4))),memory_config={DRAM},alignment=Alignment([32, 32]))))"
)
WHOLE = Tensor((1, 32), "BFLOAT16", "TILE", "DEVICE", MemoryConfig())


def node(counter: int, kind: str, level: int, name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "arguments": [],
        "connections": [],
        "counter": counter,
        "input_tensors": [],
        "node_type": kind,
        "params": {"name": name},
        "stacking_level": level,
        **more,
    }


def tensor_node(counter: int) -> dict[str, Any]:
    parts = {"shape": "Shape([1, 32])", "dtype": "DataType::BFLOAT16", "layout": "Layout::TILE"}
    return {**node(counter, "tensor", 2), "params": {**parts, "storage_type": "DEVICE", "memory_config": DRAM}}


NEWER = [
    node(0, "capture_start", 0),
    node(1, "function_start", 1, name="ttnn.relu"),
    node(2, "function_start", 2, input_tensors=[3], name="UnaryDeviceOperation", arguments=["UnaryParams(1)"]),
    tensor_node(3),
    node(4, "function_end", 2, name="UnaryDeviceOperation"),
    node(5, "function_end", 1, name="ttnn.relu"),
    node(6, "function_start", 1, name="Tensor::deallocate"),
    node(7, "capture_end", 0),
]


def report(path: Path, nodes: list[Any]) -> Path:
    path.write_text(
        json.dumps({"cluster_descriptor": "arch: {}", "devices": [{"device_id": 0}], "graph": nodes, "version": 1})
    )
    return path


def losses(master: Master) -> list[str]:
    assert master.trace is not None
    assert master.trace.format == "ttnn graph report"
    return [str(loss) for loss in master.trace.losses]


def test_arguments_in_a_file_beside_it_are_read(tmp_path: Path) -> None:
    path = report(tmp_path / "capture.json", NEWER)
    beside = written(tmp_path / "capture.python_io.json", record("ttnn.relu", arguments={"arg0": tensor(1, [1, 64])}))
    [relu], [same] = Master.read(path), Master.read(beside)
    assert relu.lost == ()
    assert relu.arguments == same.arguments


@pytest.mark.parametrize("alone", [True, False])
def test_a_graph_alone_has_tensors_but_not_which_arguments_they_are(tmp_path: Path, alone: bool) -> None:
    path = written(tmp_path / "plain.json", *NEWER) if alone else report(tmp_path / "capture.json", NEWER)
    master = Master.read(path)
    [relu] = master
    assert relu.operation == "ttnn.relu"
    assert relu.arguments == {"tensor0": WHOLE}
    assert losses(master) == ["ttnn.relu: which argument each tensor is, and all other arguments"]


def test_older_graphs_have_arguments_as_cpp_prints_them(tmp_path: Path) -> None:
    texts = [CPP_TENSOR, "0.5", "nullopt", "[ unsupported type , std::reference_wrapper<X const>]"]
    call = node(1, "function_start", 1, name="ttnn::multiply", arguments=texts)
    master = Master.read(written(tmp_path / "plain.json", node(0, "capture_start", 0), call, call))
    [multiply] = master
    assert list(multiply.arguments.values())[:3] == [WHOLE, 0.5, None]
    assert isinstance(multiply.arguments["arg3"], Lost)
    assert multiply.executions[0].count == 2
    assert losses(master) == ["ttnn.multiply arg3: its content"]


def test_what_is_no_graph_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    path.write_text('{"graph": [{"id": 1}]}')
    with pytest.raises(MasterError, match="node 1 is no node of ttnn's graph: KeyError"):
        Master.read(path)
    path.write_text('{"graph": "none"}')
    with pytest.raises(MasterError, match="a report without a graph|is no node"):
        Master.read(path)
