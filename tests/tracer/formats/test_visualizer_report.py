"""The SQLite report for ttnn-visualizer, of older and newer ttnns."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.formats.samples import report, shown, tensor
from tracer.errors import MasterError
from tracer.formats import visualizer_report
from tracer.master.master import Master, update
from tracer.values import MemoryConfig, Placement, Tensor

WHOLE = Tensor((1, 32), "BFLOAT16", "TILE", "DEVICE", MemoryConfig())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite"


def losses(master: Master) -> dict[str, int]:
    assert master.trace is not None
    return {str(loss): calls for loss, calls in master.trace.losses.items()}


def test_a_newer_report_has_whole_tensors_in_its_arguments(path: Path) -> None:
    call = ("ttnn.relu", {"memory_config": "None", "0": tensor(1, [1, 32])})
    report(path, {1: call, 2: call, 3: ("TilizeDeviceOperation", {"arg_0": "8"})}, ranks=True).close()
    master = Master.read(path)
    relu, inside = master
    spread = Placement((1, 1), (1,), (None,))
    assert relu.arguments == {"arg0": replace(WHOLE, placement=spread), "memory_config": None}
    assert list(relu.arguments) == ["arg0", "memory_config"]
    assert [each.executions[0].count for each in (relu, inside)] == [2, 1]
    assert inside.arguments == {"arg0": 8}
    assert losses(master) == {"ttnn.TilizeDeviceOperation: how Python called it: it is an operation inside ttnn": 1}


def test_an_older_report_has_tensors_in_a_table_of_their_own(path: Path) -> None:
    with closing(
        report(path, {1: ("ttnn.concat", {"0": f"{shown([1, 32])}, {shown([1, 32])}", "dim": "-1"})})
    ) as database:
        database.executemany("INSERT INTO input_tensors VALUES (1, ?, 7)", [(0,), (1,)])
        database.commit()
    master = Master.read(path)
    [concat] = master
    assert concat.arguments == {"arg0": (WHOLE, WHOLE), "dim": -1}
    assert losses(master) == {"ttnn.concat arg0: which lists it has inside": 1}


def test_a_tensor_of_several_chips_is_one_tensor(path: Path) -> None:
    with closing(report(path, {1: ("ttnn.relu", {"0": shown([1, 32], chips=2)})})) as database:
        database.execute("INSERT INTO input_tensors VALUES (1, 0, 7)")
        database.commit()
    master = Master.read(path)
    [relu] = master
    assert relu.arguments == {"arg0": WHOLE}
    assert losses(master) == {"ttnn.relu arg0: how it is spread over the mesh": 1}


def test_tensors_of_a_table_that_are_others_tell_nothing(path: Path) -> None:
    with closing(report(path, {1: ("ttnn.relu", {"0": shown([1, 32])})})) as database:
        database.execute("INSERT INTO input_tensors VALUES (1, 0, 8)")
        database.commit()
    master = Master.read(path)
    [relu] = master
    assert relu.arguments == {"arg0": Tensor((1, 32), "BFLOAT16", "TILE", "", None)}
    assert losses(master) == {"ttnn.relu arg0: where it is": 1, "ttnn.relu arg0: its memory config": 1}


def test_a_call_that_raised_says_so(path: Path) -> None:
    with closing(report(path, {4: ("ttnn.relu", {"0": "1"}), 2: ("ttnn.relu", {"0": "1"})})) as database:
        database.execute("INSERT INTO errors VALUES (4, 'ttnn.relu', 'RuntimeError', 'no\nbacktrace: x')")
        database.commit()
    [relu] = Master.read(path)
    assert [relu.executions[0].count, relu.raised] == [2, None]  # its first call returned


def damage(path: Path, _: pytest.MonkeyPatch) -> None:
    data = bytearray(path.read_bytes())
    data[1024:4096] = b"\xff" * 3072
    path.write_bytes(data)


def cut(path: Path, _: pytest.MonkeyPatch) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def other_program(path: Path, _: pytest.MonkeyPatch) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE songs (title text)")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damage, "the SQLite report is damaged"),
        (cut, "the SQLite report is damaged"),
        (other_program, "an SQLite database of another program than ttnn: no table operations"),
    ],
)
def test_what_can_not_be_read_is_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any, message: str
) -> None:
    report(path, {number: ("ttnn.relu", {"0": tensor(1, [1, 32])}) for number in range(50)}).close()
    spoil(path, monkeypatch)
    with pytest.raises(MasterError, match=message) as error:
        Master.read(path)
    assert "\n" not in str(error.value)


def test_a_report_that_is_being_written_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visualizer_report, "_LOCK_SECONDS", 0.0)
    with closing(report(path, {1: ("ttnn.relu", {"0": "1"})})) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(MasterError, match="can't be read now: database is locked; try again when"):
            Master.read(path)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_reading_changes_nothing_on_disk(path: Path, mode: str) -> None:
    with closing(report(path, {1: ("ttnn.relu", {"0": "1"})})) as database:
        database.execute(f"PRAGMA journal_mode = {mode}")
    before = path.read_bytes()
    assert len(Master.read(path)) == 1
    with pytest.raises(MasterError, match="is no master but a capture .ttnn visualizer report."):
        update(path, Master())
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} <= {path.name}


def test_writes_that_are_still_in_the_log_are_read(path: Path, tmp_path: Path) -> None:
    with closing(report(path, {1: ("ttnn.relu", {"0": "1"})})) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("INSERT INTO operations VALUES (2, 'ttnn.abs', 0.5)")
        database.commit()
        copy = tmp_path / "copy"
        copy.mkdir()
        for each in tmp_path.glob("db.sqlite*"):
            shutil.copy(each, copy)
        assert {each.operation for each in Master.read(copy / "db.sqlite")} == {"ttnn.relu", "ttnn.abs"}
