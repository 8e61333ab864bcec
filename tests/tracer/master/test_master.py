"""The master: reading, merging, writing, and several writers at once."""

from __future__ import annotations

import copy
import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracer.values.strategies import arguments, operations, values
from tracer.device_config import DeviceConfig
from tracer.errors import MasterError
from tracer.master import master as master_module
from tracer.master.master import Configuration, Execution, Master, update
from tracer.value_statistics import ValueStatistics
from tracer.values import EnumMember, Lost, Tensor

N300 = {"board_type": "Wormhole", "device_series": "n300", "card_count": 1}
N150 = {"board_type": "Wormhole", "device_series": "n150", "card_count": 1}

statistics = st.builds(
    lambda count, low, width, zeros, nans: ValueStatistics(count, low, low + width, low + width / 2, zeros, nans),
    st.integers(1, 9),
    st.floats(-9, 9),
    st.floats(0, 9),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
)
executions = st.builds(
    Execution,
    st.sampled_from(["a.py", "b.py", ""]),
    st.sampled_from([None, N300, N150]),
    st.none() | st.integers(1, 9),
    st.sampled_from([None, "t1", "t2"]),
    st.sampled_from([None, DeviceConfig(), DeviceConfig((1, 2), fabric="FABRIC_1D")]),
    st.dictionaries(st.sampled_from(["pytest_args", "note"]), st.integers(), max_size=1),
    st.dictionaries(st.sampled_from(["arg0", "arg1[2]", "bias"]), statistics, max_size=2),
)
configurations = st.builds(
    Configuration,
    operations,
    arguments,
    st.sampled_from([(), ("input_tensor_a",)]),
    values,
    st.sampled_from([None, "RuntimeError: no"]),
    st.lists(executions, max_size=3),
    given_hash=st.sampled_from([None, None, "e" * 64, "f" * 64]),
)


def of(*configurations: Configuration) -> Master:
    master = Master()
    for each in configurations:
        master.add(each)
    return master


def call(
    argument: Any = 1, source: str = "a.py", machine: Any = None, count: int | None = 1, **more: Any
) -> Configuration:
    return Configuration("ttnn.add", {"arg0": argument}, executions=[Execution(source, machine, count)], **more)


def test_both_spellings_of_an_operation_are_one() -> None:
    entry = {"configurations": [{"arguments": {"arg0": 1}}]}
    other = {"configurations": [{"arguments": {"arg0": 2}}]}
    master = Master.parse({"operations": {"ttnn::add": entry, "ttnn.add": other}})
    assert list(master.configurations) == ["ttnn.add"]
    assert [(each.index, each.arguments["arg0"]) for each in master] == [(0, 1), (1, 2)]


def test_one_broken_configuration_leaves_the_others_and_survives_a_rewrite(tmp_path: Path) -> None:
    broken = {"arguments": {"arg0": {"type": "ttnn.Tensor", "original_shape": "?"}}, "config_id": 3}
    raw = {
        "operations": {"ttnn.add": {"configurations": [{"arguments": {"arg0": 1}}, broken, {"arguments": {"arg0": 2}}]}}
    }
    master = Master.parse(raw)
    assert [each.index for each in master] == [0, 2]
    assert [str(each) for each in master.broken] == [
        "ttnn.add, index 1, argument arg0: original_shape must be a list of ints, not '?'"
    ]
    path = tmp_path / "master.json"
    path.write_text(json.dumps(raw))
    assert update(path, of(call(3))).added == 1
    again = Master.read(path)
    assert len(again) == 3
    assert [each.raw for each in again.broken] == [broken]


def test_add_joins_what_is_the_same_call() -> None:
    master = of(call(1))
    assert master.add(call(2))
    assert not master.add(call(1, source="b.py"))
    assert [[seen.source for seen in each.executions] for each in master] == [["a.py", "b.py"], ["a.py"]]
    assert [each.index for each in master] == [0, 1]


def test_counts_of_one_place_are_not_added_up() -> None:
    master = of(call(count=4))
    for count in (7, 2, None):
        master.add(call(count=count))
    master.add(call(count=3, machine=N300))
    (configuration,) = master
    assert [(seen.count, seen.machine) for seen in configuration.executions] == [(3, N300), (7, None)]


def test_how_the_board_was_opened_is_part_of_the_place() -> None:
    one, two = DeviceConfig((1, 1)), DeviceConfig((1, 2))
    master = of(call())
    for opened in (one, two, None, one):
        each = call(count=2)
        each.executions[0].device_config = opened
        master.add(each)
    (configuration,) = master
    assert [(seen.device_config, seen.count) for seen in configuration.executions] == [(None, 2), (one, 2), (two, 2)]


def test_a_merge_says_what_it_came_to() -> None:
    output = Tensor((1, 2), "BFLOAT16", "TILE")
    master = of(call(1), call(2), call(3))
    summary = master.merge(of(call(1), call(2, source="b.py"), call(3, output=output, names=("a",)), call(4)))
    assert (summary.added, summary.updated, summary.known) == (1, 2, 1)
    assert summary.operations == {"ttnn.add": 1}
    assert [each.output for each in master] == [None, None, output, None]
    assert [each.names for each in master] == [(), (), ("a",), ()]
    assert master.merge(master).known == 4


def test_what_a_file_brought_is_kept(tmp_path: Path, shared_data: Path) -> None:
    raw = json.loads((shared_data / "master_v2_sample.json").read_text())
    path = tmp_path / "master.json"
    Master.parse(copy.deepcopy(raw)).write(path)
    again = json.loads(path.read_text())
    by_id = {each["config_id"]: each for each in again["operations"]["ttnn.multiply"]["configurations"]}
    assert by_id == {each["config_id"]: each for each in raw["operations"]["ttnn.multiply"]["configurations"]}
    assert again["metadata"] == {**raw["metadata"], "operations_summary": {"ttnn.multiply": 3}}


def test_what_is_written_is_what_tt_metals_tools_look_for(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    of(call(EnumMember("DataType", "BFLOAT16"), machine=N300, count=5)).write(path)
    raw = json.loads(path.read_text())
    (configuration,) = raw["operations"]["ttnn.add"]["configurations"]
    assert configuration["arguments"] == {"arg0": {"repr": "DataType.BFLOAT16", "type": "DataType"}}
    assert len(configuration["config_hash"]) == 64
    assert configuration["executions"] == [{"source": "a.py", "machine_info": N300, "count": 5}]
    assert raw["metadata"] == {
        "models": ["a.py"],
        "operations_summary": {"ttnn.add": 1},
        "total_configurations": 1,
        "unique_operations": 1,
    }


def test_arguments_stay_in_the_calls_order_and_of_two_orders_one_stands() -> None:
    one = Configuration("ttnn.add", {"arg0": 1, "x": 2, "a": 3})
    other = Configuration("ttnn.add", {"arg0": 1, "a": 3, "x": 2})
    (configuration,) = Master.parse(json.loads(of(one).text()))
    assert list(configuration.arguments) == ["arg0", "x", "a"]
    assert of(one, other).text() == of(other, one).text()
    assert len(of(one, other)) == 1


def test_an_empty_master_is_one(tmp_path: Path) -> None:
    Master().write(tmp_path / "master.json")
    assert len(Master.read(tmp_path / "master.json")) == 0


def test_infinities_of_a_file_are_written_as_valid_json(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text(
        '{"operations": {"ttnn.add": {"configurations": [{"arguments": {"arg0": 1e999, "arg1": -Infinity}}]}}}'
    )
    master = Master.read(path)
    assert "Infinity" not in master.text()
    (configuration,) = Master.parse(json.loads(master.text()))
    assert configuration.arguments == {"arg0": float("inf"), "arg1": float("-inf")}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(configurations, max_size=4), st.randoms(use_true_random=False))
def test_what_is_written_is_read_back_and_order_does_not_matter(found: list[Configuration], random: Any) -> None:
    master = of(*copy.deepcopy(found))
    text = master.text()
    again = Master.parse(json.loads(text))
    assert again.broken == []
    assert again.text() == text
    by_content = {each.content_hash: each for each in again}
    assert len(by_content) == len(master)
    for each in master:
        other = by_content[each.content_hash]
        assert (other.operation, other.arguments, other.names) == (each.operation, each.arguments, each.names)
        assert (other.output, other.raised, other.config_hash) == (each.output, each.raised, each.config_hash)
        assert all(seen in each.executions for seen in other.executions)
        assert len(other.executions) == len(each.executions)
    shuffled = list(master)
    random.shuffle(shuffled)
    assert of(*shuffled).text() == text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(configurations, max_size=4), st.lists(configurations, max_size=4))
def test_a_merge_is_a_union(ours: list[Configuration], theirs: list[Configuration]) -> None:
    master, other = of(*copy.deepcopy(ours)), of(*copy.deepcopy(theirs))
    old = {each.content_hash for each in master}
    new = {each.content_hash for each in other}
    summary = master.merge(other)
    assert {each.content_hash for each in master} == old | new
    assert summary.added == len(new - old)
    assert summary.updated + summary.known == len(new & old)
    again = master.merge(Master.parse(json.loads(master.text())))
    assert (again.added, again.updated) == (0, 0)


def with_statistics(source: str = "a.py", **places: ValueStatistics) -> Configuration:
    seen = Execution(source, N300, 1, statistics=places)
    return Configuration("ttnn.add", {"arg0": 1}, executions=[seen])


def test_statistics_are_no_part_of_what_a_call_is() -> None:
    plain, measured = call(machine=N300), with_statistics(arg0=ValueStatistics(4, 0, 1, 0.5))
    assert measured.content_hash == plain.content_hash
    assert measured.config_hash == plain.config_hash


def test_statistics_of_several_traces_are_merged_and_keep_their_places(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    one, other = ValueStatistics(6, -1, 2, 0.5, 0.5), ValueStatistics(2, 0, 8, 4.5)
    update(path, of(with_statistics(arg0=one)))
    assert update(path, of(with_statistics(arg0=one))).known == 1
    assert update(path, of(with_statistics(arg0=other))).updated == 1
    assert update(path, of(with_statistics("b.py", arg0=other))).updated == 1
    assert update(path, of(call(source="b.py", machine=N300))).known == 1, "a trace without statistics takes none away"
    [configuration] = Master.read(path)
    by_source = {each.source: each.statistics for each in configuration.executions}
    assert by_source == {"a.py": {"arg0": ValueStatistics(8, -1, 8, 1.5, 0.375)}, "b.py": {"arg0": other}}
    assert configuration.statistics == {"arg0": ValueStatistics(10, -1, 8, 2.1, 0.3)}


@pytest.mark.parametrize("bad", [{"arg0": {"count": 0}, "arg1": 3}, "text", [], {}, {"arg0": {"count": "inf"}}])
def test_statistics_that_cannot_be_read_are_written_back_as_they_were(bad: Any) -> None:
    raw = json.loads(of(with_statistics(arg0=ValueStatistics(4, 0, 1, 0.5))).text())
    raw["operations"]["ttnn.add"]["configurations"][0]["executions"][0]["value_statistics"] = bad
    master = Master.parse(raw)
    assert [len(master), master.broken] == [1, []]

    def written() -> Any:
        configurations = json.loads(master.text())["operations"]["ttnn.add"]["configurations"]
        return configurations[0]["executions"][0].get("value_statistics", {})

    assert written() == bad
    master.merge(of(with_statistics(bias=ValueStatistics(4, 0, 1, 0.5))))
    [configuration] = master
    assert configuration.statistics == {"bias": ValueStatistics(4, 0, 1, 0.5)}
    assert written() == {**(bad if isinstance(bad, dict) else {"": bad}), "bias": written()["bias"]}


def test_update_makes_the_file_and_leaves_it_alone_when_nothing_is_new(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.json"
    assert update(path, of(call(1), call(2))).added == 2
    before = path.stat()
    summary = update(path, of(call(1), call(2)))
    assert (summary.added, summary.updated, summary.known) == (0, 0, 2)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_update_turns_a_version_1_master_into_version_2(tmp_path: Path, shared_data: Path) -> None:
    path = tmp_path / "master.json"
    path.write_bytes((shared_data / "master_n300_2025-11_v1.json").read_bytes())
    assert update(path, of(call(Lost("{...}")))).added == 1
    assert len(Master.read(path)) == 556


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00"])
def test_update_leaves_a_file_that_is_no_master_untouched(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.json"
    path.write_text(content)
    with pytest.raises(MasterError):
        update(path, of(call()))
    assert path.read_text() == content


def test_update_waits_for_another_writer_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_module, "LOCK_SECONDS", 0.05)
    path = tmp_path / "master.json"
    with FileLock(f"{path}.lock"), pytest.raises(MasterError, match="another process has held"):
        update(path, of(call()))


@pytest.mark.parametrize("place", [Path(__file__) / "master.json", Path(__file__).parent])
def test_a_master_that_can_not_be_written_is_refused_at_once(place: Path) -> None:
    with pytest.raises(MasterError, match="can't be written"):
        update(place, of(call()))


def test_a_folder_without_room_for_a_lock_is_no_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(MasterError, match="can't be locked for writing: Permission denied"):
        update(tmp_path / "master.json", of(call()))


WRITER = """
import sys
from tracer.master.master import Configuration, Execution, Master, update
path, name = sys.argv[1:]
for number in range(25):
    master = Master()
    for argument in (number, f"{name} {number}"):
        seen = Execution(f"{name}.py", None, number + 1)
        master.add(Configuration("ttnn.add", {"arg0": argument}, executions=[seen]))
    update(path, master)
"""


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, name]) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    master = Master.read(path)
    by_argument = {
        each.arguments["arg0"]: sorted((seen.source, seen.count) for seen in each.executions) for each in master
    }
    assert len(by_argument) == len(master) == 75
    for number in range(25):
        assert by_argument[number] == [("one.py", number + 1), ("two.py", number + 1)]
        assert by_argument[f"one {number}"] == [("one.py", number + 1)]
        assert by_argument[f"two {number}"] == [("two.py", number + 1)]


def test_an_output_that_depends_on_the_board_is_expected_of_none() -> None:
    p150 = {"board_type": "Blackhole", "device_series": "p150b", "card_count": 1}
    masters = [of(call(machine=N300, output=1)), of(call(machine=p150, output=2))]
    texts = set()
    for order in (masters, masters[::-1], [*masters, masters[0]]):
        whole = Master()
        for each in order:
            whole.merge(each)
        assert [each.output for each in whole] == [None]
        texts.add(whole.text())
    assert len(texts) == 1
    again = of(call(machine=N300, output=1))
    again.merge(of(call(machine=N300, output=3)))
    assert [each.output for each in again] == [3]
