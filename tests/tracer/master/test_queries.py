"""Choosing, comparing and counting what masters hold."""

from __future__ import annotations

import pytest

from tracer.master.master import Master
from tracer.master.queries import Filter, check, difference, statistics
from tracer.value_statistics import ValueStatistics
from tracer.values import Lost, MemoryConfig, Tensor, Value
from tracer.values.configuration import Configuration, Execution

N150 = {"board_type": "Wormhole", "device_series": "n150"}
P150 = {"board_type": "Blackhole", "device_series": "p150b"}
SHARDED = Tensor((32, 32), "BFLOAT8_B", "TILE", memory=MemoryConfig("HEIGHT_SHARDED", "L1"))
ROWS = Tensor((32, 32), "UINT32", "ROW_MAJOR")


def of(*entries: tuple[Value, str, dict[str, str], int]) -> Master:
    master = Master()
    for value, source, machine, count in entries:
        seen = Execution(source, dict(machine), count)
        master.add(Configuration("ttnn.add", {"arg0": value}, executions=[seen]))
    return master


MASTER = of((SHARDED, "a.py::x", N150, 1), (ROWS, "b.py::y", P150, 2), (Lost("{...}"), "b.py::y", N150, 3))


@pytest.mark.parametrize(
    ("selection", "places"),
    [
        (Filter(), [0, 1, 2]),
        (Filter(model="b.py"), [1, 2]),
        (Filter(board="N150"), [0, 2]),
        (Filter(board="blackhole"), [1]),
        (Filter(model="b.py", board="n150"), [2]),
        (Filter(dtype="bfloat8_b"), [0]),
        (Filter(layout="row_major"), [1]),
        (Filter(memory="L1_HEIGHT"), [0]),
        (Filter(memory="dram"), [1]),
        (Filter(dtype="UINT32", memory="L1"), []),
    ],
)
def test_filters(selection: Filter, places: list[int]) -> None:
    assert [each.index for each in MASTER if selection.takes(each)] == places


def test_what_is_added_gone_and_changed() -> None:
    newer = of((SHARDED, "a.py::x", N150, 5), (ROWS, "b.py::y", N150, 2), (1, "c.py", N150, 1))
    changes = difference(MASTER, newer)
    assert [each.arguments["arg0"] for each in changes.added] == [1]
    assert [each.arguments["arg0"] for each in changes.gone] == [Lost("{...}")]
    assert [text for _, text in changes.changed] == [
        "called 5 times in a.py::x on Wormhole n150, 1 time before",
        "seen also in b.py::y on Wormhole n150; no longer seen in b.py::y on Blackhole p150b",
    ]
    assert not difference(MASTER, MASTER)


def test_other_values_are_a_change() -> None:
    measured = of((SHARDED, "a.py::x", N150, 1))
    measured.configurations["ttnn.add"][0].executions[0].statistics["arg0"] = ValueStatistics(4, -1, 3, 0.5, 0.25)
    [(_, text)] = difference(of((SHARDED, "a.py::x", N150, 1)), measured).changed
    assert text == "arg0: values -1 to 3, mean 0.5, 25 % zeros (before: values not recorded)"


def test_statistics_that_cannot_be_read_are_named() -> None:
    master = of((SHARDED, "a.py::x", N150, 1))
    master.configurations["ttnn.add"][0].executions[0].unread_statistics = {"arg0": {"count": 0}, "": 3}
    assert check(master).broken == [
        "ttnn.add, index 0: value statistics of arg0: count must be an int of at least 1, not 0",
        "ttnn.add, index 0: value statistics: must be an object, not 3",
    ]


def test_statistics_count_each_configuration_once_in_each() -> None:
    counts = statistics(MASTER)
    assert counts["models"] == {"b.py": 2, "a.py": 1}
    assert counts["boards"] == {"Wormhole n150": 2, "Blackhole p150b": 1}
    assert counts["memory"] == {"DRAM_INTERLEAVED": 1, "L1_HEIGHT_SHARDED": 1}


def test_of_a_board_only_what_is_recorded_is_named() -> None:
    machines: list[dict[str, str] | None] = [{"board_type": "Wormhole"}, {}, None]
    executions = [Execution("a.py", machine, 1) for machine in machines]
    master = Master.of([Configuration("ttnn.relu", {}, executions=executions)])
    assert statistics(master)["boards"] == {"Wormhole": 1}
    assert not any(Filter(board="none").takes(each) for each in master)


def test_what_a_schema_lost() -> None:
    result = check(MASTER)
    assert (result.configurations, result.lost, result.broken) == (3, {"ttnn.add arg0": 1}, [])
    assert result.missing == {"source": 0, "machine": 0, "device config": 3, "output": 3, "argument names": 3}
