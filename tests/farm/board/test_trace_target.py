"""Targets of a trace: what is a script, and the command that runs a target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import tracer
from farm.board.trace_target import TraceTarget, command_of, is_script, split_target
from farm.core.errors import FarmError


def test_a_target_is_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").touch()
    assert split_target("test_a.py::test_b[c::d]", tmp_path) == (tmp_path / "test_a.py", "::test_b[c::d]")
    with pytest.raises(FarmError, match=r"test_b\.py: no such file or folder"):
        split_target("test_b.py::test_c", tmp_path)


def test_a_target_is_python(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# A model\n\nIt is a model.\n")
    with pytest.raises(FarmError, match=r"^README\.md: not a Python file; give a test or a script$"):
        split_target("README.md", tmp_path)
    (tmp_path / "demo").write_text("import ttnn\n")
    assert split_target("demo", tmp_path) == (tmp_path / "demo", "")


@pytest.mark.parametrize(
    ("name", "text", "script"),
    [
        ("demo.py", "import ttnn\n", True),
        ("demo.py", "def main(): ...\n", True),
        ("demo.py", "def test_it(): ...\n", False),
        ("demo.py", "class TestIt: ...\n", False),
        ("demo.py", "not Python (", True),  # Python itself says what is wrong with it
        ("test_demo.py", "import ttnn\n", False),
        ("demo_test.py", "import ttnn\n", False),
    ],
)
def test_a_script_has_neither_the_name_nor_the_functions_of_a_test(
    tmp_path: Path, name: str, text: str, script: bool
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert is_script(path) is script
    assert not is_script(path, "::test_it")
    assert not is_script(tmp_path)


def test_the_command_runs_pytest_or_the_script(tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text("import ttnn\n")
    (tmp_path / "test_a.py").touch()
    raw = tmp_path / "trace.jsonl"
    script = TraceTarget("demo.py", ("--layers", "2"), cwd=tmp_path)
    assert command_of(script, raw, tmp_path) == [
        "-m",
        "tracer.script",
        str(raw),
        f"{tmp_path}/demo.py",
        "--layers",
        "2",
    ]
    command = command_of(TraceTarget("test_a.py::test_b", ("-x",), cwd=tmp_path), raw, tmp_path)
    assert command[:3] == ["-m", "pytest", f"{tmp_path}/test_a.py::test_b"]
    assert f"--trace-to={raw}" in command
    assert "--rootdir" not in command
    assert command[-1] == "-x"
    measured = command_of(replace(script, values=True), raw, tmp_path)
    assert measured[1:4] == ["tracer.script", "--values", str(raw)]
    assert "--trace-values" in command_of(TraceTarget("test_a.py", cwd=tmp_path, values=True), raw, tmp_path)
    assert "--trace-values" not in command
    own = Path(tracer.__file__).parent / "zoo"
    assert "--rootdir" in command_of(TraceTarget(str(own)), raw, tmp_path)
