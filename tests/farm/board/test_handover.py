"""A running worker is handed to another supervisor."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.handover import ContinuedWorker, ReadyWorker, RunningWorker, take_over
from farm.board.kinds import KINDS
from farm.board.pipes import Conversation
from farm.board.protocol import Deadlines, WorkerDied
from farm.core.messages import ListingEnd, ListVectors
from farm.core.payload import EncodedVector, ModuleVector, encode
from farm.core.process_tree import read_process
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Verdict
from tracer.device_config import DeviceConfig

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

BOARD = mock_boards(KINDS["n300"], 1)[0]
MODULE = """
import os

imported_by = os.getpid()
parameters = {"s": {"x": [1, 2]}}

def run(x, *, device):
    print("x is", x, flush=True)
    if x == 2:
        os.kill(os.getpid(), 11)
    return True, f"{imported_by} in {os.getcwd()}"
"""


def vector(module: SweepModule, index: int) -> EncodedVector:
    values = {"x": index + 1}
    payload = ModuleVector(
        id=f"v{index}", module=module, suite="s", index=index, input_hash="", values=values, unwritten={}, grid=(1, 1)
    )
    return EncodedVector(payload.id, module.name, encode(payload))


def test_a_worker_goes_on_under_another_supervisor(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text(MODULE)
    module = SweepModule("m", file)
    first = ReadyWorker(BOARD, tmp_path / "first")
    hello = first.start()
    assert list(first.list_vectors(ListVectors(module), 60))[-1] == ListingEnd()
    running = first.hand_over()
    assert running is not None
    second = ContinuedWorker(running, BOARD, tmp_path / "second", Deadlines())
    assert second.start().pid == hello.pid
    process = first.let_go()
    assert process is not None
    first.close()  # has nothing to end any more
    assert first.hand_over() is None
    second.open(DeviceConfig(), 60)
    outcomes = second.run([vector(module, 0), vector(module, 1)], 60)
    outcome = next(outcomes)
    assert outcome.verdict is Verdict.VALIDATED, outcome.message
    assert outcome.message == f"{hello.pid} in {tmp_path / 'second'}", "it has imported the module before"
    with pytest.raises(WorkerDied, match="SIGSEGV") as crash:
        next(outcomes)
    assert crash.value.exit == -signal.SIGSEGV
    assert "x is 1\nx is 2\n" in second.log.read_text()
    assert process.wait(10) == -signal.SIGSEGV, "the exit code was left to the process that started it"
    assert second.start().pid != hello.pid, "the next one is its own"
    second.close()


def test_a_worker_that_is_gone_is_replaced(tmp_path: Path) -> None:
    first = ReadyWorker(BOARD, tmp_path / "first")
    pid = first.start().pid
    running = first.hand_over()
    assert running is not None
    os.kill(pid, signal.SIGKILL)
    first.close()
    second = ContinuedWorker(running, BOARD, tmp_path / "second", Deadlines())
    assert second.start().pid != pid
    second.close()
    gone = RunningWorker(os.getpid(), os.getpid(), os.getpid(), "", 9999, 9998, 9997, 9996, Conversation.new())
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert take_over(gone, tmp_path, 1 << 30) is None, "no such pipes"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_worker_begins_before_it_is_waited_for(tmp_path: Path) -> None:
    waited = ReadyWorker(BOARD, tmp_path / "waited")
    (tmp_path / "waited").mkdir()
    waited.begin()
    dropped = ReadyWorker(BOARD, tmp_path / "dropped")
    (tmp_path / "dropped").mkdir()
    dropped.begin()
    begun = children()  # the keepers
    dropped.close()
    hello = waited.start()
    assert parent(hello.pid) in begun
    waited.close()
    assert not children() & begun


def parent(pid: int) -> int:
    """The parent of a process."""
    process = read_process(pid)
    assert process is not None
    return process.parent


def children() -> set[int]:
    """The processes that this one has started and that have not ended."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
