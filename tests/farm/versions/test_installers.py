"""Installers against programs that answer as uv and pip do."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from farm.versions import installers
from farm.versions.errors import IndexUnreachable, InstallFailed, NoInstaller
from farm.versions.installers import Pip, Uv, pick_installer


def program(folder: Path, body: str) -> str:
    """A program that notes its arguments in `calls`, and then does what a shell script says."""
    path = folder / "program"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{body}\n')
    path.chmod(0o755)
    return str(path)


def test_uv_prints_a_requirement(tmp_path: Path) -> None:
    uv = Uv(program(tmp_path, "cat > asked; echo '# comment'; echo 'ttnn==0.69.0'"))
    assert uv.newest("<0.70", "3.12") == "0.69.0"
    assert "--python-version 3.12" in (tmp_path / "calls").read_text()


def test_uv_that_finds_nothing_differs_from_uv_that_reaches_nothing(tmp_path: Path) -> None:
    assert Uv(program(tmp_path, "exit 1")).newest("==9.9", "3.12") is None
    unreachable = Uv(
        program(tmp_path, "echo 'error: Request failed' >&2; echo '  cause: Connection refused' >&2; exit 2")
    )
    with pytest.raises(IndexUnreachable, match=r"can't be asked for ttnn: Connection refused$"):
        unreachable.newest("==0.66.0", "3.12")


def test_an_installation_of_uv_that_fails(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="No space left"):
        Uv(program(tmp_path, "echo 'No space left on device' >&2; exit 2")).install(tmp_path / "env", "ttnn==0.66.0")


def test_an_installer_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="No such file"):
        Uv(str(tmp_path / "gone")).install(tmp_path / "env", "ttnn==0.66.0")


REPORT = json.dumps({"version": "1", "install": [{"metadata": {"name": "ttnn", "version": "0.69.0"}}]})


def test_pip_prints_a_report(tmp_path: Path) -> None:
    assert Pip(Path(program(tmp_path, f"echo '{REPORT}'"))).newest("<0.70", installers.this_python()) == "0.69.0"


def test_pip_that_finds_another_ttnn_reached_its_index(tmp_path: Path) -> None:
    body = f"case \"$*\" in *==9.9*) exit 1;; esac; echo '{REPORT}'"
    assert Pip(Path(program(tmp_path, body))).newest("==9.9", "3.12") is None


def test_pip_that_finds_none_at_all_may_be_offline(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreachable, match="or can't be reached"):
        Pip(Path(program(tmp_path, "exit 1"))).newest("==0.66.0", "3.12")


@pytest.fixture
def without_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))


@pytest.mark.usefixtures("without_uv")
def test_without_uv_pip_gets_an_environment_of_its_own(tmp_path: Path) -> None:
    assert pick_installer(tmp_path / "helpers").name == "pip"
    [python] = (tmp_path / "helpers").glob("*/bin/python")
    modified = python.parent.stat().st_mtime_ns
    pick_installer(tmp_path / "helpers")
    assert python.parent.stat().st_mtime_ns == modified, "it is made once"


@pytest.mark.usefixtures("without_uv")
def test_neither_uv_nor_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program(tmp_path, "exit 1"))
    with pytest.raises(NoInstaller, match="install uv"):
        pick_installer(tmp_path / "helpers")
