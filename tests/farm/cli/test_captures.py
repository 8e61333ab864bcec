"""Commands that read a master read a capture of another format, too, and say what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.core.errors import ExitCode
from tests.tracer.formats.samples import record, tensor, written

LOSS = "ttnn.rms_norm config: its content (1 call)"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    relu = record("ttnn.relu", arguments={"arg0": tensor(1, [1, 32])})
    norm = record("ttnn.rms_norm", arguments={"arg0": tensor(2, [1, 32]), "config": "<ttnn.X object at 0x1>"})
    return written(tmp_path / "graph_capture.python_io.json", relu, relu, norm)


def test_check_says_what_a_capture_is_and_what_it_lost(capture: Path) -> None:
    done = CliRunner().invoke(app, ["master", "check", str(capture)])
    assert done.stdout.splitlines() == [
        f"{capture}: ttnn graph capture of 3 calls: 2 configurations",
        "files of this format don't have: the model's test; the machine; what calls returned; tiles other than 32 x 32",
        f"lost: {LOSS}",
        "can run: 2 configurations",
    ]
    assert done.exit_code == ExitCode.GOOD
    document = json.loads(CliRunner().invoke(app, ["master", "check", str(capture), "--json"]).stdout)
    assert (document["format"], document["calls"], document["runnable"]) == ("ttnn graph capture", 3, 2)
    assert document["losses"] == [
        {"operation": "ttnn.rms_norm", "argument": "config", "what": "its content", "calls": 1}
    ]


def test_check_fails_where_nothing_can_run(tmp_path: Path) -> None:
    path = written(tmp_path / "graph_capture.python_io.json", record("ttnn.relu", arguments={}))
    done = CliRunner().invoke(app, ["master", "check", str(path)])
    assert "can't run: ttnn.relu: input_tensor is missing: 1 configuration" in done.stdout
    assert (done.stdout.splitlines()[-1], done.exit_code) == ("nothing in it can run", ExitCode.TEST_FAILED)


@pytest.mark.parametrize("text", ["hello", "[1, 2]", '{"some": "thing"}', "OP,CALLS\nadd,3\n"])
def test_an_unknown_file_is_one_line_with_the_formats_that_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "what.txt"
    path.write_text(text)
    done = CliRunner().invoke(app, ["master", "check", str(path)])
    assert done.exit_code == ExitCode.TEST_FAILED
    assert "farm reads these formats: master, ttnn graph capture, " in done.stdout
    assert done.stdout.count("\n") == 1


def test_views_and_merges_name_the_format_on_stderr(capture: Path, tmp_path: Path) -> None:
    line = f"farm: {capture}: ttnn graph capture of 3 calls; not recorded: {LOSS}"
    done = CliRunner().invoke(app, ["ops", "--master", str(capture)])
    assert (done.stdout.splitlines(), done.stderr.splitlines()) == (["ttnn.relu\t1", "ttnn.rms_norm\t1"], [line])
    out = tmp_path / "all.json"
    done = CliRunner().invoke(app, ["master", "merge", str(capture), "--out", str(out)])
    assert done.stderr.splitlines() == [line]
    assert done.stdout.splitlines()[-1] == f"{out}: 2 configurations"
