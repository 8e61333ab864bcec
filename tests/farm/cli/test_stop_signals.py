"""SIGTERM and SIGHUP stop a command as Ctrl-C does, at any moment: `tests.chaos.stops` tries more of them."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farm.core.stop_signals import CommandSignals, leave_closed_terminal
from farm.running.interrupt import Interrupt
from tests.chaos.stops import problem_of
from tests.farm.stop_moments import Moment, stopped_sweep

DURING_IMPORTS = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "farm.cli":
            os.kill(os.getpid(), signal.Signals[sys.argv[1]])

import farm.__main__
sys.meta_path.insert(0, Interrupts())
farm.__main__.main()
"""


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_during_the_imports(number: str) -> None:
    done = subprocess.run([sys.executable, "-c", DURING_IMPORTS, number], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "farm: stopped\n")


@pytest.mark.parametrize(
    ("moment", "number", "recorded"),
    [
        (Moment("farm.planning.sweep_plan", "plan_sweep"), signal.SIGTERM, False),
        (Moment("ray", "init", after=True), signal.SIGTERM, True),
        (Moment("farm.report", "write_report"), signal.SIGHUP, True),
    ],
    ids=str,
)
def test_a_sweep_stops_cleanly(moment: Moment, number: signal.Signals, recorded: bool, tmp_path: Path) -> None:
    assert not problem_of(stopped_sweep(moment, number, tmp_path), recorded=recorded)


@pytest.fixture
def signals() -> CommandSignals:
    signals = CommandSignals()
    signals.imported()
    return signals


def test_what_follows_a_run_completes(signals: CommandSignals) -> None:
    with pytest.raises(KeyboardInterrupt):
        signals(signal.SIGTERM, None)
    signals.run_ended(requested=False)
    signals(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        signals(signal.SIGTERM, None)


def test_a_signal_between_two_runs_stops_the_next_one(signals: CommandSignals) -> None:
    before = signal.signal(signal.SIGTERM, signals)
    try:
        with Interrupt() as interrupt:
            assert not interrupt.requested
        os.kill(os.getpid(), signal.SIGTERM)
        with Interrupt() as interrupt:
            assert interrupt.requested
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_closed_terminal_is_replaced_by_the_null_device() -> None:
    ours, theirs = pty.openpty()
    program = (
        "import sys; input(); from farm.core.stop_signals import leave_closed_terminal as leave\nleave(); print(1)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.close(ours)
        process.communicate(b"\n", timeout=60)
    assert process.returncode == 0


def test_an_open_stream_is_left() -> None:
    before = [os.fstat(stream) for stream in (0, 1, 2)]
    leave_closed_terminal()
    assert [os.fstat(stream).st_ino for stream in (0, 1, 2)] == [each.st_ino for each in before]
