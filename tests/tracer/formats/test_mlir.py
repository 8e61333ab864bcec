"""Modules of MLIR: operations of ttnn as Python calls, in the spellings of several years."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.errors import TraceFormatError
from tracer.formats import mlir_tokens
from tracer.formats.mlir import Mlir
from tracer.formats.mlir_tokens import tokens
from tracer.formats.reader import TraceContents, read_trace, recognize
from tracer.limits import LONGEST_STRING
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, EnumMember, Lost, MemoryConfig, ShardSpec, Tensor, show

NEW = """// made by a compiler
#dram = #ttnn.buffer_type<dram>
#l1 = #ttnn.buffer_type<l1>
#system_memory = #ttnn.buffer_type<system_memory>
#loc1 = loc("p0.1")
#system_desc = #ttcore.system_desc<[{role = host, target_triple = "x86_64"}], [{arch = <wormhole_b0>, grid = 8x8,
  supported_tile_sizes = [ 4x16, 32x32]}], [0], [1 : i32], [ 0x0x0x0]>
#tiles = #ttnn.ttnn_layout<(d0, d1) -> (d0, d1), <1x1>, memref<2x4x!ttcore.tile<32x32, bf16>, #dram>, <interleaved>>
#small = #ttnn.ttnn_layout<(d0, d1) -> (d0, d1), <1x1>, memref<2x4x!ttcore.tile<32x32, bfp_bf8>, #dram>, <interleaved>>
#blocks = #ttnn.ttnn_layout<(d0, d1) -> (d0, d1), <2x4, (d0, d1) -> (0, d0, d1)>,
  memref<1x1x!ttcore.tile<32x32, bf16>, #l1>, <block_sharded>>
#heights = #ttnn.ttnn_layout<(d0, d1) -> (d0, d1), <12x1, (d0, d1) -> (0, d0 floordiv 8, d0 mod 8)>,
  memref<1x4x!ttcore.tile<32x32, bf16>, #l1>, <height_sharded>>
#host = #ttnn.ttnn_layout<(d0, d1) -> (d0, d1), <1x1>, memref<64x128xf32, #system_memory>>
"""
OLD = """#device = #tt.device<workerGrid = #tt.grid<8x8, (d0, d1) -> (0, d0, d1)>, m = (d0)[s0] -> (0), meshShape = >
#dram = #tt.memory_space<dram>
#l1_ = #tt.memory_space<l1>
#system = #tt.memory_space<system>
#host = #tt.layout<(d0, d1) -> (d0, d1), undef, <1x1>, memref<64x128xf32, #system>>
#tiles = #tt.layout<(d0, d1) -> (d0, d1), undef, <1x1>, memref<2x4x!tt.tile<32x32, bf16>, #dram>, interleaved>
#blocks = #tt.layout<(d0, d1) -> (d0, d1), undef, <2x4>, memref<1x1x!tt.tile<32x32, bf16>, #l1_>, block_sharded>
#heights = #tt.layout<(d0, d1) -> (d0, d1), undef, <64x1>, memref<1x4x!tt.tile<32x32, bf16>, #l1_>, height_sharded>
"""
T, S, B, H = (f"tensor<64x128xbf16, #{name}>" for name in ("tiles", "small", "blocks", "heights"))
CORES = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(3, 1)),))
BLOCKS = MemoryConfig("BLOCK_SHARDED", "L1", ShardSpec(CORES, (32, 32)))


def read(tmp_path: Path, *lines: str, head: str = NEW) -> TraceContents:
    body = "\n".join(lines)
    path = tmp_path / "module.mlir"
    path.write_text(
        f"{head}module @m attributes {{a.b = #system_desc}} {{\n"
        f'  func.func @main(%arg0: {T} loc("ttnn.add"("a.py":1:0))) -> {T} {{\n{body}\n'
        f"    return %arg0 : {T}\n  }} loc(#loc)\n}}\n"
        "#loc = loc(unknown)\n{-# dialect_resources: { builtin: { a: "
        '"0x00" } } #-}\n'
    )
    reader = recognize(path)
    assert isinstance(reader, Mlir)
    return read_trace(path, reader)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            f'%2 = "ttnn.matmul"(%0, %1) <{{transpose_a = false, transpose_b = true}}> : ({T}, {S}) -> {T} loc(#loc1)',
            "ttnn.matmul arg0 arg1 transpose_a=False transpose_b=True",
        ),
        (f'%2 = "ttnn.matmul"(%0, %1) : ({T}, {S}) -> {B}', "ttnn.matmul arg0 arg1 memory_config"),
        (f'%2 = "ttnn.linear"(%0, %1, %2) : ({T}, {T}, {T}) -> {T}', "ttnn.linear arg0 arg1 bias"),
        (
            f'%2 = "ttnn.sum"(%0) <{{dim_arg = [-1 : i32], keep_dim = true}}> : ({T}) -> {T}',
            "ttnn.sum arg0 dim=[-1] keepdim=True",
        ),
        (
            f'%2 = "ttnn.softmax"(%0) <{{dimension = 1 : si32, numericStable = true}}> : ({T}) -> {T}',
            "ttnn.softmax arg0 dim=1 numeric_stable=True",
        ),
        (
            f'%2 = "ttnn.transpose"(%0) <{{dim0 = 0 : si32, dim1 = 1 : si32}}> : ({T}) -> {T}',
            "ttnn.transpose arg0 dim1=0 dim2=1",
        ),
        (
            f'%2 = "ttnn.slice_static"(%0) <{{begins = [0 : i32, 0 : i32], ends = [32 : i32, 8 : i32], '
            f"step = [1 : i32, 1 : i32]}}> : ({T}) -> {T}",
            "ttnn.slice arg0 arg1=[0, 0] arg2=[32, 8] arg3=[1, 1]",
        ),
        (
            f'%2 = "ttnn.pad"(%0) <{{padding = array<i32: 0, 0, 0, 32>, value = 0.000000e+00 : f32}}> : ({T}) -> {T}',
            "ttnn.pad arg0 padding=[[0, 0], [0, 32]] value=0.0",
        ),
        (f'%2 = "ttnn.concat"(%0, %1) <{{dim = 0 : si32}}> : ({T}, {T}) -> {T}', "ttnn.concat arg0 dim=0"),
        (
            f'%2 = "ttnn.rms_norm"(%0, %1) <{{epsilon = 1.0e-05 : f32, operandSegmentSizes = array<i32: 1, 0, 1>}}> : '
            f"({T}, {T}) -> {T}",
            "ttnn.rms_norm arg0 bias epsilon=1e-05",
        ),
        (
            f'%2 = "ttnn.full"(%0) <{{dtype = #ttcore.supportedDataTypes<bf16>, fill_value = 0xFF800000 : f32, '
            f"shape = #ttnn.shape<64x128>}}> : (!ttnn.device) -> {T}",
            "ttnn.full device=<MeshDevice> dtype=DataType.BFLOAT16 fill_value=-inf shape=[64, 128] memory_config",
        ),
        (
            f'%2 = "ttnn.scaled_dot_product_attention"(%0, %0, %0, %1) <{{is_causal = false, '
            f"operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>}}> : ({T}, {T}, {T}, {T}) -> {T}",
            "ttnn.transformer.scaled_dot_product_attention arg0 arg1 arg2 attn_mask is_causal=False",
        ),
        (
            f'%2 = "ttnn.argmax"(%0) <{{dim = 1 : i32, use_multicore = true}}> : ({T}) -> {T}',
            "ttnn.argmax arg0 dim=1 lost: use_multicore",
        ),
        (
            f'"ttnn.update_cache"(%0, %1, %2) <{{batch_offset = 0 : i32}}> : ({T}, {T}, {T}) -> ()',
            "ttnn.update_cache arg0 arg1 batch_offset=0 lost: operand 2",
        ),
        (f"%2 = ttnn.add %0, %1 : ({T}, {B}) -> {T}", "ttnn.add arg0 arg1"),
        (f"%2 = ttnn.relu %0 : {T}", "ttnn.relu arg0"),
        (f"%2 = ttnn.add %0, %1 : {T}, {T} -> {T}", "ttnn.add arg0 arg1"),
        (f'"ttnn.deallocate"(%0) <{{force = false}}> : ({T}) -> ()', ""),
        ('%0 = "ttnn.get_device"() <{mesh_shape = #ttnn<mesh_shape 1x1>}> : () -> !ttnn.device', ""),
        (
            f'%2 = "ttnn.relu"(%0) <{{of_tomorrow = 1 : i32}}> : ({T}) -> {T}',
            "ttnn.relu arg0 lost: of_tomorrow",
        ),
        (
            f'%2 = "ttnn.constant"() <{{value = dense<"0x00FF"> : tensor<1xbf16>}}> : () -> {T}',
            "ttnn.constant value lost:  lost: value",
        ),
        ('%2 = "ttnn.relu"(%0) : (tensor<4xf64>) -> tensor<4xf64>', "ttnn.relu arg0 lost: operand 0"),
        ('%2 = "ttnn.relu"(%0) : (tensor<4xbf16>) -> tensor<4xbf16>', "ttnn.relu arg0 lost: operand 0"),
    ],
)
def test_operations_become_python_calls(tmp_path: Path, line: str, text: str) -> None:
    contents = read(tmp_path, f"    {line}", '    %9 = "ttnn.exp"(%0) : (' + T + ") -> " + T)
    *calls, last = contents.configurations
    assert (last.operation, contents.broken) == ("ttnn.exp", [])
    words = []
    for call in calls:
        words.append(call.operation)
        for name, value in call.arguments.items():
            words.append(name if "(" in show(value) else f"{name}={show(value)}")
    words += [f"lost: {loss.argument}" for loss in contents.losses]
    assert " ".join(words) == text


def only_tensor(contents: TraceContents) -> object:
    return contents.configurations[0].arguments["arg0"]


@pytest.mark.parametrize("head", [NEW, OLD])
def test_layouts_tell_where_tensors_are(tmp_path: Path, head: str) -> None:
    def operand(layout: str) -> object:
        return only_tensor(read(tmp_path, f'%1 = "ttnn.exp"(%0) : (tensor<64x128xbf16, #{layout}>) -> {T}', head=head))

    assert operand("tiles") == Tensor((64, 128), "BFLOAT16", "TILE")
    assert operand("host") == Tensor((64, 128), "FLOAT32", "ROW_MAJOR", "HOST", None)
    assert operand("blocks") == Tensor((64, 128), "BFLOAT16", "TILE", memory=BLOCKS)


def test_a_grid_lies_where_its_map_puts_it(tmp_path: Path) -> None:
    tensor = only_tensor(read(tmp_path, f'%1 = "ttnn.exp"(%0) : ({H}) -> {T}'))
    assert isinstance(tensor, Tensor)
    assert tensor.memory is not None
    assert show(tensor.memory) == (
        "MemoryConfig(L1_HEIGHT_SHARDED, shard(shard_shape=[32, 128], grid=[(0,0)→(7,0), (0,1)→(3,1)], "
        "orientation=ROW_MAJOR))"
    )
    older = read(tmp_path, f'%1 = "ttnn.exp"(%0) : ({H}) -> {T}', head=OLD)
    assert [str(loss) for loss in older.losses] == ["ttnn.exp operand 0: the cores of its shards"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("#ttnn.memory_config<#dram, <interleaved>>", MemoryConfig()),
        ("#ttnn.memory_config<#ttnn.buffer_type<l1>, <interleaved>>", MemoryConfig("INTERLEAVED", "L1")),
        ("#ttnn.memory_config<#dram, <<1x1>>, <interleaved>>", MemoryConfig()),
        ("#ttnn.memory_config<<interleaved>, <dram>, <<64x128>>>", MemoryConfig()),
        (
            "#ttnn.memory_config<#l1, <block_sharded>, "
            "#ttnn.shard_spec<<[#ttnn.core_range<(0,0), (3,1)>]>, <32x32>, <row_major>>>",
            BLOCKS,
        ),
        (
            "#ttnn.memory_config<#l1, <block_sharded>, #ttnn.shard_spec<"
            "#ttnn.core_range_set<[#ttnn.core_range<(0,0), (3,1)>]>, <32x32>, <row_major>, <physical>>>",
            BLOCKS,
        ),
        ("#ttnn.memory_config<#l1, <<1x1>>, <block_sharded>>", BLOCKS),  # the cores are those of the result
    ],
)
def test_memory_configs(tmp_path: Path, config: str, expected: MemoryConfig) -> None:
    line = f'%1 = "ttnn.to_memory_config"(%0) <{{memory_config = {config}}}> : ({T}) -> {B}'
    contents = read(tmp_path, line)
    assert contents.configurations[0].arguments["memory_config"] == expected
    assert not contents.losses


def test_configs_of_operations(tmp_path: Path) -> None:
    line = (
        f'%1 = "ttnn.conv2d"(%0, %1, %2) <{{batch_size = 1 : i32, in_channels = 64 : i32, '
        "kernel_size = array<i32: 3, 3>, conv2d_config = #ttnn.conv2d_config<weightsDtype = bf16, "
        'activation = "relu", shard_layout = height_sharded, '
        "core_grid = #ttnn.core_range_set<>, output_layout = tile, transposeShards = true>, "
        "compute_config = #ttnn.device_compute_kernel_config<math_fidelity = hifi4, fp32_dest_acc_en = true>}> : "
        f"({T}, {T}, !ttnn.device) -> {T}"
    )  # fmt: skip
    call = read(tmp_path, line).configurations[0]
    assert list(call.arguments) == [
        *("input_tensor", "weight_tensor", "device", "batch_size", "in_channels", "kernel_size", "conv_config"),
        "compute_config",
    ]
    assert show(call.arguments["conv_config"]) == (
        "Conv2dConfig(activation=UnaryWithParam(op_type=UnaryOpType.RELU, param=[]), core_grid=[], "
        "output_layout=Layout.TILE, shard_layout=TensorMemoryLayout.HEIGHT_SHARDED, transpose_shards=True, "
        "weights_dtype=DataType.BFLOAT16)"
    )
    program = (
        "#ttnn.matmul_multi_core_reuse_multi_cast_1d_program_config<compute_with_storage_grid_size = "
        "#ttnn.core_coord<8, 4>, per_core_m = 1, fuse_batch = true, hop_cores = <>, "
        "fused_activation = <op_type = gelu, params = [1.0 : f32]>>"
    )
    line = f'%1 = "ttnn.matmul"(%0, %1) <{{matmul_program_config = {program}}}> : ({T}, {T}) -> {T}'
    config = read(tmp_path, line).configurations[0].arguments["program_config"]
    assert show(config) == (
        "MatmulMultiCoreReuseMultiCast1DProgramConfig(compute_with_storage_grid_size=(8,4), fuse_batch=True, "
        "fused_activation=UnaryWithParam(op_type=UnaryOpType.GELU, param=[1.0]), hop_cores=[], per_core_M=1)"
    )


def test_older_files_pass_the_output_as_an_operand(tmp_path: Path) -> None:
    lines = [
        f'%3 = "ttnn.relu"(%1, %2) <{{operandSegmentSizes = array<i32: 1, 1>}}> : ({T}, {B}) -> {B}',
        f'%4 = "ttnn.matmul"(%1, %1, %2) : ({T}, {T}, {B}) -> {B}',
        f'%5 = "ttnn.to_layout"(%0, %9) <{{dtype = #tt.supportedDataTypes<bf16>, layout = #ttnn.layout<tile>}}> : '
        f"(tensor<64x128xf32, #host>, !tt.device<#device>) -> {T}",
    ]
    contents = read(tmp_path, *lines, head=OLD)
    assert [[name for name in each.arguments if name.startswith("arg")] for each in contents.configurations] == [
        ["arg0"],
        ["arg0", "arg1"],
        ["arg0"],
    ]
    assert contents.configurations[2].arguments["layout"] == EnumMember("Layout", "TILE")
    assert not contents.losses


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('%1 = "ttnn.relu"(%0) : (tensor<1xf32>) -> tensor<\n', "line 1: cut off: '<' is never closed"),
        ('module {\n  "ttnn.relu"(%0) : (tensor<1xbf16>) -> ()\n', "line 1: cut off: '{' is never closed"),
        ('module {\n}\n}\n', "line 3: '}' closes nothing"),
        ('module {\n%1 = "ttnn.relu"(%0] : ()', "line 2: ']' closes another bracket"),
        ('module {\n  "ttnn.relu', "line 2: a string is never closed"),
        ("module {\n \x00 }", "line 2: '\\x00 }' is not expected"),
        (
            "module {\n  %0 = ttir.empty() : tensor<1xf32>\n}",
            "a module of MLIR without operations of ttnn: lower it to ttnn first",
        ),
        ("module " + "{a = [" * 60 + "\n", "line 1: cut off: '{' is never closed"),
        ('%1 = "ttnn.relu"(' + "(" * 300, "line 1: nested deeper than 64 levels"),
    ],
)  # fmt: skip
def test_text_that_is_cut_off_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "module.mlir"
    path.write_text(text)
    with pytest.raises(TraceFormatError) as raised:
        read_trace(path, Mlir())
    assert str(raised.value) == f"{path}: {problem}"


def test_one_operation_that_cant_be_read_costs_no_other(tmp_path: Path) -> None:
    contents = read(
        tmp_path,
        f'%1 = "ttnn.relu"(%0) <{{a = ->}}> : ({T}) -> {T}',
        f'%1 = "ttnn.relu"(%0) : (tensor<99999999999xbf16, #tiles>) -> {T}',
        f'%1 = "ttnn.exp"(%0) : ({T}) -> {T}',
        f'%1 = "ttnn.relu"(%0) : (tensor<?x4xbf16>) -> {T}',
    )
    first = NEW.count("\n") + 3
    assert [each.message for each in contents.broken] == [
        f"line {first}: a value expected, not '->'",
        f"line {first + 1}: a tensor's shape must hold sizes from 0 to 4294967295, not [99999999999]",
    ]
    assert isinstance(contents.configurations[1].arguments["arg0"], Lost)


def test_types_without_a_layout_leave_it_open(tmp_path: Path) -> None:
    contents = read(tmp_path, f'%1 = "ttnn.exp"(%0) : (tensor<4xbf16>) -> {T}')
    assert only_tensor(contents) == Tensor((4,), "BFLOAT16", "", "", None)


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_tokens_are_the_same_in_chunks_of_any_size(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_tokens(size: int) -> list[tuple[str, str, int]]:
        monkeypatch.setattr(mlir_tokens, "CHUNK", size)
        rest = [NEW + f'%1 = "ttnn.relu"(%0) : ({T}) -> {T} // a comment\n']

        def some(count: int) -> str:
            text, rest[0] = rest[0][:count], rest[0][count:]
            return text

        return [(each.kind, each.text, each.line) for each in tokens(some)]

    assert all_tokens(chunk) == all_tokens(1 << 20)


def test_constants_of_any_length_are_not_kept() -> None:
    parts = ['"', *["0123456789abcdef" * 4096] * 64, '" )']

    def some(_count: int) -> str:
        return parts.pop(0) if parts else ""

    first, second = tokens(some)
    assert (first.kind, len(first.text), second.text) == ("string", LONGEST_STRING, ")")


def test_modules_in_one_file_have_names_of_their_own(tmp_path: Path) -> None:
    operation = f'%1 = "ttnn.exp"(%0) : ({T}) -> {T}\n'
    path = tmp_path / "module.mlir"
    path.write_text(NEW + operation + operation + NEW.replace("memref<2x4x!ttcore", "memref<2x4x!tt").replace(
        "bf16>, #dram", "bfp_bf4>, #dram") + operation)  # fmt: skip
    contents = read_trace(path, Mlir())
    tensors = [each.arguments["arg0"] for each in contents.configurations]
    assert [tensor.dtype for tensor in tensors if isinstance(tensor, Tensor)] == ["BFLOAT16", "BFLOAT4_B"]
    assert [each.executions[0].count for each in contents.configurations] == [2, 1]
