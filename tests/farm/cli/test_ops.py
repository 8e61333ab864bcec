"""`farm ops`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.cli.golden_ops import _table
from farm.core.errors import NothingSelected, NotRunnable
from farm.core.golden_survey import GoldenClass, GoldenSurvey
from tracer.errors import MasterError, UnknownOperation

GUIDE = (
    "  arg0: Tensor(shape=[1, 1, 12544, 32], dtype=BFLOAT8_B, memory=L1_HEIGHT_SHARDED, "
    "shard(shard_shape=[224, 32], grid=[(0,0)→(7,6)], orientation=ROW_MAJOR))"
)
SMALL = {
    "operations": {
        "ttnn::add": {
            "configurations": [{"arguments": [{"arg0": "1"}], "source": "a.py"}, {"arguments": {"arg0": {"type": 1}}}]
        },
        "ttnn.experimental.add": {
            "configurations": [{"arguments": {"arg0": 2}, "executions": [{"source": "b.py", "count": 3}]}]
        },
        "ttnn.mul": {"configurations": []},
    }
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(SMALL))
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["ops", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_guides_example(shared_data: Path) -> None:
    lines = run("sigmoid_accurate", "--master", shared_data / "master_n300_2025-11_v1.json").splitlines()
    assert lines[0] == "ttnn.sigmoid_accurate: 30 configurations"
    assert sum(1 for line in lines if line.startswith("Configuration ")) == 30
    assert lines[3] == GUIDE
    assert sum(1 for line in lines if line.startswith("  seen in models/experimental/efficientnetb0/")) == 30


def test_the_list_is_plain_when_piped(shared_data: Path) -> None:
    lines = run("--master", shared_data / "master_n300_2025-11_v1.json").splitlines()
    assert len(lines) == 20
    assert lines[0] == "ttnn.add\t47"
    assert sum(int(line.split("\t")[1]) for line in lines) == 555


def test_the_list_is_a_table_on_a_terminal(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from farm.cli import ops

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    ops.ops(master=small)
    text = capsys.readouterr().out
    assert "configurations" in text
    assert "can't be read" in text
    assert "2 configurations of 3 operations" in text


def test_several_operations_of_one_name_are_all_shown_and_said(small: Path) -> None:
    text = run("add", "--master", small)
    assert "2 operations match 'add': ttnn.add, ttnn.experimental.add" in text
    assert "ttnn.add: 1 configuration\n" in text
    assert "ttnn.experimental.add: 1 configuration\n" in text
    for spelling in ("ttnn.add", "ttnn::add"):
        assert "experimental" not in run(spelling, "--master", small)
    assert "ttnn.mul: 0 configurations" in run("mul", "--master", small)


def test_unreadable_configurations_are_reported_on_stderr(small: Path) -> None:
    result = CliRunner().invoke(app, ["ops", "add", "--master", str(small)])
    assert result.stderr == "farm: can't be read: ttnn.add, index 1, argument arg0: 'type' must be a class, not 1\n"
    assert "can't be read" not in CliRunner().invoke(app, ["ops", "mul", "--master", str(small)]).output


def test_only_configurations_of_a_source(small: Path) -> None:
    assert run("--master", small, "--source", "b.py") == "ttnn.experimental.add\t1\n"
    assert "0 configurations" in run("ttnn.add", "--master", small, "--source", "b.py")
    with pytest.raises(NothingSelected, match=r"no configuration with --model 'z\.py'"):
        run("--master", small, "--source", "z.py")


def test_json_for_machines(small: Path) -> None:
    listed = json.loads(run("--master", small, "--json"))
    assert [(each["operation"], each["configurations"], each["broken"]) for each in listed["operations"]] == [
        ("ttnn.add", 1, 1),
        ("ttnn.experimental.add", 1, 0),
        ("ttnn.mul", 0, 0),
    ]
    assert listed["operations"][1]["calls"] == 3
    shown = json.loads(run("add", "--master", small, "--json"))
    assert shown["operations"] == ["ttnn.add", "ttnn.experimental.add"]
    assert [each["arguments"] for each in shown["configurations"]] == [{"arg0": 1}, {"arg0": 2}]
    assert shown["broken"] == ["ttnn.add, index 1, argument arg0: 'type' must be a class, not 1"]


def test_errors_are_one_line_and_exit_2(small: Path, tmp_path: Path) -> None:
    for arguments, error, words in (
        (["ad", "--master", small], UnknownOperation, "nearest: ttnn.add"),
        (["add", "--master", tmp_path / "none.json"], MasterError, "no such file"),
    ):
        with pytest.raises(error, match=words):
            run(*arguments)
        command = [sys.executable, "-m", "farm", "ops", *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 2
        assert result.stdout == ""
        assert result.stderr.startswith("farm: ")
        assert result.stderr.count("\n") == 1


def test_a_terminal_without_arrows_gets_escapes(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"operations": {"ttnn.add": {"configurations": [{"arguments": {"arg0": "→"}}]}}}))
    result = subprocess.run(
        [sys.executable, "-m", "farm", "ops", "add", "--master", str(path)],
        capture_output=True, check=True, timeout=60, env={"PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert rb"arg0: '\u2192'" in result.stdout


def test_two_masters_compared(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    changed = json.loads(small.read_text())
    changed["operations"]["ttnn.mul"]["configurations"] = [{"arguments": {"arg0": 7}}]
    other.write_text(json.dumps(changed))
    lines = run("--diff", small, other).splitlines()
    assert (lines[0].startswith("+ ttnn.mul (added"), lines[-1]) == (True, "1 added, 0 gone, 0 changed")
    assert run("add", "--diff", small, other) == "0 added, 0 gone, 0 changed\n"
    assert [each["operation"] for each in json.loads(run("--diff", other, small, "--json"))["gone"]] == ["ttnn.mul"]


def test_counts_and_filters_of_the_shipped_master() -> None:
    assert json.loads(run("--stats", "--json"))["boards"]["Wormhole n150"] > 100
    some = json.loads(run("--stats", "--json", "--model", "test_vit", "--dtype", "bfloat8_b"))
    assert list(some["models"]) == ["tracer/zoo/test_vit.py"]
    assert run("--board", "p150", "--memory", "L1_INTERLEAVED").count("\n") > 3
    with pytest.raises(NothingSelected, match="dtype 'INT7'"):
        run("--dtype", "INT7")


def test_masters_merged_and_looked_through(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "whole.json"

    def master(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["master", *map(str, arguments)])
        return result.exit_code, result.stdout

    code, text = master("merge", small, small, "--out", out)
    assert (code, "2 new" in text, "2 known" in text) == (0, True, True)
    code, text = master("check", small)
    assert (code, "can't be read: ttnn.add, index 1" in text) == (1, True)
    assert master("check")[0] == 0
    assert json.loads(master("check", "--json")[1])["lost"] == {}


def test_one_configuration_is_in_the_singular(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"operations": {"ttnn.add": {"configurations": [{"arguments": {"arg0": 1}}]}}}))
    printed = CliRunner().invoke(app, ["ops", "--master", str(path), "--stats"], catch_exceptions=False).stdout
    assert printed.startswith("1 configuration\n")


def test_the_statistics_of_one_operation(small: Path) -> None:
    command = ["ops", "experimental.add", "--stats", "--master", str(small)]
    printed = CliRunner().invoke(app, command, catch_exceptions=False).stdout
    assert printed.startswith("1 configuration\n")
    assert "ttnn.experimental.add" in printed
    assert "ttnn.add" not in printed


def test_the_tolerance_table_is_listed_with_the_source_of_each_row() -> None:
    from farm.judging.tolerances import TABLE

    document = json.loads(run("--tolerances", "--json"))
    assert [row["name"] for row in document["rows"]] == [row.name for row in TABLE]
    for row in document["rows"]:
        assert row["source"]
        assert (row["bounds"] is None) == bool(row["formula"])
    text = run("--tolerances")
    assert text.count("  source: ") == len(TABLE)
    assert "\n  bounds: exact\n" in text


def test_the_tolerances_of_an_operation_are_those_that_can_judge_it() -> None:
    document = json.loads(run("multiply_", "--tolerances", "--json"))
    assert (document["operation"], document["kind"]) == ("ttnn.multiply_", "arithmetic")
    names = [row["name"] for row in document["rows"]]
    assert names == ["whole numbers", "elementwise with an activation", "arithmetic", "any operation"]
    assert run("ttnn::matmul", "--tolerances").startswith("ttnn.matmul: matmul. ")
    with pytest.raises(UnknownOperation, match="no operation 'matmull'"):
        run("matmull", "--tolerances")


SURVEY = GoldenSurvey(
    "0.81.1",
    {"ttnn.abs": GoldenClass.COMPARED, "ttnn.rand": GoldenClass.GOLDEN_SKIPS, "ttnn.odd": GoldenClass.BROKEN},
    {"ttnn.experimental.abs": GoldenClass.NO_GOLDEN},
    {"ttnn.odd": "the golden of ttnn.odd requires x, which the call lacks"},
)


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.board.golden_survey.survey_goldens", lambda _python: SURVEY)


@pytest.mark.usefixtures("surveyed")
def test_goldens_by_class_and_name() -> None:
    assert run("--goldens").splitlines() == [
        "compared\tttnn.abs",
        "broken\tttnn.odd\tthe golden of ttnn.odd requires x, which the call lacks",
        "golden_skips\tttnn.rand",
        "no_golden\tttnn.experimental.abs",
    ]
    assert run("abs", "--goldens").splitlines() == ["compared\tttnn.abs", "no_golden\tttnn.experimental.abs"]


@pytest.mark.usefixtures("surveyed")
def test_goldens_as_json() -> None:
    document = json.loads(run("--goldens", "--json"))
    assert document["ttnn"] == "0.81.1"
    assert document["counts"] == {
        "compared": 1,
        "no_golden": 0,
        "golden_skips": 1,
        "golden_needs_more": 0,
        "golden_raises": 0,
        "spans_chips": 0,
        "broken": 1,
    }
    assert document["broken"] == ["ttnn.odd"]
    assert document["experimental"] == {"ttnn.experimental.abs": "no_golden"}


@pytest.mark.usefixtures("surveyed")
def test_goldens_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    _table(SURVEY)
    printed = capsys.readouterr().out
    assert "Goldens of ttnn 0.81.1" in printed
    for each in GoldenClass:
        assert each.value in printed
    assert "the golden of ttnn.odd requires x" in printed


def test_goldens_are_not_a_masters() -> None:
    result = CliRunner().invoke(app, ["ops", "--goldens", "--stats"])
    assert result.exit_code == 2
    assert "--goldens" in result.stderr


def test_an_interpreter_without_torch_has_no_goldens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("FARM_PYTHON", str(python))
    with pytest.raises(NotRunnable) as caught:
        run("--goldens")
    assert str(caught.value).startswith(f"the goldens of {python} can't be surveyed: ttnn's goldens need torch")
    assert "\n" not in str(caught.value)
