"""Ctrl-C: once, twice, and where Python drops what the second raises."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from farm.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_asks_and_twice_raises(number: signal.Signals) -> None:
    with Interrupt() as interrupt:
        assert not interrupt.stop_asked()
        os.kill(os.getpid(), number)
        assert interrupt.stop_asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            interrupt.stop_asked()


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_runs_without() -> None:
    before = signal.getsignal(signal.SIGINT)

    def asked() -> bool:
        with Interrupt() as interrupt:
            return interrupt.stop_asked() or signal.getsignal(signal.SIGINT) is not before

    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(asked).result()
