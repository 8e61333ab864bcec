"""Ctrl-C: once, twice, and when Python drops the exception of the second."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.running.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_requests_a_stop_and_the_second_raises(number: signal.Signals) -> None:
    with Interrupt() as interrupt:
        assert not interrupt.stop_requested()
        os.kill(os.getpid(), number)
        assert interrupt.stop_requested()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            interrupt.stop_requested()


def test_the_first_signal_is_announced_while_the_main_thread_is_busy() -> None:
    announced = threading.Event()
    with Interrupt(announce=announced.set):
        os.kill(os.getpid(), signal.SIGINT)
        assert announced.wait(60)


def test_nothing_is_announced_without_a_signal() -> None:
    announced = threading.Event()
    with Interrupt(announce=announced.set):
        pass
    assert not announced.is_set()


def test_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_catch_no_signals() -> None:
    before = signal.getsignal(signal.SIGINT)

    def catches_signals() -> bool:
        with Interrupt() as interrupt:
            return interrupt.stop_requested() or signal.getsignal(signal.SIGINT) is not before

    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(catches_signals).result()


BOARD_PROCESS = f"""#!{sys.executable}
import os, signal, sys

from farm.core.frames import KEY_BYTES, Direction, FrameWriter
from farm.core.message_json import encode
from farm.core.messages import Hello


def caught(number, frame):
    with open("caught", "a") as file:
        file.write(signal.Signals(number).name)
    os._exit(0)


def descriptor(option):
    return int(sys.argv[sys.argv.index(option) + 1])


for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, caught)
replies = FrameWriter(os.read(descriptor("--requests"), KEY_BYTES), Direction.REPLIES)
os.write(descriptor("--replies"), replies.frame(encode(Hello(None, "", os.getpid()))))
while True:
    signal.pause()
"""


def test_a_board_whose_supervisor_is_killed_is_released_by_sigint(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(BOARD_PROCESS)
    python.chmod(0o755)
    process = WorkerProcess(mock_boards(KINDS["n150"], 1)[0], tmp_path / "board", python=str(python))
    process.start()
    assert process._launched is not None
    kept = process._launched.process
    os.close(kept.lifeline)  # as the system does for a supervisor that is killed
    kept.lifeline = os.open(os.devnull, os.O_RDONLY)
    assert kept.wait() == 0
    process.close()
    assert (tmp_path / "board" / "caught").read_text() == "SIGINT"
