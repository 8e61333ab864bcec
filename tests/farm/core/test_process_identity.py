"""The identity of a process survives neither its end nor a restart of its host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from farm.core.process_identity import (
    ProcessIdentity,
    identity_of,
    is_alive,
    is_comparable,
    is_suspended,
    own_identity,
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_keeps_its_identity_until_it_ends(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identity_of(sleeper.pid)
    assert identity is not None
    assert identity == identity_of(sleeper.pid)
    assert is_alive(identity)
    assert not is_suspended(identity)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has asked how
    assert not is_alive(identity)
    sleeper.wait()
    assert not is_alive(identity)
    assert identity_of(sleeper.pid) is None


def test_a_stopped_process_is_alive(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identity_of(sleeper.pid)
    assert identity is not None
    sleeper.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED | os.WNOWAIT)
    assert is_alive(identity)
    assert is_suspended(identity)


@pytest.mark.parametrize(
    ("change", "comparable"),
    [({"start": 1}, True), ({"boot": "of another boot"}, False), ({"namespace": "of a container"}, False)],
)
def test_the_same_pid_may_be_another_process(change: dict[str, int | str], comparable: bool) -> None:
    other = replace(own_identity(), **change)  # type: ignore[arg-type]  # by name
    assert not is_alive(other)
    assert is_comparable(other) is comparable


def test_it_can_be_kept_as_json() -> None:
    own = own_identity()
    assert ProcessIdentity(**own.as_json()) == own  # type: ignore[arg-type]  # by name
