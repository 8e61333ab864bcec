"""Statistics of the numbers that traced calls get, on a real mock mesh with a double for what the device holds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tracer.capture.device_double import DeviceDouble, host_tensor
from tracer.capture import value_reader
from tracer.capture.measuring import measured
from tracer.capture.recorder import Capture
from tracer.capture.value_reader import ValueReader
from tracer.formats.journal import Journal, read_journal
from tracer.value_statistics import ValueStatistics

pytestmark = pytest.mark.ttnn

NUMBERS = np.linspace(-3, 5, 32 * 64, dtype=np.float32).reshape(32, 64)
DTYPES = [
    (dtype, layout)
    for dtype in ("BFLOAT16", "FLOAT32", "BFLOAT8_B", "BFLOAT4_B", "UINT32", "INT32", "UINT16", "UINT8")
    for layout in ("TILE", "ROW_MAJOR")
    if layout == "TILE" or not dtype.endswith("_B")
]


@pytest.fixture
def ttnn(mock_mesh: Any) -> Any:
    return pytest.importorskip("ttnn")


@pytest.fixture
def x(ttnn: Any, mock_mesh: Any) -> Any:
    return ttnn.zeros.function([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mock_mesh)


class Traced:
    """A capture of one test that keeps value statistics."""

    def __init__(self, path: Path, reader: ValueReader, *, leave_out: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.reader = reader
        self.capture = Capture(path, leave_out, reader)

    @contextmanager
    def test(self, outcome: str = "passed") -> Iterator[None]:
        self.capture.start()
        self.capture.begin("test")
        try:
            yield
        finally:
            self.capture.end("test", outcome)
            self.capture.finish(0)
            self.capture.stop()

    @property
    def journal(self) -> Journal:
        return read_journal(self.path)

    @property
    def statistics(self) -> dict[str, dict[str, ValueStatistics]]:
        return {each.operation: each.statistics for each in self.journal.configurations()}


def traced(path: Path, *numbers: Any, computes: bool = True, error: Exception | None = None) -> Traced:
    return Traced(path / "trace", ValueReader(computes=computes, to_host=DeviceDouble(*numbers, error=error)))


def of(numbers: Any) -> ValueStatistics:
    statistics = measured([numbers])
    assert statistics is not None
    return statistics


def rounded_like(dtype: str, numbers: Any) -> Any:
    """Round numbers as a dtype does: to its digits, or within a block, to those of the block's largest."""
    digits = {"BFLOAT16": 8, "BFLOAT8_B": 7, "BFLOAT4_B": 3}.get(dtype)
    if digits is None:
        return numbers
    largest = np.abs(numbers) if dtype == "BFLOAT16" else np.abs(numbers).reshape(-1, 16).max(1).repeat(16)
    step = 2.0 ** (np.floor(np.log2(np.maximum(largest.reshape(numbers.shape), 1e-30))) + 1 - digits)
    return (np.round(numbers / step) * step).astype(np.float32)


@pytest.mark.parametrize(("dtype", "layout"), DTYPES)
def test_every_dtype_is_read(ttnn: Any, tmp_path: Path, dtype: str, layout: str) -> None:
    numbers = np.arange(33 * 50).reshape(33, 50) % 251 if "INT" in dtype else NUMBERS
    tensor = host_tensor(ttnn, numbers, dtype, getattr(ttnn.Layout, layout))
    reader = ValueReader(computes=False)
    statistics = reader.statistics([tensor], {}, first=True)["arg0"]
    expected = of(rounded_like(dtype, numbers))
    assert statistics.count == numbers.size
    assert statistics.zeros == pytest.approx(expected.zeros, abs=0.02)
    step = 1e-6 if dtype == "FLOAT32" else {"BFLOAT16": 2**-6, "BFLOAT8_B": 2**-4, "BFLOAT4_B": 2.0}.get(dtype, 0)
    edges = [statistics.minimum, statistics.maximum]
    assert edges == pytest.approx([expected.minimum, expected.maximum], abs=step)
    assert statistics.mean == pytest.approx(expected.mean, abs=max(step / 4, 1e-6))
    assert (reader.read.tensors, dict(reader.read.unread)) == (1, {})


def test_numbers_that_are_not_finite_are_read(ttnn: Any) -> None:
    numbers = np.array([[0, 1, -2, np.inf, -np.inf, np.nan, np.nan, 0]], np.float32).repeat(4, 0)
    for dtype in ("BFLOAT16", "FLOAT32"):
        tensor = host_tensor(ttnn, numbers, dtype, ttnn.ROW_MAJOR_LAYOUT)
        statistics = ValueReader(computes=True).statistics([], {"mask": tensor}, first=True)
        expected = ValueStatistics(32, -2, 1, -0.25, 0.25, nans=0.25, positive_infinities=0.125)
        assert statistics["mask"].as_json() == {**expected.as_json(), "negative_infinities": 0.125}


def test_large_unsigned_integers_stay_positive(ttnn: Any) -> None:
    numbers = np.array([[2**32 - 1, 0]], np.uint32)
    tensor = ttnn.Tensor(numbers, ttnn.uint32)
    assert ValueReader(computes=True).statistics([tensor], {}, first=True)["arg0"].maximum == 2**32 - 1


def test_tensors_on_the_device_are_read_before_the_call_from_each_chip(ttnn: Any, tmp_path: Path, x: Any) -> None:
    trace = traced(tmp_path, NUMBERS, NUMBERS + 8)
    with trace.test():
        ttnn.add(x, 1.5)
    expected = of(np.stack([NUMBERS, NUMBERS + 8]))
    statistics = trace.statistics["ttnn.add"]["arg0"]
    assert statistics.count == 2 * 32 * 64
    assert statistics.mean == pytest.approx(expected.mean, abs=0.01)
    assert [statistics.minimum, statistics.maximum] == [-3, 13]
    assert trace.statistics["ttnn.add"].keys() == {"arg0"}
    lines = [next(iter(line)) for line in map(_line, trace.path.read_text().splitlines())]
    assert lines.index("call") < lines.index("values") < lines.index("returned")


def _line(text: str) -> dict[str, Any]:
    import json

    return json.loads(text)  # type: ignore[no-any-return]


def test_tensors_in_lists_and_by_name_have_places(ttnn: Any, tmp_path: Path, x: Any) -> None:
    trace = traced(tmp_path, NUMBERS)
    with trace.test():
        ttnn.concat([x, x], dim=0)
        ttnn.add(input_tensor_a=x, input_tensor_b=2)
    assert trace.statistics["ttnn.concat"].keys() == {"arg0[0]", "arg0[1]"}
    assert trace.statistics["ttnn.add"].keys() == {"input_tensor_a"}


def test_the_first_calls_of_a_configuration_are_read_ever_more_rarely(ttnn: Any, tmp_path: Path, x: Any) -> None:
    numbers = [NUMBERS * 0 + value for value in (1, 1, 2, 2, 4, 4)]  # two chips each
    trace = traced(tmp_path, *numbers)
    with trace.test():
        for _ in range(7):
            ttnn.relu(x)
    [test] = trace.journal.tests
    assert test.counts == {1: 7}
    assert [each["arg0"]["mean"] for each in test.statistics[1]] == [1, 2, 4], "the 1st, 2nd and 4th call"
    statistics = trace.statistics["ttnn.relu"]["arg0"]
    assert (statistics.minimum, statistics.maximum) == (1, 4)
    assert statistics.mean == pytest.approx(7 / 3)
    assert max(value_reader.READ_CALLS) == 127


def test_each_test_is_read_for_itself_and_calls_between_tests_are_not(ttnn: Any, tmp_path: Path, x: Any) -> None:
    double = DeviceDouble(NUMBERS)
    capture = Capture(tmp_path / "trace", frozenset(), ValueReader(computes=True, to_host=double))
    capture.start()
    ttnn.relu(x)
    assert double.reads == 0
    for source in ("one", "two"):
        capture.begin(source)
        ttnn.relu(x)
        capture.end(source, "passed")
    ttnn.relu(x)
    capture.finish(0)
    capture.stop()
    assert double.reads == 4
    [configuration] = read_journal(tmp_path / "trace").configurations()
    assert [(each.source, each.statistics["arg0"].count) for each in configuration.executions] == [
        ("one", 2 * NUMBERS.size),
        ("two", 2 * NUMBERS.size),
    ]


def test_large_tensors_are_read_once_and_from_one_chip(
    ttnn: Any, tmp_path: Path, x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_reader, "LARGE", 100)
    trace = traced(tmp_path, NUMBERS)
    with trace.test():
        for _ in range(8):
            ttnn.relu(x)
    assert trace.reader.read.tensors == 1
    assert trace.statistics["ttnn.relu"]["arg0"].count == NUMBERS.size
    assert not trace.reader.read.unread


def test_the_largest_tensors_are_not_read_and_counted(
    ttnn: Any, tmp_path: Path, x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_reader, "LARGEST", 100)
    trace = traced(tmp_path, NUMBERS)
    with trace.test():
        ttnn.relu(x)
    assert trace.reader.read.lines()[1:] == ["values: 1 tensor not read: it has more than 100 numbers on a chip"]
    assert trace.statistics == {"ttnn.relu": {}}


def test_nothing_is_read_while_ttnn_records_commands(ttnn: Any, x: Any, mock_mesh: Any) -> None:
    # without an operation: a mock ends the process that records one
    double = DeviceDouble(NUMBERS)
    reader = ValueReader(computes=True, to_host=double)
    original = ttnn.begin_trace_capture
    reader.install()
    try:
        recorded = ttnn.begin_trace_capture(mock_mesh, cq_id=0)
        with pytest.raises(RuntimeError, match="Reads are not supported during trace capture"):
            x.cpu()
        assert reader.statistics([x], {}, first=True) == {}
        with suppress(RuntimeError):  # ttnn 0.66 has no memory for it, since the mesh was opened without any
            ttnn.end_trace_capture(mock_mesh, recorded, cq_id=0)
            ttnn.release_trace(mock_mesh, recorded)
        assert (double.reads, dict(reader.read.unread)) == (0, {"ttnn was recording commands or a graph": 1})
        assert reader.statistics([x], {}, first=True).keys() == {"arg0"}
    finally:
        reader.remove()
    assert ttnn.begin_trace_capture is original


def test_nothing_is_read_while_ttnn_captures_a_graph(ttnn: Any, tmp_path: Path, x: Any) -> None:
    trace = traced(tmp_path, NUMBERS)

    def graph() -> Any:
        ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
        ttnn.relu(x)
        nodes = ttnn.graph.end_graph_capture()
        return [node["node_type"] for node in nodes]

    without = graph()
    with trace.test():
        assert graph() == without
        ttnn.add(x, 1)
    assert trace.reader.read.tensors == 1
    assert graph() == without


def test_a_read_that_fails_costs_the_model_nothing(ttnn: Any, tmp_path: Path, x: Any) -> None:
    error = RuntimeError("TT_FATAL @ /a/file.cpp:3: x\ninfo:\nReads are not possible.\nbacktrace:\n --- a\n")
    trace = traced(tmp_path, error=error)
    with trace.test():
        assert list(ttnn.relu(x).shape) == [32, 64]
    assert dict(trace.reader.read.unread) == {"RuntimeError: Reads are not possible.": 1}
    assert trace.statistics == {"ttnn.relu": {}}


def test_a_deallocated_tensor_is_not_read(ttnn: Any, x: Any) -> None:
    double = DeviceDouble(NUMBERS)
    reader = ValueReader(computes=True, to_host=double)
    ttnn.deallocate(x)
    assert reader.statistics([x], {}, first=True) == {}
    assert (double.reads, dict(reader.read.unread)) == (0, {})


def test_a_board_that_computes_nothing_is_not_read_but_host_tensors_are(ttnn: Any, tmp_path: Path, x: Any) -> None:
    trace = traced(tmp_path, NUMBERS, computes=False)
    weights = host_tensor(ttnn, NUMBERS, "BFLOAT16", ttnn.ROW_MAJOR_LAYOUT)
    with trace.test():
        ttnn.relu(x)
        ttnn.reshape(weights, (64, 32))
        ttnn.squeeze(ttnn.from_device(x), 0)
    assert trace.statistics["ttnn.reshape"]["arg0"].maximum == 5
    assert trace.statistics["ttnn.relu"] == {}
    assert trace.statistics["ttnn.squeeze"] == {}, "zeros that were read back from the board"
    assert trace.journal.reading is not None
    assert not trace.journal.reading.computes
    assert "computes no numbers" in trace.journal.reading.lines()[1]


def test_reading_changes_nothing_of_the_model(ttnn: Any, tmp_path: Path, x: Any, mock_mesh: Any) -> None:
    """The real way to read, on a mock: it returns zeros, and everything else is as on a board."""

    def state() -> list[Any]:
        gc.collect()
        banks = [ttnn.get_memory_view(mock_mesh, kind) for kind in (ttnn.BufferType.DRAM, ttnn.BufferType.L1)]
        allocated = [
            (bank.total_bytes_allocated_per_bank, bank.largest_contiguous_bytes_free_per_bank) for bank in banks
        ]
        return [allocated, mock_mesh.num_program_cache_entries(), sys.getrefcount(x), x.buffer_address()]

    def model() -> list[Any]:
        y = ttnn.relu(x)
        places = [y.buffer_address(), ttnn.add(x, y).buffer_address(), state()]
        ttnn.deallocate(y)
        return places

    model()  # fills the program cache
    before = state()
    expected = model()
    plain = Capture(tmp_path / "plain", frozenset())
    plain.start()
    plain.begin("test")
    assert model() == expected
    plain.end("test", "passed")
    plain.stop()
    trace = Traced(tmp_path / "trace", ValueReader(computes=True))
    with trace.test():
        assert model() == expected
    assert state() == before
    assert {name: each["arg0"] for name, each in trace.statistics.items() if each} == {
        name: ValueStatistics(2 * 32 * 64, 0, 0, 0, zeros=1) for name in ("ttnn.relu", "ttnn.add", "ttnn.deallocate")
    }
    calls = {number: call.operation for number, call in read_journal(tmp_path / "plain").calls.items()}
    assert {number: call.operation for number, call in trace.journal.calls.items()} == calls
