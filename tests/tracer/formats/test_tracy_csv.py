"""Tracy's operation reports: device operations as Python calls, with their counts and times."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tracer.device_times import Times
from tracer.errors import TraceFormatError
from tracer.formats.reader import TraceContents, read_trace, recognize
from tracer.formats.tracy_csv import TracyCsv
from tracer.master.runnable import why_not_runnable
from tracer.values import CoreGrid, EnumMember, Handle, MemoryConfig, Tensor, show
from tracer.values.configuration import Configuration

DRAM = (
    "'MemoryConfig(memory_layout=TensorMemoryLayout::INTERLEAVED;buffer_type=BufferType::DRAM;shard_spec=std::nullopt)'"
)
COLUMNS = (
    "OP CODE,OP TYPE,GLOBAL CALL COUNT,DEVICE ID,DEVICE ARCH,ATTRIBUTES,DEVICE FW DURATION [ns],"
    "DEVICE KERNEL DURATION [ns]"
)
TENSOR_COLUMNS = (
    "W_PAD[LOGICAL]",
    "Z_PAD[LOGICAL]",
    "Y_PAD[LOGICAL]",
    "X_PAD[LOGICAL]",
    "LAYOUT",
    "DATATYPE",
    "MEMORY",
)
REPLAYS = ("METAL TRACE ID", "METAL TRACE REPLAY SESSION ID")
HEADER = [
    *COLUMNS.split(","),
    *(f"{name}_{part}" for name in ("INPUT_0", "INPUT_1", "INPUT_2", "OUTPUT_0") for part in TENSOR_COLUMNS),
    *REPLAYS,
]
SQUARE = "1[1] 1[1] 64[64] 64[64] TILE BFLOAT16 DEV_0_DRAM_INTERLEAVED"
SIGNPOST = ["start", "signpost", "", ""]


def row(
    code: str,
    attributes: str = "",
    inputs: tuple[str, ...] = (SQUARE,),
    output: str = SQUARE,
    *,
    chip: int = 0,
    kernel: object = 1000,
    trace: tuple[str, str] = ("", ""),
) -> list[str]:
    cells = [code, "tt_dnn_device", str(1024 + chip), str(chip), "wormhole_b0", attributes, str(kernel), str(kernel)]
    for tensor in (*inputs, *[""] * (3 - len(inputs)), output):
        cells += tensor.split() or [""] * len(TENSOR_COLUMNS)
    return [*cells, *trace]


def read(tmp_path: Path, *rows: list[str], header: list[str] = HEADER) -> TraceContents:
    path = tmp_path / "ops_perf_results_now.csv"
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_text(text.getvalue())
    reader = recognize(path)
    assert isinstance(reader, TracyCsv)
    return read_trace(path, reader)


def only(contents: TraceContents) -> Configuration:
    (configuration,) = contents.configurations
    return configuration


def test_a_matmul_with_its_attributes_as_arguments(tmp_path: Path) -> None:
    attributes = (
        "{'bcast_batch': 'true'; 'compute_kernel_config': 'ComputeKernelConfig(math_fidelity=HiFi2;math_approx_mode=0;"
        "fp32_dest_acc_en=0;packer_l1_acc=1;dst_full_sync_en=0)'; 'output_dtype': 'DataType::BFLOAT16'; "
        f"'output_mem_config': {DRAM}; 'output_tile': 'Tile(tile_shape={{32; 32}};face_shape={{16; 16}};num_faces=4)'; "
        "'program_config': 'std::nullopt'; 'transpose_a': 'false'; 'user_core_coord': '(x=8;y=4)'; "
        "'sub_device_id': 'std::nullopt'; 'shape_of_things': '7'}"
    )
    contents = read(tmp_path, row("MatmulDeviceOperation", attributes, (SQUARE, SQUARE)))
    call = only(contents)
    assert call.operation == "ttnn.matmul"
    assert list(call.arguments) == [
        *("arg0", "arg1", "compute_kernel_config", "dtype", "memory_config", "transpose_a", "core_grid")
    ]
    assert call.arguments["core_grid"] == CoreGrid(x=8, y=4)
    assert call.arguments["dtype"] == EnumMember("DataType", "BFLOAT16")
    assert show(call.arguments["compute_kernel_config"]).startswith("WormholeComputeKernelConfig(")
    assert call.output == Tensor((1, 1, 64, 64), "BFLOAT16", "TILE")
    assert [str(each) for each in contents.losses] == [
        "ttnn.matmul shape_of_things: no parameter takes this attribute of the device operation"
    ]
    assert why_not_runnable(call) == ""


BIAS = "1[1] 1[1] 32[1] 64[64] TILE BFLOAT16 DEV_0_L1_INTERLEAVED"
SOURCES = "{'slice_start': 'Shape([0; 0; 0; 0])'; 'slice_end': 'Shape([1; 1; 32; 64])'; 'step': 'Shape([1; 1; 1; 1])'}"
HALF = "1[1] 1[1] 32[32] 64[64] TILE BFLOAT16 DEV_0_DRAM_INTERLEAVED"
GELU = "BasicUnaryWithParam<float>(op_type=UnaryOpType::GELU;param={1})"
RELU = "BasicUnaryWithParam<float>(op_type=UnaryOpType::RELU;param={})"


PADDING = (
    "{'output_padded_shape': 'Shape([1; 1; 96; 64])'; 'input_tensor_start': 'Shape([0; 0; 0; 0])'; 'pad_value': '0'}"
)
LAYER_NORM = "{'norm_type': 'LayerNormType::LAYERNORM'}"


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (row("Matmul", "", (SQUARE, SQUARE, BIAS)), "ttnn.linear arg0 arg1 bias"),
        (
            row("BinaryNg", "{'binary_op_type': 'BinaryOpType::SUB'; 'lhs_activations': 'SmallVector([])'}"),
            "ttnn.subtract arg0 lost: input_tensor_b",
        ),
        (
            row("BinaryNgDeviceOperation", "{'binary_op_type': 'BinaryOpType::MUL'; 'scalar': '2.5'}"),
            "ttnn.multiply arg0 arg1=2.5",
        ),
        (row("UnaryDeviceOperation", f"{{'op_chain': '{{{GELU}}}'}}"), "ttnn.gelu arg0 fast_and_approximate_mode=True"),
        (row("UnaryDeviceOperation", f"{{'op_chain': '{{{RELU}}}'}}"), "ttnn.relu arg0"),
        (row("UnaryDeviceOperation", f"{{'op_chain': '{{{RELU}; {GELU}}}'}}"), "ttnn.unary_chain arg0 arg1"),
        (row("Reduce", "{'math_op': 'ReduceOpMath::SUM'; 'dim': 'ReduceOpDim::W'; 'scaler': '1'}"),
         "ttnn.sum arg0 scalar=1 dim=-1 lost: keepdim"),
        (row("Transpose", "{'dim': 'TransposeOpDim::WH'}"), "ttnn.transpose arg0 arg1=2 arg2=3"),
        (
            row("SliceDeviceOperation", SOURCES, output=HALF),
            "ttnn.slice arg0 arg1=[0, 0, 0, 0] arg2=[1, 1, 32, 64] arg3=[1, 1, 1, 1]",
        ),
        (
            row("PadDeviceOperation", PADDING),
            "ttnn.pad arg0 arg1=[[0, 0], [0, 0], [0, 32], [0, 0]] arg2=0",
        ),
        (row("ConcatDeviceOperation", "{'dim': '3'}", (HALF, HALF)), "ttnn.concat arg0 arg1=3"),
        (
            row("LayerNormDeviceOperation", "{'norm_type': 'LayerNormType::RMSNORM'; 'eps': '1e-06'}", (SQUARE, BIAS)),
            "ttnn.rms_norm arg0 weight epsilon=1e-06",
        ),
        (
            row("ttnn::prim::LayerNormDeviceOperation", LAYER_NORM, (SQUARE, SQUARE, BIAS)),
            "ttnn.layer_norm arg0 residual_input_tensor weight",
        ),
        (row("Softmax", "{'scale': 'std::nullopt'; 'dim': '-1'}"), "ttnn.softmax arg0 dim=-1"),
        (row("HaloDeviceOperation", "{'in_place_': 'false'}"), "ttnn.HaloDeviceOperation arg0 in_place_=False lost: "),
        (
            row("BinaryNg", "{'binary_op_type': 'BinaryOpType::NEW'}"),
            "ttnn.BinaryNg arg0 binary_op_type=BinaryOpType.NEW lost: ",
        ),
        (row("SliceDeviceOperation", "dims={0;1}"), "ttnn.slice arg0 lost: starts lost: dims"),
    ],
)  # fmt: skip
def test_device_operations_become_the_python_operations_that_run_them(
    tmp_path: Path, cells: list[str], text: str
) -> None:
    contents = read(tmp_path, cells)
    call = only(contents)
    words = [call.operation]
    for name, value in call.arguments.items():
        plain = not isinstance(value, Tensor) and "(" not in show(value)
        words.append(f"{name}={show(value)}" if plain else name)
    words += [f"lost: {loss.argument}" for loss in contents.losses]
    assert " ".join(words) == text


def test_no_python_operation_is_said_by_name(tmp_path: Path) -> None:
    contents = read(tmp_path, row("HaloDeviceOperation"))
    assert [str(each) for each in contents.losses] == [
        "ttnn.HaloDeviceOperation: device operation HaloDeviceOperation has no Python operation"
    ]


def test_one_call_of_all_chips_is_one_and_lasts_as_long_as_the_slowest(tmp_path: Path) -> None:
    relu = f"{{'op_chain': '{{{RELU}}}'}}"
    rows = [row("Unary", relu, chip=chip, kernel=1000 + chip) for chip in (3, 0, 1, 2)]
    contents = read(tmp_path, SIGNPOST, *rows, ["aten::add", "python_fallback"], *reversed(rows))
    (execution,) = only(contents).executions
    assert (execution.count, contents.calls) == (2, 2)
    assert execution.machine == {"board_type": "Wormhole", "device_count": 4}
    assert execution.device_times is not None
    assert execution.device_times.kernel == Times(2006, 1003, 1003)


def test_device_traces_that_ran_again_are_counted_apart(tmp_path: Path) -> None:
    relu = f"{{'op_chain': '{{{RELU}}}'}}"
    rows = [row("Unary", relu, trace=("7", str(session))) for session in (1, 1, 2, 2, 3, 3)]
    (execution,) = only(read(tmp_path, row("Unary", relu, kernel=4000), *rows)).executions
    assert (execution.count, execution.device_trace_runs) == (3, 3)
    assert execution.device_times is not None
    assert execution.device_times.calls == 7


def test_rings_of_chips_tell_the_mesh(tmp_path: Path) -> None:
    semaphore = "GlobalSemaphore(cores={[(x=0;y=0) - (x=7;y=7)]};buffer_type=BufferType::L1)"
    attributes = f"{{'dim': '3'; 'ring_size': '4'; 'cluster_axis': '1'; 'semaphore': '{{{semaphore}; {semaphore}}}'}}"
    contents = read(tmp_path, *(row("AllGatherAsyncDeviceOperation", attributes, chip=chip) for chip in range(8)))
    call = only(contents)
    assert call.executions[0].machine == {"board_type": "Wormhole", "device_count": 8, "mesh_device_shape": [2, 4]}
    assert call.arguments["multi_device_global_semaphore"] == (Handle("GlobalSemaphore"), Handle("GlobalSemaphore"))
    alone = read(tmp_path, row("AllGatherAsyncDeviceOperation", attributes))
    assert [loss.what for loss in alone.losses] == ["the shape of the mesh"]


def test_older_files_have_plain_sizes_and_fewer_columns(tmp_path: Path) -> None:
    header = [
        "OP CODE",
        "GLOBAL CALL COUNT",
        *(f"INPUT_0_{part}".replace("_PAD[LOGICAL]", "") for part in TENSOR_COLUMNS),
    ]
    padded = ["Tilize", "1", "1", "1", "64", "64", "TILE", "BFLOAT16", "DEV_1_L1_HEIGHT_SHARDED"]
    logical = ["Tilize", "2", "1", "1", "60", "64", "TILE", "BFLOAT8_B", "DEV_1_DRAM"]
    contents = read(tmp_path, padded, logical, header=header)
    assert [each.arguments["arg0"] for each in contents.configurations] == [
        Tensor((1, 1, 64, 64), "BFLOAT16", "TILE", memory=MemoryConfig("HEIGHT_SHARDED", "L1")),
        Tensor((1, 1, 60, 64), "BFLOAT8_B", "TILE"),
    ]
    assert [loss.what for loss in contents.losses] == [
        "INPUT_0: its logical sizes; the padded ones are taken for them",
        "INPUT_0: how it is laid out in DRAM",
    ]
    assert contents.configurations[0].executions[0].device_times is None


@pytest.mark.parametrize("blank", ["", "-", "NaN", "N/A"])
def test_a_duration_that_was_not_measured_costs_no_call(tmp_path: Path, blank: str) -> None:
    contents = read(tmp_path, row("Unary", f"{{'op_chain': '{{{RELU}}}'}}", kernel=blank))
    assert (contents.calls, contents.broken) == (1, [])
    assert contents.configurations[0].executions[0].device_times is None


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (row("Unary")[:12], "line 2: has 12 of 38 cells; it is cut off"),
        (row("Unary", kernel="fast"), "line 2: DEVICE KERNEL DURATION [ns] must be a number, not 'fast'"),
        (row("Unary", kernel="-4"), "line 2: DEVICE KERNEL DURATION [ns] must be a duration, not '-4'"),
        (row("Unary", "{'a': 'b'"), "line 2: ATTRIBUTES can't be read: \"{'a': 'b'\""),
        (row("Unary", "a={0;1"), "line 2: ATTRIBUTES has unbalanced brackets: 'a={0,1'"),
        (
            row("Unary", inputs=(SQUARE.replace("64[64]", "64]"),)),
            "line 2: INPUT_0: a size must be like 32 or 32[1], not '64]'",
        ),
        (row("Unary", inputs=(SQUARE.replace("64[64]", "64[5000000000]"),)),
         "line 2: original_shape must hold sizes from 0 to 4294967295, not [1, 1, 5000000000, 5000000000]"),
    ],
)  # fmt: skip
def test_rows_that_cant_be_read_are_named_by_line(tmp_path: Path, cells: list[str], problem: str) -> None:
    contents = read(tmp_path, cells, row("Unary", f"{{'op_chain': '{{{RELU}}}'}}"))
    assert [each.message for each in contents.broken] == [problem]
    assert only(contents).operation == "ttnn.relu"


def test_operations_that_return_another_rank_have_no_recorded_output(tmp_path: Path) -> None:
    attributes = "{'tilized': 'true'; 'pad_token': 'std::nullopt'}"
    call = only(read(tmp_path, row("Embeddings", attributes, (SQUARE, SQUARE))))
    assert (call.output, call.arguments["layout"]) == (None, EnumMember("Layout", "TILE"))


def test_a_program_that_cpp_chooses_itself_is_no_argument(tmp_path: Path) -> None:
    attributes = "{'program_config': 'MatmulMultiCoreProgramConfig()'}"
    contents = read(tmp_path, row("Matmul", attributes, (SQUARE, SQUARE)))
    assert (list(only(contents).arguments), list(contents.losses)) == (["arg0", "arg1"], [])


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        (b'Unary,"tt_dnn', "line 2: not CSV: unexpected end of data"),
        (b"\xff\xfe\x00", "not UTF-8 text; an operation report is a CSV file"),
    ],
)
def test_files_that_are_no_csv_are_one_line(tmp_path: Path, rest: bytes, problem: str) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(f"{COLUMNS}\n".encode() + rest)
    with pytest.raises(TraceFormatError) as raised:
        read_trace(path, TracyCsv())
    assert str(raised.value) == f"{path}: {problem}"


def test_a_file_without_the_names_of_operations_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("OP KODE,DEVICE ID\nUnary,0\n")
    with pytest.raises(TraceFormatError, match="line 1: no column is called OP CODE or OP NAME"):
        read_trace(path, TracyCsv())


def test_public_reports(shared_data: Path) -> None:
    cases = shared_data.parent / "cases"
    if not cases.is_dir():
        pytest.skip("no cases")
    (small,) = cases.glob("08*/*.csv")
    contents = read_trace(small, TracyCsv())
    assert (contents.calls, [bool(why_not_runnable(each)) for each in contents.configurations]) == (4, [True] * 4)
    one, eight = sorted(cases.glob("09*/*.csv"), key=lambda each: "8xp150" in each.name)
    contents = read_trace(one, TracyCsv())
    assert (contents.calls, len(contents.configurations), len(contents.losses)) == (21, 21, 5)
    contents = read_trace(eight, TracyCsv())
    assert [each.operation for each in contents.configurations] == [
        *("ttnn.matmul", "ttnn.experimental.reduce_scatter_minimal_async"),
        *("ttnn.experimental.all_gather_async", "ttnn.rms_norm", "ttnn.matmul"),
    ]
    assert (contents.calls, list(contents.losses), contents.broken) == (5, [], [])
    assert all(each.device_seconds for each in contents.configurations)
