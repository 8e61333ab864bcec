from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracer.device_config import DeviceConfig
from tracer.errors import CaptureError
from tracer.formats.journal import DIED, JournalWriter, read_journal
from tracer.formats.values_read import ValuesRead
from tracer.master.master import Master
from tracer.values import Tensor, encode

X = Tensor((1, 32), "BFLOAT16", "TILE")
MACHINE = {"board_type": "Wormhole", "device_series": "n150", "card_count": 1}


def call(number: int, *arguments: Any, operation: str = "ttnn.add", opened: int = 0) -> dict[str, Any]:
    encoded = {f"arg{place}": encode(value) for place, value in enumerate(arguments)}
    return {"call": number, "operation": operation, "arguments": encoded, "names": ["a", "b"], "opened": opened}


LINES: list[dict[str, Any]] = [
    {"test": "m.py::one"},
    {"opened": 0, "machine": MACHINE, "device_config": {"mesh_shape": [1, 1], "l1_small_size": 8192}},
    call(1, X, 1),
    {"returned": 1, "output": encode(X)},
    call(2, X, X),
    {"raised": 2, "error": "RuntimeError: no"},
    {"ended": "m.py::one", "outcome": "passed", "counts": [[1, 3], [2, 1]]},
    {"test": "m.py::two"},
    {"seen": 1},
    call(3, X, operation="ttnn.relu"),
    {"returned": 3, "output": encode(X)},
    {"ended": "m.py::two", "outcome": "failed", "counts": [[1, 1], [3, 1]]},
    {"test": "m.py::three"},
    {"seen": 1},
    {"ended": "m.py::three", "outcome": "passed", "counts": [[1, 5]]},
    {"exit": 1},
]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    writer = JournalWriter(path, "0.66.0")
    for line in lines:
        writer.write(line)
    writer.close()
    return path


def test_only_tests_that_passed_count(tmp_path: Path) -> None:
    journal = read_journal(write(tmp_path / "t", LINES))
    assert [(test.source, test.outcome) for test in journal.left_out] == [("m.py::two", "failed")]
    assert (journal.exit_status, journal.unfinished) == (1, None)
    master = Master.of(journal.configurations())
    assert {name: len(configurations) for name, configurations in master.configurations.items()} == {"ttnn.add": 2}
    first, second = master.configurations["ttnn.add"]
    assert first.arguments == {"arg0": X, "arg1": 1}
    assert (first.names, first.output, first.raised) == (("a", "b"), X, None)
    assert [(seen.source, seen.count) for seen in first.executions] == [("m.py::one", 3), ("m.py::three", 5)]
    assert first.executions[0].machine == MACHINE
    assert first.executions[0].device_config == DeviceConfig(l1_small_size=8192)
    assert first.executions[0].extra == {"ttnn_version": "0.66.0"}
    assert (second.output, second.raised) == (None, "RuntimeError: no")


def test_boards_opened_twice_in_one_test_are_one_execution(tmp_path: Path) -> None:
    other = {"opened": 1, "machine": MACHINE, "device_config": {"mesh_shape": [1, 1]}}
    again = [*LINES[:4], call(4, X, 1), other, call(5, X, 1, opened=1)]
    ended = {"ended": "m.py::one", "outcome": "passed", "counts": [[1, 3], [4, 2], [5, 1]]}
    (configuration,) = read_journal(write(tmp_path / "t", [*again, ended])).configurations()
    assert [(seen.device_config, seen.count) for seen in configuration.executions] == [
        (DeviceConfig(l1_small_size=8192), 5),
        (DeviceConfig(), 1),
    ]


def test_a_call_that_ended_its_process_is_reported(tmp_path: Path) -> None:
    journal = read_journal(write(tmp_path / "t", LINES[:5]))
    assert [test.outcome for test in journal.tests] == [DIED]
    assert journal.unfinished is not None
    assert journal.unfinished.operation == "ttnn.add"
    assert len(journal.configurations()) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 4000), noise=st.binary(max_size=8))
def test_whatever_is_cut_off_or_scribbled_over_is_read_or_refused(tmp_path: Path, cut: int, noise: bytes) -> None:
    path = write(tmp_path / "t", LINES)
    text = path.read_bytes()
    path.write_bytes(text[:cut] + noise + text[cut + len(noise) :] if noise else text[:cut])
    try:
        read_journal(path)
    except CaptureError as error:
        assert str(path) in str(error)  # noqa: PT017 - either way is right, a traceback is not


def test_a_trace_cut_short_keeps_its_whole_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "t", LINES[:7])
    path.write_bytes(path.read_bytes() + b'{"test": "m.py::tw')
    assert [test.source for test in read_journal(path).tests] == ["m.py::one"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "before it began"),
        (b'{"trace": 99, "ttnn": "1"}\n', "another version"),
        (b'{"trace": 1, "ttnn": "1"}\n{"seen": \n', "line 2"),
        (b'{"trace": 1, "ttnn": "1"}\n[]\n{"call": 1}\n', "line 3"),
        (b"{}\n", "no raw trace"),
    ],
)
def test_what_is_no_trace_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "t"
    path.write_bytes(text)
    with pytest.raises(CaptureError, match=message):
        read_journal(path)
    with pytest.raises(CaptureError, match="can't read"):
        read_journal(tmp_path / "none")


def test_a_line_is_in_the_file_at_once(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "deep" / "t", "1")
    writer.write({"test": "a"})
    assert [json.loads(line) for line in (tmp_path / "deep" / "t").read_text().splitlines()][-1] == {"test": "a"}
    writer.close()
    with pytest.raises(CaptureError, match="can't write"):
        JournalWriter(tmp_path / "deep", "1")


def statistics_of(mean: float) -> dict[str, Any]:
    return {"count": 2, "minimum": 0, "maximum": 8, "mean": mean}


READ: dict[str, Any] = {"computes": True, "tensors": 3, "seconds": 0.5, "unread": {"too large": 1}}
MEASURED: list[dict[str, Any]] = [
    {"test": "m.py::one"},
    {"opened": 0, "machine": MACHINE, "device_config": {"mesh_shape": [1, 1]}},
    call(1, X, 1),
    {"values": 1, "statistics": {"arg0": statistics_of(2)}},
    {"returned": 1, "output": encode(X)},
    {"values": 1, "statistics": {"arg0": statistics_of(4), "arg1": {"count": 0}}},
    {"values": 1, "statistics": {"arg0": statistics_of(4)}},
    {"ended": "m.py::one", "outcome": "passed", "counts": [[1, 3]]},
    {"test": "m.py::two"},
    {"seen": 1},
    {"values": 1, "statistics": {"arg0": statistics_of(1)}},
    {"ended": "m.py::two", "outcome": "passed", "counts": [[1, 3]]},
    {"reading": READ},
    {"exit": 0},
]


def test_statistics_of_each_test_are_merged(tmp_path: Path) -> None:
    journal = read_journal(write(tmp_path / "t", MEASURED))
    [configuration] = journal.configurations()
    one, two = configuration.executions
    assert one.statistics["arg0"].count == 6
    assert one.statistics["arg0"].mean == pytest.approx(10 / 3)
    assert (two.statistics["arg0"].count, two.statistics["arg0"].mean) == (2, 1)
    assert one.unread_statistics == {"arg1": {"count": 0}}, "it costs nothing else"
    assert journal.reading == ValuesRead(computes=True, tensors=3, seconds=0.5, unread=Counter({"too large": 1}))
    [plain] = read_journal(write(tmp_path / "p", [line for line in MEASURED if "values" not in line])).configurations()
    assert (plain.content_hash, plain.config_hash) == (configuration.content_hash, configuration.config_hash)
    assert [each.trace_uid for each in plain.executions] == [one.trace_uid, two.trace_uid]


def test_statistics_of_several_processes_stay_with_their_calls(tmp_path: Path) -> None:
    journal = read_journal(write(tmp_path / "t", LINES))
    other = read_journal(write(tmp_path / "o", MEASURED))
    journal.take(other)
    measured = [each for each in journal.configurations() if each.statistics]
    assert [(each.operation, each.arguments["arg1"]) for each in measured] == [("ttnn.add", 1)]
    assert measured[0].statistics["arg0"].count == 8
    assert journal.reading is not None
    assert journal.reading.tensors == 3
    journal.take(other)
    assert (journal.reading.tensors, journal.reading.seconds, journal.reading.unread["too large"]) == (6, 1.0, 2)
