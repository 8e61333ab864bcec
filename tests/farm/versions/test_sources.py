from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.versions.sources import Interpreter, Released, Wheel, parse_source


@pytest.mark.parametrize(("text", "version"), [("0.66.0", "0.66.0"), ("v0.81.1", "0.81.1"), ("0.81.1rc2", "0.81.1rc2")])
def test_a_version(text: str, version: str) -> None:
    assert parse_source(text, "--from") == Released(version)


def test_an_interpreter_is_not_resolved_since_its_environment_would_be_lost(tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert parse_source(str(python), "--from") == Interpreter(python)
    assert parse_source(str(tmp_path / "env"), "--from") == Interpreter(python), "the folder names it, too"


def test_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "ttnn-0.82.0-cp312-cp312-linux_x86_64.whl"
    wheel.touch()
    assert parse_source(str(wheel), "--to") == Wheel(wheel)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("latest", "--to latest: this is no version"),
        ("/no/such/python", "no interpreter or wheel file of this name is there"),
        ("missing.whl", "there is no such wheel"),
        ("", "--to : "),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(FarmError, match=message):
        parse_source(text, "--to")


def test_a_folder_without_an_interpreter(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="has no bin/python"):
        parse_source(str(tmp_path), "--from")
