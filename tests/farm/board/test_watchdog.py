"""The state of a process, read from outside, and how it is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.signals import SignalLadder, end_process
from farm.board.watchdog import STOPPED_SECONDS, Watch, read_state

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
SPINS = "print('up', flush=True)\nwhile True: pass"
STUBBORN = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; print('up', flush=True); signal.pause()"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def started(code: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = started(SLEEPS)
    yield process
    process.kill()
    process.wait()


def test_a_stopped_process_is_distinguished_from_a_sleeping_one(sleeper: subprocess.Popen[bytes]) -> None:
    clock = Clock()
    watch = Watch(sleeper.pid, int, 60, clock)
    clock.now = 30
    assert watch.complaint() is None
    os.kill(sleeper.pid, signal.SIGSTOP)
    while not (state := read_state(sleeper.pid)) or not state.stopped:
        time.sleep(0.01)
    assert watch.complaint() is None
    clock.now += STOPPED_SECONDS
    assert watch.complaint() == "its process was stopped for 2 s"
    os.kill(sleeper.pid, signal.SIGCONT)
    while (state := read_state(sleeper.pid)) and state.stopped:
        time.sleep(0.01)
    assert watch.complaint() is None


def test_a_process_is_silent_when_it_neither_prints_nor_computes(sleeper: subprocess.Popen[bytes]) -> None:
    clock, printed = Clock(), bytearray()
    watch = Watch(sleeper.pid, lambda: len(printed), 60, clock)
    watch.complaint()
    clock.now = 59
    assert watch.complaint() is None
    printed += b"still here"
    clock.now = 61
    assert watch.complaint() is None, "it printed"
    clock.now = 130
    assert watch.complaint() == "its process neither printed nor computed for 69 s"


def test_a_process_that_computes_is_not_silent() -> None:
    process = started(SPINS)
    clock = Clock()
    watch = Watch(process.pid, int, 60, clock)
    watch.complaint()
    first = read_state(process.pid)
    assert first is not None
    while not (state := read_state(process.pid)) or state.cpu <= first.cpu:
        time.sleep(0.01)
    clock.now = 61
    assert watch.complaint() is None
    process.kill()
    process.wait()
    assert watch.complaint() is None, "its pipe shows that it ended"


@pytest.mark.parametrize(
    ("code", "stopped", "expected"),
    [
        (SLEEPS, False, {1, -signal.SIGINT}),
        (SLEEPS, True, {1, -signal.SIGINT}),
        (STUBBORN, False, {-signal.SIGKILL}),
        (STUBBORN, True, {-signal.SIGKILL}),
    ],
)
def test_a_process_is_ended_by_the_gentlest_signal_that_works(code: str, stopped: bool, expected: set[int]) -> None:
    process = started(code)
    if stopped:
        os.kill(process.pid, signal.SIGSTOP)
    patience = 0.3 if code == STUBBORN else 60
    assert end_process(process, 0.0, SignalLadder(patience, patience, 10)) in expected


def test_compiling_is_told_from_doing_nothing(tmp_path: Path) -> None:
    compiler = tmp_path / "riscv-tt-elf-g++"
    compiler.symlink_to("/bin/sleep")
    works = "import time\nwhile time.process_time() < 0.2: pass"
    process = started(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {works!r}])\n"
        f"child = subprocess.Popen([{str(compiler)!r}, '600'])\nprint('up', flush=True)\nchild.wait()"
    )
    try:
        watch = Watch(process.pid, int, 60)
        assert watch.compile_seconds() == 1.0, "a compiler runs; what ended before the watch doesn't count"
        for file in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, IndexError):
                fields = file.read_text().rpartition(")")[2].split()
                if fields[2] == str(process.pid) and int(file.parent.name) != process.pid:
                    os.kill(int(file.parent.name), signal.SIGKILL)
        process.wait()
        assert watch.compile_seconds() == 0.0
    finally:
        process.kill()
        process.wait()


def test_the_work_of_compilers_that_ended_is_counted_once() -> None:
    works = "import time\nwhile time.process_time() < 0.3: pass"
    process = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys\ninput()\nsubprocess.run([sys.executable, '-c', {works!r}])\n"
         "print('done', flush=True)\ninput()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        watch = Watch(process.pid, int, 60)
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        assert watch.compile_seconds() >= 0.2
        assert watch.compile_seconds() == 0.0
    finally:
        process.kill()
        process.communicate()
