"""ttnn's graph capture: what it says of calls is read exactly, what it loses is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.formats.samples import record, tensor, written
from tracer.errors import MasterError, TraceFormatError
from tracer.formats import json_stream
from tracer.formats.reader import recognize
from tracer.master.master import Master, update
from tracer.master.runnable import why_not_runnable
from tracer.values import (
    CoreGrid,
    EnumMember,
    Handle,
    Lost,
    MemoryConfig,
    Placement,
    Shape,
    Struct,
    Tensor,
    TorchTensor,
)
from tracer.values.cores import CoreCoord, CoreRange, CoreRangeSet
from tracer.values.sets import ValueSet
from tracer.values.tile import Tile

CORES = CoreRange(CoreCoord(0, 0), CoreCoord(3, 1))
HEIGHT = EnumMember("Op2DSliceConfig.SliceTypeEnum", "DRAMSliceHeight")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "graph_capture.python_io.json"


def arguments(path: Path) -> dict[str, Any]:
    [configuration] = Master.read(path)
    return configuration.arguments


def test_equal_calls_on_other_tensors_are_one_configuration(capture: Path) -> None:
    calls = [record("ttnn.relu", arguments={"arg0": tensor(number, [1, 32])}) for number in range(3)]
    master = Master.read(written(capture, *calls, record("ttnn::relu", arguments={"arg0": tensor(9, [1, 64])})))
    assert master.trace is not None
    assert (master.trace.format, master.trace.calls) == ("ttnn graph capture", 4)
    assert [each.executions[0].count for each in master] == [3, 1]
    assert [each.index for each in master.configurations["ttnn.relu"]] == [0, 1]


def test_values_are_read_as_they_were_passed(capture: Path) -> None:
    texts = {
        "arg0": "[0, -1]",
        "arg1": "None",
        "dim": "-1",
        "epsilon": "1e-05",
        "mode": "silu",
        "equation": "ij,jk->k",
        "keepdim": "True",
        "dtype": "DataType.BFLOAT16",
        "kind": "torch.float32",
        "shape": "Shape([1, 32])",
        "grid": "ttnn.CoreGrid(x=8, y=4)",
        "names": "['a', \"it's\", '\\\\d']",
        "device": "MeshDevice(1x2 grid, 2 devices)",
        "host": "torch.Tensor(shape=[1, 32], dtype=torch.bfloat16)",
        "tile": "Tile with shape: [16, 32]",
        "cores": "{[0-0 - 3-1], [5-5 - 6-6]}",
        "range": "[0-0 - 3-1]",
        "core": "[1-2]",
        "set": "{MeshCoordinate([0, 1]), MeshCoordinate([0, 0])}",
        "index": "(slice(None, 3, None), Ellipsis)",
        "slices": "Op2DSliceConfig(slice_type=SliceType::DRAM_HEIGHT,num_slices=2)",
        "stateless": "<ttnn._ttnn.operations.normalization.SoftmaxDefaultProgramConfig object at 0x7f0d6f0c41d0>",
    }
    assert arguments(written(capture, record("ttnn.odd", arguments=texts))) == {
        "arg0": (0, -1),
        "arg1": None,
        "dim": -1,
        "epsilon": 1e-05,
        "mode": "silu",
        "equation": "ij,jk->k",
        "keepdim": True,
        "dtype": EnumMember("DataType", "BFLOAT16"),
        "kind": EnumMember("torch.dtype", "float32"),
        "shape": Shape((1, 32)),
        "grid": CoreGrid(8, 4),
        "names": ("a", "it's", "\\d"),
        "device": Handle("MeshDevice"),
        "host": TorchTensor((1, 32), "bfloat16"),
        "tile": Tile(16, 32),
        "cores": CoreRangeSet((CORES, CoreRange(CoreCoord(5, 5), CoreCoord(6, 6)))),
        "range": CORES,
        "core": (CoreCoord(1, 2),),
        "set": ValueSet.of(Struct("MeshCoordinate", (("coords", (0, column)),)) for column in (0, 1)),
        "index": (Struct("slice", (("start", None), ("step", None), ("stop", 3))), Struct("ellipsis", ())),
        "slices": Struct("Op2DSliceConfig", (("num_slices", 2), ("slice_type", HEIGHT))),
        "stateless": Struct("SoftmaxDefaultProgramConfig", ()),
    }


def test_tensors_keep_their_memory_and_how_they_are_spread(capture: Path) -> None:
    text = tensor(1, [1, 32], mesh="[1, 2]", spread="[2]", shards="'PlacementShard(1)'")
    read = arguments(written(capture, record("ttnn.relu", arguments={"arg0": text})))
    spread = Placement((1, 2), (2,), (1,))
    assert read == {"arg0": Tensor((1, 32), "BFLOAT16", "TILE", "DEVICE", MemoryConfig(), None, spread)}


def test_losses_are_named_with_the_number_of_calls(capture: Path) -> None:
    lossy = "ttnn.Tensor([[0.5, 1.5], ..., [2, 3]], shape=Shape([9, 2]), dtype=DataType::BFLOAT16, layout=Layout::TILE)"
    calls = [
        record("ttnn.concat", arguments={"arg0": f"[{lossy}]", "dim": "0"}),
        record("ttnn.concat", arguments={"arg0": f"[{lossy}]", "dim": "0"}),
        record("ttnn.layer_norm", arguments={"config": "<ttnn._ttnn.X.SomeConfig object at 0x7f00>"}),
    ]
    master = Master.read(written(capture, *calls))
    assert master.trace is not None
    assert {str(loss): number for loss, number in master.trace.losses.items()} == {
        "ttnn.concat arg0: where it is": 2,
        "ttnn.concat arg0: its memory config": 2,
        "ttnn.layer_norm config: its content": 1,
    }
    concat, norm = master
    assert concat.arguments["arg0"] == (Tensor((9, 2), "BFLOAT16", "TILE", "", None),)
    assert norm.arguments["config"] == Lost("<object>", "ttnn._ttnn.X.SomeConfig")


def test_a_call_that_raised_says_so(capture: Path) -> None:
    error = {"type": "RuntimeError", "message": "TT_FATAL:\nno\nbacktrace:\n --- at 0x1"}
    [configuration] = Master.read(written(capture, record("ttnn.relu", arguments={"arg0": "1"}, error=error)))
    assert configuration.raised == "RuntimeError: TT_FATAL: no"


def test_an_operation_that_a_method_called_counts_once(capture: Path) -> None:
    shape = tensor(1, [32, 32])
    method = record("ttnn.Tensor.__getitem__", arguments={"arg0": shape, "arg1": "(slice(None, 16, None),)"})
    inner = record("ttnn.slice", arguments={"arg0": shape, "arg1": "[0, 0]"}, output_tensor_ids=[2])
    assert list(Master.read(written(capture, method, inner)).configurations) == ["ttnn.slice"]


def test_fields_that_ttnn_does_not_print_are_named(capture: Path) -> None:
    config = "LayerNormDefaultProgramConfig(legacy_reduction=0,use_welford=0)"
    master = Master.read(written(capture, record("ttnn.layer_norm", arguments={"program_config": config})))
    assert master.trace is not None
    assert [str(loss) for loss in master.trace.losses] == ["ttnn.layer_norm program_config: its legacy_rsqrt"]


def test_a_method_of_tensors_alone_does_not_tell_its_operation(capture: Path) -> None:
    name = "ttnn.Tensor.__getitem__"
    call = record(name, arguments={"arg0": tensor(1, [32, 32]), "arg1": "3"}, output_tensor_ids=[2])
    master = Master.read(written(capture, call))
    assert master.trace is not None
    assert [str(loss) for loss in master.trace.losses] == [f"{name}: which operations the method called"]
    assert [why_not_runnable(each) for each in master] == [
        "it is a method of tensors, of which the operations are not recorded"
    ]


def test_a_broken_call_costs_no_other(capture: Path) -> None:
    good = record("ttnn.relu", arguments={"arg0": "1"})
    master = Master.read(written(capture, good, 7, {"name": "ttnn.add", "arguments": {"0": 3}}, good))
    assert [str(each) for each in master.broken] == [
        "(unnamed), index 1: must be an object with a name and arguments, not 7",
        "ttnn.add, index 2: every argument must be text",
    ]
    assert [each.executions[0].count for each in master] == [2]


@pytest.mark.parametrize("cut", [60, 200, -1])
def test_a_file_that_is_cut_off_is_one_clear_error(capture: Path, cut: int) -> None:
    call = record("ttnn.relu", arguments={"arg0": tensor(1, [1, 32])})
    capture.write_text(json.dumps([call, call])[:cut])
    with pytest.raises(MasterError, match=r"graph_capture.python_io.json: element \d is cut off"):
        Master.read(capture)


@pytest.mark.parametrize("more", ["[]", "x", '[{"name": "ttnn.relu", "arguments": {}}]'])
def test_what_follows_a_capture_is_not_passed_over(capture: Path, more: str) -> None:
    """Appending one capture to another makes no JSON; half of the calls would be missing without a word."""
    written(capture, record("ttnn.relu", arguments={"arg0": tensor(1, [1, 32])}))
    with capture.open("a") as file:
        file.write(f"\n{more}\n")
    with pytest.raises(MasterError, match=r"python_io.json: element 1 is the last, but the file goes on"):
        Master.read(capture)


def test_elements_are_decoded_in_any_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [{"a": 'é\\"]'}, [1, [2]], 12345, -1.5e-3, "x" * 50, None, True, {}]
    path = tmp_path / "array.json"
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")
    for size in (1, 2, 7, 1000):
        monkeypatch.setattr(json_stream, "CHUNK", size)
        assert list(json_stream.elements(path)) == values


def test_an_array_with_a_fault_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", 16)
    path = tmp_path / "array.json"
    path.write_text("[1, {'a': 2}, " + "3, " * 100_000 + "4]")
    values = json_stream.elements(path)
    assert next(values) == 1
    with pytest.raises(TraceFormatError, match="element 2 is not JSON"):
        next(values)


@pytest.mark.parametrize(
    "text", ["ttnn.Tensor([", "[[", "device_id: 0, MeshCoordinate([0])\nttnn.Tensor(", "a(b=", "'"]
)
def test_long_text_is_lost_in_linear_time(capture: Path, text: str) -> None:
    long = text * (2_000_000 // len(text))  # a quadratic reader would take hours
    read = arguments(written(capture, record("ttnn.relu", arguments={"arg0": long})))
    assert isinstance(read["arg0"], Lost)
    assert len(read["arg0"].left) <= 400


def test_an_element_that_never_ends_is_refused(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", 100)
    monkeypatch.setattr(json_stream, "LONGEST_ELEMENT", 1000)
    written(capture, record("ttnn.relu", arguments={"arg0": "1"}), record("ttnn.relu", arguments={"arg0": "x" * 9000}))
    with pytest.raises(MasterError, match="element 2 is longer than 1000 characters"):
        Master.read(capture)


def test_a_master_is_no_capture(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text('{"operations": {}}')
    assert recognize(path) is None


def test_a_capture_is_read_but_never_written_to(capture: Path) -> None:
    before = written(capture, record("ttnn.relu", arguments={"arg0": "1"})).read_text()
    with pytest.raises(
        MasterError,
        match="is no master but a capture .ttnn graph capture., which isn't overwritten",
    ):
        update(capture, Master.read(capture))
    assert capture.read_text() == before


def test_the_example_from_the_field(shared_data: Path) -> None:
    path = shared_data.parent / "cases" / "06_graph_capture_sidecar" / "graph_capture.python_io.json"
    if not path.is_file():
        pytest.skip(f"no {path}")
    master = Master.read(path)
    assert master.trace is not None
    assert master.trace.calls == 7
    assert not master.broken
    assert {(loss.operation, loss.argument) for loss in master.trace.losses} == {
        ("ttnn.concat", "arg0"),
        ("ttnn.rms_norm", "compute_kernel_config"),
    }
