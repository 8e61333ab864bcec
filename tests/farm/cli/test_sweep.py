"""A wrong command line is refused in one line, before anything starts."""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import farm.cli
from farm.core.errors import FarmError
from farm.core.extras import Extra, own_install
from tracer.master.master import shipped


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `farm sweep` in this process; it must end with the code given, and in one line, which is returned."""

    def run(code: int, *arguments: str, suite: str = "model_traced") -> str:
        store = tmp_path / "farm.db"
        monkeypatch.setattr(sys, "argv", ["farm", "sweep", "--suite", suite, "--store", str(store), *arguments])
        with pytest.raises(SystemExit) as ended:
            farm.cli.main()
        output = capsys.readouterr()
        assert ended.value.code == code, output.err
        assert output.out == ""
        assert output.err.startswith("farm: ")
        assert output.err.count("\n") == 1
        assert not store.exists()
        return output.err

    return run


def test_no_such_suite(sweep: Callable[..., str]) -> None:
    assert "no suite 'nightly': give --suite model_traced" in sweep(2, suite="nightly")


def test_no_such_operation_offers_the_nearest(sweep: Callable[..., str]) -> None:
    output = sweep(2, "--op", "matmull")
    assert "matmull" in output
    assert "ttnn.matmul" in output


def test_no_such_board_kind(sweep: Callable[..., str]) -> None:
    assert "did you mean n300" in sweep(2, "--boards", "mock:n3000")


def test_a_missing_master(sweep: Callable[..., str], tmp_path: Path) -> None:
    assert "none.json" in sweep(2, "--master", str(tmp_path / "none.json"))


@pytest.mark.parametrize("text", ["", '{"operations": {', "[1, 2]", '{"what": "is this"}'])
def test_a_file_that_is_not_a_master(sweep: Callable[..., str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert "bad.json" in sweep(2, "--master", str(path))
    assert path.read_text() == text


def test_an_empty_master_selects_nothing(sweep: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(json.dumps({"operations": {}, "metadata": {}}))
    assert "no configuration" in sweep(4, "--master", str(path))


def test_a_report_folder_that_cannot_be_made(sweep: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--out" in sweep(2, "--out", str(tmp_path / "file" / "out"), "--boards", "fake:n300")


def test_no_ttnn_for_this_python(sweep: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "ttnn" else real(name, *rest))
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "11", "4"))
    assert "ttnn has no wheel for CPython 3.11" in sweep(3, "--boards", "mock:n300")
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "12", "1"))
    assert own_install().command(Extra.TTNN) in sweep(3, "--boards", "mock:n300")


def test_the_shipped_master_is_the_default(sweep: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def stop_there(path: Path) -> None:
        read.append(path)
        raise FarmError("far enough")

    monkeypatch.setattr("tracer.master.master.Master.read", stop_there)
    sweep(2)
    assert read == [shipped()]
