"""Ctrl-C outside a running sweep: one line and exit code 130, whatever the command does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.cli.common import exits_on_interrupt
from farm.running.interrupt import RunInterrupted

DURING_IMPORTS = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "farm.cli":
            os.kill(os.getpid(), signal.SIGINT)

import farm.__main__
sys.meta_path.insert(0, Interrupts())
farm.__main__.main()
"""


def test_during_the_imports() -> None:
    done = subprocess.run([sys.executable, "-c", DURING_IMPORTS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "farm: stopped\n")


def test_during_any_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_store: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("farm.api.runs", interrupted)
    done = CliRunner().invoke(app, ["runs"])
    assert (done.exit_code, done.output) == (130, "farm: stopped\n")


@pytest.mark.parametrize(("recorded", "begins"), [(False, "stopped before the run started"), (True, "stopped at once")])
def test_a_sweep_says_what_to_do_next(
    recorded: bool, begins: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise RunInterrupted("a-run") if recorded else KeyboardInterrupt

    monkeypatch.setattr("farm.api.sweeps.sweep_from", interrupted)
    words = ["sweep", "--suite", "model_traced", "--store", str(tmp_path / "farm.db")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 130
    [line] = done.output.splitlines()
    assert line.startswith(f"farm: {begins}")
    assert (f"farm sweep --resume a-run --store {tmp_path / 'farm.db'}`" in line) is recorded


def test_a_command_prints_its_own_line_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="^130$|^$"), exits_on_interrupt(), exits_on_interrupt("its own line"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "farm: its own line\n"
