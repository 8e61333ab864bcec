"""Marked processes are found by their whole marker, and signals reach one process alone."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from farm.core.process_identity import identity_of
from farm.core.process_table import ProcessEntry, all_processes, descendants, has_variable, send_signal

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a harmless process; it ends with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(**variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", "print(flush=True); input()"],
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        process.stdout.readline()  # until it is more than a copy of this process
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def test_a_signal_reaches_the_process_and_no_later_one_with_its_id(start: Start) -> None:
    process = start()
    identity = identity_of(process.pid)
    assert identity is not None
    others = [replace(identity, start=identity.start - 1), replace(identity, boot="an earlier start of the host")]
    assert not any(send_signal(other, signal.SIGKILL) for other in others)
    assert process.poll() is None
    assert send_signal(identity, signal.SIGTERM)
    assert process.wait(60) == -signal.SIGTERM
    assert not send_signal(identity, signal.SIGTERM)


@pytest.mark.parametrize(
    ("name", "value", "is_marked"),
    [
        ("FARM_NODE", "abc", True),
        ("FARM_NODE", "abcd", False),
        ("FARM_NODE", "ab", False),
        ("FARM_NODE", "", False),
        ("MY_FARM_NODE", "abc", False),
        ("OTHER", "FARM_NODE=abc", False),
    ],
)
def test_a_marker_is_compared_whole(start: Start, name: str, value: str, is_marked: bool) -> None:
    assert has_variable(start(**{name: value}).pid, "FARM_NODE", "abc") is is_marked


def test_a_process_that_ended_has_no_marker(start: Start) -> None:
    process = start(FARM_NODE="abc")
    process.kill()
    process.wait()
    assert not has_variable(process.pid, "FARM_NODE", "abc")
    assert process.pid not in all_processes()


def test_descendants_are_found_through_their_parents(start: Start) -> None:
    process = start()
    assert descendants(all_processes(), {os.getpid()}) >= {os.getpid(), process.pid}
    own = identity_of(os.getpid())
    assert own is not None
    tree = {pid: ProcessEntry(own, parent, pid) for pid, parent in ((2, 1), (3, 2), (4, 3), (5, 1), (6, 6))}
    assert descendants(tree, {2}) == {2, 3, 4}
    assert descendants(tree, {6}) == {6}


def test_an_old_kernel_signals_by_the_id(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_pid: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", unknown)
    process = start()
    identity = identity_of(process.pid)
    assert identity is not None
    assert not send_signal(replace(identity, start=1), signal.SIGKILL)
    assert send_signal(identity, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
