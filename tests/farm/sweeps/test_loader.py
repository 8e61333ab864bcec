from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from farm.sweeps import MasterConfigLoader, unpack_binary_traced_config, unpack_traced_config
from farm.sweeps.errors import TracedConfigError
from farm.sweeps.loader import MASTER_VARIABLE, Lookup, recorded_lookups
from farm.sweeps.permutations import axes, permutations
from farm.sweeps.traced import ABSENT, TracedSuite
from tracer.errors import MasterError
from tracer.master.master import Master, shipped
from tracer.values import Lost, MemoryConfig, Tensor, Value
from tracer.values.configuration import Configuration, Execution

ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

L1 = MemoryConfig(buffer="L1")
ONE = Tensor((1, 1, 32, 64), "BFLOAT16", "TILE")
OTHER = Tensor((1, 1, 32, 1), "BFLOAT8_B", "TILE", memory=L1)


@pytest.fixture
def master(tmp_path: Path) -> Path:
    new = Master()
    seen = [Execution("model.py::test", {"board_type": "Wormhole"}, 1), Execution("other.py::test", None, 2)]
    calls: list[tuple[str, dict[str, Value]]] = [
        ("ttnn.relu", {"arg0": ONE}),
        ("ttnn.relu", {"arg0": OTHER, "memory_config": MemoryConfig()}),
        ("ttnn.add", {"arg0": ONE, "arg1": 2.5}),
        ("ttnn.add", {"arg0": ONE, "arg1": OTHER, "memory_config": L1}),
        ("ttnn.where", {"arg0": ONE, "arg1": ONE, "arg2": OTHER}),
        ("ttnn.conv2d", {"input_tensor": ONE, "arg0": 3, "conv_config": Lost("?")}),
    ]
    for operation, arguments in calls:
        new.add(Configuration(operation, arguments, executions=list(seen)))
    path = tmp_path / "master.json"
    new.write(path)
    return path


def suite(master: Path, operation: str) -> TracedSuite:
    parameters = MasterConfigLoader(master).get_suite_parameters(operation)
    assert isinstance(parameters, TracedSuite)
    return parameters


def vectors(parameters: TracedSuite, *accepts: str, takes_any: bool = False) -> list[dict[str, Any]]:
    return list(parameters.vectors(set(accepts).__contains__, takes_any=takes_any))


def test_masters_are_sorted(master: Path) -> None:
    assert [len(each.arguments) for each in suite(master, "add").configurations] == [2, 3]


def test_the_guides_unary_example(master: Path) -> None:
    rows = vectors(suite(master, "relu"), "input_shape", "traced_config_name", "input_a_dtype")
    assert [vector["input_shape"] for vector in rows] == [(1, 1, 32, 64), (1, 1, 32, 1)]
    shape, dtype, layout, memory, output = unpack_traced_config(rows[0]["traced_config_name"])
    assert (shape, dtype, layout) == ((1, 1, 32, 64), ttnn.bfloat16, ttnn.TILE_LAYOUT)
    assert (memory, output) == (ttnn.DRAM_MEMORY_CONFIG, ttnn.DRAM_MEMORY_CONFIG)
    _, dtype, _, memory, output = unpack_traced_config(rows[1]["traced_config_name"])
    assert (dtype, memory, output) == (ttnn.bfloat8_b, ttnn.L1_MEMORY_CONFIG, ttnn.DRAM_MEMORY_CONFIG)


def test_the_guides_binary_example(master: Path) -> None:
    name = vectors(suite(master, "add"), "input_shape", "traced_config_name")[1]["traced_config_name"]
    shape, *rest = unpack_binary_traced_config(name)
    assert shape == (1, 1, 32, 64)
    assert (shape["self"], shape["other"]) == ((1, 1, 32, 64), (1, 1, 32, 1))
    assert rest == [
        *(ttnn.bfloat16, ttnn.bfloat8_b),
        *(ttnn.TILE_LAYOUT, ttnn.TILE_LAYOUT),
        *(ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG),
    ]


@pytest.mark.parametrize(
    ("operation", "place", "unpack", "message"),
    [
        ("add", 1, unpack_traced_config, r"with 2 tensors, not 1: unpack_binary_traced_config\(\) unpacks it"),
        ("add", 0, unpack_binary_traced_config, r"with 1 tensor, not 2: unpack_traced_config\(\) unpacks it"),
        ("where", 0, unpack_binary_traced_config, r"with 3 tensors, not 2: no helper unpacks it"),
    ],
)
def test_another_arity_names_the_helper(master: Path, operation: str, place: int, unpack: Any, message: str) -> None:
    name = vectors(suite(master, operation), "traced_config_name")[place]["traced_config_name"]
    with pytest.raises(TracedConfigError, match=message):
        unpack(name)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(TracedConfigError, match="no traced configuration 'add_traced_7' has been loaded here"):
        unpack_binary_traced_config("add_traced_7")


def test_the_later_form_has_everything_by_name(master: Path) -> None:
    scalar, tensors = vectors(suite(master, "add"), takes_any=True)
    assert tensors["input_b_shape"] == (1, 1, 32, 1)
    assert tensors["input_b_dtype"] == ttnn.bfloat8_b
    assert tensors["memory_config"] == tensors["output_memory_config"] == ttnn.L1_MEMORY_CONFIG
    assert tensors["arg1"] == ABSENT
    assert tensors["traced_source"] == ["model.py::test", "other.py::test"]
    assert tensors["traced_machine_info"] == {"board_type": "Wormhole"}
    assert len(tensors["config_hash"]) == 64
    assert (scalar["arg1"], scalar["input_b_shape"], scalar["memory_config"]) == (2.5, ABSENT, ABSENT)
    assert "traced_config_name" not in scalar


def test_letters_count_tensors_and_keywords_keep_their_names(master: Path) -> None:
    [where] = vectors(suite(master, "where"), takes_any=True)
    assert where["input_c_memory_config"] == ttnn.L1_MEMORY_CONFIG
    [conv] = vectors(suite(master, "conv2d"), takes_any=True)
    assert (conv["input_tensor_shape"], conv["arg0"]) == ((1, 1, 32, 64), 3)
    assert "conv_config" not in conv
    assert suite(master, "conv2d").configurations[0].lost == ("conv_config",)


def test_the_middle_form_has_both_shapes(master: Path) -> None:
    rows = vectors(suite(master, "add"), "input_shape", "input_b_dtype", "storage_type")
    assert rows[1] == {
        "input_shape": {"self": (1, 1, 32, 64), "other": (1, 1, 32, 1)},
        "input_b_dtype": ttnn.bfloat8_b,
        "storage_type": "StorageType.DEVICE",
    }


def test_a_copy_of_a_suite_is_permuted_as_any_other(master: Path) -> None:
    parameters = suite(master, "add")
    rows = list(permutations(axes({**parameters})))
    assert len(rows) == 2
    assert rows == vectors(parameters, takes_any=True)


def test_all_cases_are_the_product(master: Path) -> None:
    rows = MasterConfigLoader(master).get_suite_parameters("relu", all_cases=True)
    assert rows["input_shape"] == [(1, 1, 32, 64), (1, 1, 32, 1)]
    assert len(list(permutations(axes(rows)))) == 2 * 2 * 1 * 2 * 1
    with pytest.raises(TracedConfigError, match="all_cases=True is for operations of one tensor or two"):
        MasterConfigLoader(master).get_suite_parameters("where", all_cases=True)


def test_an_operation_that_was_never_traced_gives_false_parameters_without_vectors(master: Path) -> None:
    loader = MasterConfigLoader(master)
    with recorded_lookups() as lookups:
        traced, untraced = loader.get_suite_parameters("add"), loader.get_suite_parameters("ad")
        product = loader.get_suite_parameters("ad", all_cases=True)
    assert (bool(traced), bool(untraced), bool(product)) == (True, False, False)
    assert isinstance(untraced, TracedSuite)
    assert vectors(untraced, takes_any=True) == []
    for parameters in (untraced, product):
        assert list(permutations(axes({**parameters, "other": [1, 2]}))) == []
    message = f"{master}: no operation 'ad'; nearest: ttnn.add"
    assert lookups == [Lookup(str(master)), Lookup(str(master), message), Lookup(str(master), message)]
    loader.get_suite_parameters("ad")
    assert len(lookups) == 3


def test_a_master_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MasterError, match=r"nowhere.json"):
        MasterConfigLoader(tmp_path / "nowhere.json").get_suite_parameters("add")


def test_configurations_that_cannot_be_read_are_no_reason_to_leave_a_suite_out(tmp_path: Path) -> None:
    place = tmp_path / "master.json"
    place.write_text('{"operations": {"ttnn.relu": {"configurations": [{"arguments": 3}]}}}')
    parameters = suite(place, "relu")
    assert (bool(parameters), len(parameters.broken), vectors(parameters, takes_any=True)) == (True, 1, [])


def test_an_operation_without_configurations_gives_a_suite_without_vectors(tmp_path: Path) -> None:
    place = tmp_path / "master.json"
    place.write_text('{"operations": {"ttnn.relu": {"configurations": []}}}')
    parameters = suite(place, "relu")
    assert (bool(parameters), vectors(parameters, takes_any=True)) == (False, [])
    assert list(permutations(axes(MasterConfigLoader(place).get_suite_parameters("relu", all_cases=True)))) == []


def test_where_the_master_is(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MasterConfigLoader().path.name == "master.json"
    assert MasterConfigLoader().master_file_path == str(shipped())
    monkeypatch.setenv(MASTER_VARIABLE, str(master))
    assert MasterConfigLoader().path == master
    assert len(MasterConfigLoader().get_suite_parameters("ttnn::relu").configurations) == 2  # type: ignore[attr-defined]
    assert MasterConfigLoader("else.json").path == Path("else.json")


def test_names_say_the_same_with_any_master(master: Path, tmp_path: Path) -> None:
    read = Master.read(master)
    other = Master()
    other.add(read.configurations["ttnn.add"][1])
    other.write(tmp_path / "other.json")
    ours = vectors(suite(master, "add"), "traced_config_name")[1]
    assert read.configurations["ttnn.add"][1].index == 1
    assert vectors(suite(tmp_path / "other.json", "add"), "traced_config_name") == [ours]


def test_a_real_master_loads(shared_data: Path) -> None:
    parameters = suite(shared_data / "master_n300_2025-11_v1.json", "add")
    assert len(vectors(parameters, takes_any=True)) == 47
    for vector in vectors(parameters, "traced_config_name"):
        assert len(unpack_binary_traced_config(vector["traced_config_name"])) == 7
