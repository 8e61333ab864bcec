"""Folders of raw traces: this tracer's own, and tt-metal's."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.formats.samples import record, tensor, written
from tracer.capture.raw_traces import keep, load_traces
from tracer.errors import CaptureError
from tracer.formats.base import Outcome
from tracer.formats.journal import Journal, JournalWriter, read_journal
from tracer.master.master import Master
from tracer.plugin import trace_file

TENSOR = {
    "type": "ttnn.Tensor",
    "original_shape": [32, 32],
    "original_dtype": "DataType.BFLOAT16",
    "layout": "Layout.TILE",
    "storage_type": "StorageType.DEVICE",
    "memory_config": {"memory_layout": "TensorMemoryLayout.INTERLEAVED", "buffer_type": "BufferType.DRAM"},
}
MACHINE = {"board_type": "Wormhole", "device_series": "n150", "card_count": 1}


def write(path: Path, *calls: int, outcome: str | None = "passed", exit_status: int | None = 0) -> Path:
    writer = JournalWriter(path, "0.66.0")
    writer.write({"opened": 0, "machine": MACHINE, "device_config": None})
    writer.write({"test": path.stem})
    for number, value in enumerate(calls, start=1):
        line = {"call": number, "operation": "ttnn.add", "arguments": {"arg0": value}, "names": [], "opened": 0}
        writer.write(line)
        writer.write({"returned": number, "output": None})
    if outcome is not None:
        counts = [[number, 1] for number in range(1, len(calls) + 1)]
        writer.write({"ended": path.stem, "outcome": outcome, "counts": counts})
    if exit_status is not None:
        writer.write({"exit": exit_status})
    writer.close()
    return path


def test_all_traces_of_a_folder_and_those_in_it(tmp_path: Path) -> None:
    keep(write(tmp_path / "a.jsonl", 1, 2), tmp_path / "kept", "tests/a.py::test_a[1]")
    write(tmp_path / "kept" / "deeper" / "b.jsonl", 2, 3)
    write(tmp_path / "kept" / "c.jsonl", 4, outcome="failed", exit_status=1)
    loaded = load_traces(tmp_path / "kept")
    assert (loaded.files, len(loaded.master), loaded.broken) == (3, 3, [])
    assert [test.source for test in loaded.left_out] == ["c"]
    assert len(load_traces(tmp_path / "kept", all_tests=True).master) == 4


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_file_is_reported_and_the_others_are_read(tmp_path: Path, share: float) -> None:
    write(tmp_path / "kept" / "a.jsonl", 1)
    whole = write(tmp_path / "kept" / "half.jsonl", 2, 3, 4).read_bytes()
    (tmp_path / "kept" / "half.jsonl").write_bytes(whole[: int(len(whole) * share)])
    loaded = load_traces(tmp_path / "kept")
    assert [each.arguments["arg0"] for each in loaded.master] == [1]
    assert len(loaded.broken) == 1
    assert "half.jsonl" in loaded.broken[0]


def test_the_trace_uid_follows_from_what_was_traced(tmp_path: Path) -> None:
    def uid(*calls: int) -> Any:
        (first, *_) = read_journal(write(tmp_path / "a.jsonl", *calls)).configurations()
        return first.executions[0].trace_uid

    assert uid(1, 2) == uid(1, 2) != uid(1, 3)


def test_tt_metal_s_own_raw_traces(tmp_path: Path) -> None:
    metadata = {"test_source": "models/a.py::test_a", "trace_uid": "u", "machine_info": MACHINE}
    (tmp_path / "_trace_metadata.json").write_text(json.dumps(metadata))
    for number in range(2):
        call = {
            "operation_id": number,
            "operation_name": "ttnn.add",
            "args": [{"position": 0, "value": TENSOR}, {"position": 1, "value": 1.5}],
            "kwargs": {"dtype": None},
        }
        (tmp_path / f"{number}_ttnn_add_1.json").write_text(json.dumps(call))
    (tmp_path / "2_ttnn_add_1.json").write_text('{"operation_id": 2, ')
    (tmp_path / "3_ttnn_move_1.json").write_text(json.dumps({"operation_name": "ttnn.move", "args": []}))
    loaded = load_traces(tmp_path)
    (configuration,) = loaded.master
    assert list(configuration.arguments) == ["arg0", "arg1", "dtype"]
    (execution,) = configuration.executions
    assert (execution.source, execution.machine, execution.count, execution.trace_uid) == (
        "models/a.py::test_a",
        MACHINE,
        2,
        "u",
    )
    assert len(loaded.broken) == 1
    assert "2_ttnn_add_1.json" in loaded.broken[0]
    (tmp_path / "_status.json").write_text('{"test_nodeid": "a.py::b", "status": "failed"}')
    failed = load_traces(tmp_path).left_out
    assert [(test.source, test.outcome) for test in failed] == [("a.py::b", "failed")]


def test_a_folder_without_traces_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="holds no raw trace"):
        load_traces(tmp_path)
    with pytest.raises(CaptureError, match="no such file or folder"):
        load_traces(tmp_path / "none")


def test_a_folder_that_is_closed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may look into any folder, so the system's answer is given here."""
    closed = tmp_path / "closed"
    closed.mkdir()
    written(tmp_path / "a.python_io.json", record("ttnn.relu", arguments={"arg0": tensor(1, [1, 32])}))
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != closed)
    loaded = load_traces(tmp_path)
    assert (len(loaded.master), loaded.broken) == (1, [f"{closed}: can't be read: Permission denied"])


def test_captures_in_a_folder_are_read_with_what_they_lost(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", 1)
    relu = record("ttnn.relu", arguments={"arg0": tensor(1, [1, 32]), "config": "<ttnn.X object at 0x1>"})
    capture = written(tmp_path / "deeper" / "graph_capture.python_io.json", relu)
    (tmp_path / "deeper" / "notes.txt").write_text("nothing")
    with closing(sqlite3.connect(tmp_path / "deeper" / "songs.db")) as database:
        database.execute("CREATE TABLE songs (title text)")
    loaded = load_traces(tmp_path)
    assert (loaded.files, sorted(loaded.master.configurations), loaded.broken) == (2, ["ttnn.add", "ttnn.relu"], [])
    [line] = loaded.captures
    assert line == f"{capture}: ttnn graph capture of 1 call; not recorded: ttnn.relu config: its content (1 call)"
    assert load_traces(capture).captures == loaded.captures
    (tmp_path / "deeper" / "graph_capture.json").write_text('{"graph": []}')
    assert load_traces(tmp_path).files == 2  # the report is read by the file beside it
    (tmp_path / "deeper" / "graph_capture.json").unlink()
    capture.write_text(capture.read_text()[:-9])
    [problem] = load_traces(tmp_path).broken
    assert "element 1 is cut off" in problem


def test_one_raw_trace_is_read_as_a_master_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", 1, 2)
    assert Master.read(path).text() == load_traces(path).master.text()
    master = Master.read(write(tmp_path / "b.jsonl", 1, outcome="failed", exit_status=1))
    assert master.trace is not None
    assert (master.trace.format, len(master), master.trace.left_out) == ("farm raw trace", 0, [Outcome("b", "failed")])


def test_a_full_disk_ends_the_trace_and_not_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", 1, outcome="passed", exit_status=None)
    writer = JournalWriter(tmp_path / "b.jsonl", "0.66.0")
    write_bytes, left = os.write, [10]

    def full(file: int, data: bytes) -> int:
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(file, data[: left.pop()])

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        writer.write({"test": "a"})
    writer.write({"exit": 0})
    writer.close()
    assert writer.failure == "No space left on device"
    journal = read_journal(tmp_path / "b.jsonl")
    assert (journal.cut, journal.exit_status, journal.tests) == (True, None, [])
    assert not read_journal(path).cut


def test_the_workers_of_a_parallel_run_are_one_trace(tmp_path: Path) -> None:
    whole = tmp_path / "trace.jsonl"
    journal = Journal("0.66.0")
    for worker in ("gw0", "gw1"):
        path = trace_file(whole, worker)
        assert path.name == f"trace.{worker}.jsonl"
        journal.take(read_journal(write(path, 1, 2 if worker == "gw0" else 3)))
    assert sorted(each.arguments["arg0"] for each in journal.configurations()) == [1, 2, 3]  # type: ignore[type-var]
    assert [test.source for test in journal.tests] == ["trace.gw0", "trace.gw1"]
    assert trace_file(whole, None) == whole
