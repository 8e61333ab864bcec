"""Captures of 10 MB that are nested without end: refused by name, or their arguments lost, in every format."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.formats.samples import record, report, written
from tracer.errors import MasterError
from tracer.formats.reader import recognize
from tracer.limits import FILE_LEVELS, LEVELS, LONGEST_KEPT, LONGEST_TEXT
from tracer.master.master import Master

SIZE = 10_000_000
OPEN = "[" * SIZE
NESTED = "[" * (SIZE // 2) + "]" * (SIZE // 2)
SLIGHTLY = "[" * (LEVELS + 30) + "]" * (LEVELS + 30)
"""Deeper than values may be, but not so deep that `json` refuses it."""

SOME = "[" * (FILE_LEVELS + 1) + "]" * (FILE_LEVELS + 1)

_MOST_CALLS = 100_000
"""Calls of functions that reading may take: the limits are met long before the text ends."""


def _as_text(text: str) -> Callable[[Path], Path]:
    return lambda folder: written(folder / "capture.json", record("ttnn.relu", arguments={"arg0": text}))


def _file(name: str, text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return write


def _database(folder: Path) -> Path:
    report(folder / "db.sqlite", {1: ("ttnn.relu", {"0": NESTED})}).close()
    return folder / "db.sqlite"


def _folder(text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        good = {"operation_name": "ttnn.relu", "args": [], "kwargs": {}}
        (folder / "0_good.json").write_text(json.dumps(good))
        (folder / "1_deep.json").write_text(f'{{"operation_name": "ttnn.relu", "args": [{text}], "kwargs": {{}}}}')
        return folder

    return write


def _module(text: str) -> Callable[[Path], Path]:
    return _file("module.mlir", f'module {{\n%1 = "ttnn.relu"(%0) <{{a = {text}}}> : () -> ()\n}}')


def _columns(text: str) -> Callable[[Path], Path]:
    return _file("ops.csv", f'OP CODE,OP TYPE,GLOBAL CALL COUNT,ATTRIBUTES\nUnary,tt_dnn_device,1,"{text}"\n')


FILES: dict[str, Callable[[Path], Path]] = {
    "graph capture, text": _as_text(NESTED),
    "graph capture, text cut off": _as_text(OPEN),
    "graph capture, JSON": _file("c.json", f'[{{"name": "ttnn.relu", "arguments": {{"0": {NESTED}}}}}]'),
    "graph capture, JSON cut off": _file("c.json", f'[{{"name": "ttnn.relu", "arguments": {{"0": {OPEN}'),
    "graph capture, some levels": _file("c.json", f'[{{"name": "ttnn.relu", "arguments": {{"0": {SOME}}}}}]'),
    "graph report": _file("g.json", f'[{{"arguments": {NESTED}, "connections": []}}]'),
    "graph report, members": _file("g.json", f'{{"graph": [], "more": {NESTED}}}'),
    "visualizer report": _database,
    "Tracy": _columns("{'a': " + NESTED + "}"),
    "Tracy, a cell that csv reads": _columns("{'a': " + "[" * 50_000 + "]" * 50_000 + "}"),
    "Tracy, some levels": _columns("{'a': " + SLIGHTLY + "}"),
    "Tracy, pairs": _columns("a=" + "[" * 50_000 + "]" * 50_000),
    "MLIR": _module(NESTED),
    "MLIR, cut off": _module(OPEN),
    "MLIR, angles": _module("#a" + "<" * SIZE),
    "MLIR, regions": _file("m.mlir", "module {\n" + "{" * 100_000),
    "raw trace": _file("t.jsonl", f'{{"trace": {NESTED}}}\n'),
    "operation trace": _folder(NESTED),
    "operation trace, some levels": _folder(SLIGHTLY),
    "master": _file("m.json", f'{{"operations": {NESTED}}}'),
}


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
def test_nothing_is_read_without_end(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path)
    recognize(path)
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        master = Master.read(path)
    except MasterError as error:
        message = str(error)
    else:
        lost = [configuration for configuration in master if configuration.lost]
        problems = [] if master.trace is None else master.trace.problems
        message = " ".join([str(path), *map(str, master.broken), *(each.operation for each in lost), *problems])
        assert lost or master.broken or problems
    finally:
        sys.setprofile(None)
    assert str(path) in message
    assert calls < _MOST_CALLS


def test_a_long_argument_is_read_as_in_a_master(tmp_path: Path) -> None:
    numbers = list(range(LONGEST_KEPT // 4))
    text = str(numbers)
    assert LONGEST_KEPT < len(text) < LONGEST_TEXT
    path = written(tmp_path / "capture.json", *[record("ttnn.relu", arguments={"arg0": text})] * 2)
    (configuration,) = Master.read(path)
    (same,) = Master.parse({"operations": {"ttnn.relu": {"configurations": [[{"arg0": text}]]}}})
    assert configuration.arguments == same.arguments == {"arg0": tuple(numbers)}
    assert [each.count for each in configuration.executions] == [2]
