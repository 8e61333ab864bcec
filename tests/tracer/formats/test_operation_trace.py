"""The files of tt-metal's own tracer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.errors import CaptureError
from tracer.formats.operation_trace import call_files, call_folders, read_call, read_folder

CALL = {"operation_name": "ttnn::add", "args": [{"position": 0, "value": 1}], "kwargs": {"dtype": None}}


def write(path: Path, raw: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(raw))
    return path


def test_folders_and_files_of_calls(tmp_path: Path) -> None:
    first, second = write(tmp_path / "b" / "1.json", CALL), write(tmp_path / "a" / "2.json", CALL)
    write(tmp_path / "c" / "_status.json", {})
    write(tmp_path / "b" / "_status.json", {})
    assert call_folders(tmp_path) == [second.parent, first.parent]
    assert list(call_files(first.parent)) == [first]


def test_a_call_has_its_arguments_by_position_and_name(tmp_path: Path) -> None:
    configuration = read_call(write(tmp_path / "1.json", CALL))
    assert configuration.operation == "ttnn.add"
    assert configuration.arguments == {"arg0": 1, "dtype": None}


@pytest.mark.parametrize("raw", [[], {}, {"operation_name": "ttnn.add", "args": [{}]}, {"operation_name": 5}])
def test_a_file_that_is_no_call_is_named(tmp_path: Path, raw: Any) -> None:
    with pytest.raises(CaptureError, match=r"1\.json: is no call of a raw trace"):
        read_call(write(tmp_path / "1.json", raw))


def test_the_status_is_the_folder_s_own_and_the_metadata_the_nearest_above(tmp_path: Path) -> None:
    machine = {"board_type": "Wormhole"}
    write(tmp_path / "_trace_metadata.json", {"test_source": "a.py", "machine_info": machine, "trace_uid": "u"})
    write(tmp_path / "_status.json", {"status": "failed"})
    folder = write(tmp_path / "one" / "1.json", CALL).parent
    traced = read_folder(folder, tmp_path)
    assert (traced.source, traced.outcome, traced.machine, traced.trace_uid) == ("a.py", None, machine, "u")
    write(folder / "_status.json", {"status": "failed", "test_nodeid": "a.py::b"})
    assert (read_folder(folder, tmp_path).source, read_folder(folder, tmp_path).outcome) == ("a.py::b", "failed")
    assert read_folder(folder, folder).machine is None
