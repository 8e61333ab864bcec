"""Version 1's form of values, and every one of the real trace."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.values.examples import ACTIVATION, MATMUL
from tracer.errors import ConfigurationError
from tracer.master.master import Master
from tracer.schemas import v1
from tracer.values import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    EnumMember,
    Handle,
    Lost,
    MemoryConfig,
    NdShardSpec,
    Shape,
    ShardSpec,
    Struct,
    Tensor,
    Tile,
    Value,
    walk,
)
from tracer.values.cpptext import parse

GRID = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(7, 6)), CoreRange(CoreCoord(0, 7), CoreCoord(3, 7))))
NO_CORES = CoreRangeSet(())
SHARDED = {
    "memory_layout": "TensorMemoryLayout::HEIGHT_SHARDED",
    "buffer_type": "BufferType::L1",
    "shard_spec": {
        "grid": parse('{[{"x":0,"y":0} - {"x":7,"y":6}], [{"x":0,"y":7} - {"x":3,"y":7}]}'),
        "shape": "{224, 32}",
        "orientation": "ShardOrientation::ROW_MAJOR",
    },
    "nd_shard_spec": {
        "shard_shape": [224, 32],
        "grid": parse('{[{"x":0,"y":0} - {"x":7,"y":6}], [{"x":0,"y":7} - {"x":3,"y":7}]}'),
        "orientation": "ShardOrientation::ROW_MAJOR",
        "shard_distribution_strategy": "ShardDistributionStrategy::ROUND_ROBIN_1D",
    },
    "created_with_nd_shard_spec": 0,
}


def a_tensor(**changes: Any) -> dict[str, Any]:
    layout = {
        "dtype": "DataType::BFLOAT8_B",
        "page_config": {"config": {"tile": {"tile_shape": "{32, 32}", "face_shape": "{16, 16}", "num_faces": 4}}},
        "memory_config": SHARDED,
        "alignment": [32, 32],
    }
    spec = {"logical_shape": [1, 1, 12544, 32], "tensor_layout": {**layout, **changes.pop("tensor_layout", {})}}
    body = {"storage": {}, "tensor_spec": spec, "storage_type": "StorageType::DEVICE", "layout": "Layout::TILE"}
    return {"Tensor": {key: part for key, part in {**body, **changes}.items() if part is not None}}


def test_a_tensor() -> None:
    assert v1.decode(a_tensor()) == Tensor(
        (1, 1, 12544, 32),
        "BFLOAT8_B",
        "TILE",
        "DEVICE",
        MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(GRID, (224, 32), "ROW_MAJOR")),
    )


def test_an_nd_shard_spec_that_the_call_gave_is_kept() -> None:
    config = v1.decode({"MemoryConfig": {**SHARDED, "created_with_nd_shard_spec": 1}})
    assert isinstance(config, MemoryConfig)
    assert config.nd_shard_spec == NdShardSpec(GRID, (224, 32), "ROW_MAJOR", "ROUND_ROBIN_1D")


@pytest.mark.parametrize(
    ("alignment", "tile", "layout"),
    [
        ([32, 32], None, "TILE"),
        ([1], None, "ROW_MAJOR"),
        ([32], None, "ROW_MAJOR"),
        (None, None, ""),
        ([16, 32], Tile(16, 32), "TILE"),
    ],
)
def test_the_first_traces_say_the_layout_only_by_the_alignment(alignment: Any, tile: Tile | None, layout: str) -> None:
    shape = f"{{{tile.height}, {tile.width}}}" if tile else "{32, 32}"
    pages = {"config": {"tile": {"tile_shape": shape}}}
    read = v1.decode(
        a_tensor(layout=None, storage_type=None, tensor_layout={"alignment": alignment, "page_config": pages})
    )
    assert isinstance(read, Tensor)
    assert (read.layout, read.storage, read.tile) == (layout, "", tile)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("nullopt", None),
        ("1", 1),
        ("1e-05", 1e-05),
        ("[]", ()),
        ("[[0, 0], [0, 13]]", ((0, 0), (0, 13))),
        ("CACHE", EnumMember("", "CACHE")),
        ("DataType::BFLOAT16", EnumMember("DataType", "BFLOAT16")),
        ("[{...}]", (Lost("{...}"),)),
        ("[{...}, {...}]", (Lost("{...}"), Lost("{...}"))),
        ("half of [something", Lost("half of [something")),
        ("[ unsupported type , std::reference_wrapper<tt::tt_metal::distributed::MeshDevice*>]", Handle("MeshDevice")),
        (
            "[ unsupported type , std::reference_wrapper<std::optional<ttnn::Conv2dConfig const> const>]",
            Lost(
                "[ unsupported type , std::reference_wrapper<std::optional<ttnn::Conv2dConfig const> const>]",
                "std::optional<ttnn::Conv2dConfig>",
            ),
        ),
        ({"Shape": [1, 1, 27, 32]}, Shape((1, 1, 27, 32))),
        (parse('{"GlobalSemaphore":{...}}'), Handle("GlobalSemaphore")),
        (parse('{"Topology":{...}}'), Lost("{...}", "Topology")),
        (
            parse('{"SDPAProgramConfig":{"compute_grid":8,8, "q_chunk_size":64, "k_chunk_size":32}}'),
            Struct(
                "SDPAProgramConfig",
                (("compute_with_storage_grid_size", CoreCoord(8, 8)), ("k_chunk_size", 32), ("q_chunk_size", 64)),
            ),
        ),
        (
            {"AConfig": {"inplace": 0, "math_fidelity": "LoFi", "throttle_level": "ThrottleLevel::OFF", "to": "None"}},
            Struct(
                "AConfig",
                (
                    ("inplace", False),
                    ("math_fidelity", EnumMember("MathFidelity", "LoFi")),
                    ("throttle_level", EnumMember("ThrottleLevel", "OFF")),
                    ("to", None),
                ),
            ),
        ),
        ({"CoreRangeSet": parse('[{"x":0,"y":0} - {"x":7,"y":6}]')}, CoreRangeSet((GRID.ranges[0],))),
        ([a_tensor(), "1"], (v1.decode(a_tensor()), 1)),
        ("", ""),
        ({}, ()),
        ("{}", ()),
        ({"Shape": {}}, Shape(())),
        ({"CoreRangeSet": {}}, CoreRangeSet(())),
        ({MATMUL: {"hop_cores": {}, "fuse_batch": 1}}, Struct(MATMUL, (("fuse_batch", True), ("hop_cores", NO_CORES)))),
        (parse(f'{{"{MATMUL}":{{"hop_cores":{{}}}}}}'), Struct(MATMUL, (("hop_cores", NO_CORES),))),
        ({"SDPAProgramConfig": {"sub_core_grids": {}}}, Struct("SDPAProgramConfig", (("sub_core_grids", NO_CORES),))),
        ({"Conv2dConfig": {"core_grid": []}}, Struct("Conv2dConfig", (("core_grid", NO_CORES),))),
        ({"MeshComposerConfig": {"dims": {}}}, Struct("MeshComposerConfig", (("dims", ()),))),
        ({"AConfig": {"anything": {}}}, Struct("AConfig", (("anything", ()),))),
        (
            {"SocketMemoryConfig": {"sender_sub_device": {}, "socket_storage_type": "L1"}},
            Struct(
                "SocketMemoryConfig",
                (("sender_sub_device", None), ("socket_storage_type", EnumMember("BufferType", "L1"))),
            ),
        ),
        ({"SoftmaxDefaultProgramConfig": {}}, Struct("SoftmaxDefaultProgramConfig", ())),
        (parse('{"SoftmaxDefaultProgramConfig":{...}}'), Struct("SoftmaxDefaultProgramConfig", ())),
        (
            "[ unsupported type , std::reference_wrapper<ttnn::operations::SoftmaxDefaultProgramConfig const>]",
            Struct("SoftmaxDefaultProgramConfig", ()),
        ),
        ("LayerNormDistributedDefaultProgramConfig(...)", Struct("LayerNormDefaultProgramConfig", ())),
        (parse('"[{"memory_layout":"A","buffer_type":"B"}]"'), (MemoryConfig("A", "B"),)),
        ('[{"op_type":"UnaryOpType::GELU","param":[1]}]', (ACTIVATION,)),
        ("Shape([1, 2])", Shape((1, 2))),
        ("[Shape([1, 2]), [3]]", (Shape((1, 2)), (3,))),
        ("optional(SmallVector([1, 2]))", (1, 2)),
    ],
)
def test_each_form_is_read(raw: Any, value: Value) -> None:
    read = v1.decode(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"Tensor": {}}, "tensor_spec"),
        ({"Tensor": 5}, "tensor_spec"),
        (a_tensor(tensor_layout={"dtype": 7}), "dtype must be the name of a member, not 7"),
        (a_tensor(tensor_layout={"memory_config": {**SHARDED, "shard_spec": {"shape": [1, 2]}}}), "grid"),
        (a_tensor(tensor_layout={"memory_config": {"buffer_type": "BufferType::L1"}}), "memory_layout"),
        ({"MemoryConfig": "DRAM"}, "MemoryConfig must be an object"),
        ({"Shape": ["a"]}, "Shape must be a list of ints"),
    ],
)
def test_a_broken_object_of_a_known_class_is_an_error(raw: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        v1.decode(raw)


def test_a_list_of_tensors_in_quotes() -> None:
    memory = {"memory_layout": "TensorMemoryLayout::INTERLEAVED", "buffer_type": "BufferType::L1"}
    body = a_tensor(tensor_layout={"memory_config": memory}, storage_type=None)["Tensor"]
    plain = json.dumps(body)
    element = {"UnparsedElement": {"error": "...", "element_info": f'{{"arg0": "[{plain}, {plain}]"}}'}}
    tensor = Tensor((1, 1, 12544, 32), "BFLOAT8_B", "TILE", "DEVICE", MemoryConfig("INTERLEAVED", "L1"))
    assert v1.decode(v1.by_name([element])["arg0"]) == (tensor, tensor)


def test_text_that_is_no_argument_is_lost_whole_under_its_position() -> None:
    broken = {"UnparsedElement": {"error": "...", "element_info": '{"arg1": {"Tensor":{"storage"'}}
    assert v1.by_name([{"arg0": "1"}, broken]) == {
        "arg0": "1",
        "arg1": Lost(broken["UnparsedElement"]["element_info"]),
    }


@pytest.mark.parametrize(
    "elements", [["arg0"], [{}], [{"arg0": 1, "arg1": 2}], [{"arg0": 1}, {"arg0": 1}], [{"UnparsedElement": {}}]]
)
def test_a_list_that_holds_no_arguments_is_an_error(elements: Any) -> None:
    with pytest.raises(ConfigurationError):
        v1.by_name(elements)


@pytest.fixture(name="path")
def real_trace(shared_data: Path) -> Path:
    """555 configurations of six models on an n300."""
    return shared_data / "master_n300_2025-11_v1.json"


def test_every_text_that_was_no_json_parses(path: Path) -> None:
    operations = json.loads(path.read_text())["operations"].values()
    elements = [part for entry in operations for each in entry["configurations"] for part in each["arguments"]]
    texts = [part["UnparsedElement"]["element_info"] for part in elements if "UnparsedElement" in part]
    assert len(texts) == 317
    for text in texts:
        node = parse(text)
        assert isinstance(node, dict)
        assert len(node) == 1


def test_every_lost_argument_is_named(path: Path) -> None:
    master = Master.read(path)
    assert len(master) == 555
    assert master.broken == []
    lost = Counter(
        (each.operation, name, inner.type.rpartition("::")[2] or inner.left)
        for each in master
        for name, value in each.arguments.items()
        for inner in walk(value)
        if isinstance(inner, Lost)
    )
    assert lost == {
        ("ttnn.conv2d", "arg15", "Conv2dConfig>"): 46,
        ("ttnn.conv2d", "arg18", "Op2DSliceConfig>"): 46,
        ("ttnn.multiply", "arg6", "{...}"): 12,
        ("ttnn.experimental.all_gather_async", "arg3", "{...}"): 54,
        ("ttnn.experimental.all_gather_async", "arg6", "Topology"): 27,
        ("ttnn.experimental.all_gather_async", "arg7", "SubDeviceIdTag> >"): 27,
        ("ttnn.matmul", "arg7", "BasicUnaryWithParam<float> >>"): 3,
    }
    assert sum(1 for each in master if each.lost) == 88


def test_every_argument_has_its_place_and_every_tensor_says_everything(path: Path) -> None:
    for each in Master.read(path):
        assert list(each.arguments) == [f"arg{place}" for place in range(len(each.arguments))]
        for value in each.arguments.values():
            assert not isinstance(value, str)
            for inner in walk(value):
                assert not isinstance(inner, Tensor) or (inner.layout and inner.storage and inner.memory)


def test_sharding_agrees_with_what_the_text_says(path: Path) -> None:
    """The dtype, buffer and number of core ranges of every tensor, counted once in the text and once as read."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for each in Master.read(path):
        for value in each.arguments.values():
            if isinstance(value, Tensor) and value.memory and value.memory.shard_spec:
                seen[value.dtype, value.memory.layout, len(value.memory.shard_spec.grid.ranges)] += 1
    said: Counter[tuple[str, str, int]] = Counter()
    for text in path.read_text().splitlines():
        if '"element_info"' in text and '\\"Tensor\\"' in text:
            dtype = text.partition("DataType::")[2].partition('\\"')[0]
            layout = text.partition("TensorMemoryLayout::")[2].partition('\\"')[0]
            shard = text.partition('\\"shard_spec\\"')[2].partition('\\"nd_shard_spec\\"')[0]
            said[dtype, layout, shard.count(" - ")] += 1
    assert seen == said
