"""The real worker with real ttnn in it: what it replies, and how it ends."""

from __future__ import annotations

import dataclasses
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from farm.board import blame, feed
from farm.board.backends.mock import mock_boards
from farm.board.blame import end_outcome
from farm.board.confinement import Confinement
from farm.board.kept_process import KeptProcess
from farm.board.kinds import KINDS
from farm.board.protocol import CheckFailed, Deadlines, OpenFailed, WorkerDied, WorkerHung
from farm.board.signals import SignalLadder
from farm.board.worker_ends import ending
from farm.board.worker_handle import WorkerProcess
from farm.board.worker_launch import OPERATION_TIMEOUT_VARIABLE, launch_worker, worker_environment
from farm.core import frames
from farm.core.board import Board
from farm.core.classify import describe_exit
from farm.core.messages import (
    CheckProblem,
    Finished,
    Opened,
    Reply,
    RunBegins,
)
from farm.core.payload import EncodedVector, TracedCall, encode
from farm.core.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec, Tensor, Value
from tracer.values import decode as decode_value
from tracer.values import encode as encode_value

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

TENSOR = Tensor((1, 1, 64, 64), "BFLOAT16", "TILE")


def vector(name: str, operation: str, *places: Value, output: Value = None, **keywords: Value) -> EncodedVector:
    arguments = {f"arg{number}": value for number, value in enumerate(places)} | keywords
    payload = TracedCall(
        name,
        operation,
        {key: encode_value(value) for key, value in arguments.items()},
        output=None if output is None else encode_value(output),
    )
    return EncodedVector(name, operation, encode(payload))


@pytest.fixture
def process(tmp_path: Path) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(mock_boards(KINDS["n300"], 1)[0], tmp_path / "board")
    worker.start()
    yield worker
    worker.close()


def test_vectors_run_and_get_their_verdicts(process: WorkerProcess) -> None:
    opened = process.open(DeviceConfig(dispatch_core_type="ETH"), 60)
    assert opened == Opened(chips=1, grid=(8, 8), printed=1)
    wide = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(7, 7)),))
    huge = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(wide, (32 * 64, 4096)))
    outcomes = {
        outcome.vector_id: outcome
        for outcome in process.run(
            [
                vector("good", "ttnn.add", TENSOR, TENSOR),
                vector("as traced", "ttnn.add", TENSOR, 1.5, output=TENSOR),
                vector("not as traced", "ttnn.add", TENSOR, TENSOR, output=Tensor((1, 1, 64, 32), "BFLOAT16", "TILE")),
                vector("refused", "ttnn.matmul", TENSOR, Tensor((1, 1, 32, 64), "BFLOAT16", "TILE")),
                vector("too large", "ttnn.relu", Tensor((1, 1, 32 * 64 * 64, 4096), "BFLOAT16", "TILE", memory=huge)),
                vector("unknown", "ttnn.no_such_operation", TENSOR),
                vector("not an operation", "ttnn.open_device", 0),
                vector("no such call", "ttnn.relu", 3),
            ],
            60,
        )
    }
    results = {name: (outcome.verdict, outcome.reason) for name, outcome in outcomes.items()}
    assert results == {
        "good": (Verdict.VALIDATED, Reason.NONE),
        "as traced": (Verdict.VALIDATED, Reason.NONE),
        "not as traced": (Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH),
        "refused": (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION),
        "too large": (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY),
        "unknown": (Verdict.NOT_RUN, Reason.UNKNOWN_OPERATION),
        "not an operation": (Verdict.NOT_RUN, Reason.UNKNOWN_OPERATION),
        "no such call": (Verdict.NOT_RUN, Reason.UNBINDABLE),
    }
    assert "[1, 1, 64, 32] was traced, this call gave [1, 1, 64, 64]" in outcomes["not as traced"].message
    assert "TT_FATAL" in outcomes["refused"].message
    assert "backtrace" not in outcomes["refused"].message
    assert outcomes["good"].seconds > 0
    assert decode_value(outcomes["good"].output) == TENSOR


def test_the_board_opens_another_way_and_an_impossible_way_is_refused(process: WorkerProcess) -> None:
    assert process.open(DeviceConfig(), 60).grid == (8, 8)
    with pytest.raises(OpenFailed, match="mesh"):
        process.open(DeviceConfig(mesh_shape=(4, 8)), 60)
    assert process.open(DeviceConfig(mesh_shape=(1, 2), fabric="FABRIC_1D"), 60).chips == 2
    gather = vector("gather", "ttnn.all_gather", Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"), dim=3)
    assert [outcome.verdict for outcome in process.run([gather], 60)] == [Verdict.VALIDATED]
    assert process.open(DeviceConfig(), 60).chips == 1


def test_a_crash_names_its_vector_and_the_process_starts_again(process: WorkerProcess) -> None:
    assert process._launched is not None
    os.kill(process._launched.process.pid, signal.SIGABRT)
    with pytest.raises(WorkerDied, match="SIGABRT") as died:
        process.open(DeviceConfig(), 60)
    assert (died.value.exit, died.value.vector_id) == (-signal.SIGABRT, None)
    hello = process.start()
    process.open(DeviceConfig(), 60)
    running = process.run([vector("first", "ttnn.add", TENSOR, TENSOR), vector("second", "ttnn.add", TENSOR, 1.0)], 60)
    assert next(running).vector_id == "first"
    assert next(running).vector_id == "second"
    os.kill(hello.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied, match="SIGKILL") as died:
        next(process.run([vector("third", "ttnn.add", TENSOR, TENSOR)], 60))
    assert died.value.vector_id == "third"
    assert died.value.exit == -signal.SIGKILL


def test_the_worker_gets_the_next_call_before_this_one_ends(process: WorkerProcess) -> None:
    process.open(DeviceConfig(), 60)
    first, second = ([vector(f"{call}{n}", "ttnn.relu", TENSOR) for n in range(20)] for call in "ab")
    assert [outcome.vector_id for outcome in process.run(first, 60, lambda: second)] == [each.id for each in first]
    # the process runs what it has by itself: a reply comes before the next call asks for one
    assert process._launched is not None
    pipes = process._launched.pipes
    assert pipes.waiting or select.select([pipes._replies], [], [], 60)[0]
    called = time.time()
    outcomes = list(process.run(second, 60))
    assert [outcome.vector_id for outcome in outcomes] == [each.id for each in second]
    assert {outcome.verdict for outcome in outcomes} == {Verdict.VALIDATED}
    assert outcomes[0].started < called


def test_vectors_that_were_sent_early_to_a_process_that_ended_run_in_the_next(process: WorkerProcess) -> None:
    process.open(DeviceConfig(), 60)
    first, second = ([vector(f"{call}{n}", "ttnn.relu", TENSOR) for n in range(2)] for call in "ab")
    assert len(list(process.run(first, 60, lambda: second))) == 2
    process.close()
    process.start()
    process.open(DeviceConfig(), 60)
    assert [outcome.vector_id for outcome in process.run(second, 60)] == [each.id for each in second]


def test_a_stopped_process_is_noticed_long_before_its_deadline(process: WorkerProcess) -> None:
    process.open(DeviceConfig(), 60)
    assert process._launched is not None
    pid = process._launched.process.pid
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(WorkerHung, match="was stopped for") as hung:
        # more than a pipe holds: sending must not wait for a process that reads nothing
        next(process.run([vector(f"v{n}", "ttnn.add", TENSOR, TENSOR) for n in range(500)], 300))
    assert (hung.value.vector_id, hung.value.stopped) == ("v0", True)
    assert time.monotonic() - begun < 150, "half of its deadline"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_deadline_ends_a_process_that_ignores_the_gentle_signals(tmp_path: Path) -> None:
    deadlines = Deadlines(ladder=SignalLadder(interrupt=0.2, terminate=0.2, kill=5))
    process = WorkerProcess(mock_boards(KINDS["n150"], 1)[0], tmp_path / "board", deadlines)
    pid = process.start().pid
    process.open(DeviceConfig(), 60)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerHung, match=r"no answer .* since its process was stopped") as hung:
        next(process.run([vector("v", "ttnn.add", TENSOR, TENSOR)], 0.3))
    assert hung.value.stopped
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_sound_board_passes_its_check_and_one_without_its_chips_does_not(process: WorkerProcess) -> None:
    with pytest.raises(CheckFailed, match="no board is open"):
        process.check()
    process.open(DeviceConfig(), 60)
    process.check()
    process.board = dataclasses.replace(process.board, kind=KINDS["galaxy"])
    with pytest.raises(CheckFailed, match="ttnn sees 2 of 32 chips") as failed:
        process.check()
    assert failed.value.problem is CheckProblem.CHIPS_MISSING


def test_a_failure_on_a_board_that_is_not_sound_is_no_failure_of_the_vector(process: WorkerProcess) -> None:
    process.open(DeviceConfig(), 60)
    process.board = dataclasses.replace(process.board, kind=KINDS["galaxy"])  # of which most chips are missing
    refused = vector("refused", "ttnn.matmul", TENSOR, Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"))
    [outcome] = process.run([refused, vector("after", "ttnn.add", TENSOR, TENSOR)], 60)
    assert (outcome.verdict, outcome.reason) == (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT)
    assert outcome.discounted is not None
    assert outcome.discounted.verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert "ttnn sees 2 of 32 chips" in outcome.message


def test_tt_metals_own_timer_is_below_farms_unless_it_was_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [board] = mock_boards(KINDS["n150"], 1)
    monkeypatch.delenv(OPERATION_TIMEOUT_VARIABLE, raising=False)
    assert worker_environment(board, tmp_path, sys.executable, 10)[OPERATION_TIMEOUT_VARIABLE] == "8"
    monkeypatch.setenv(OPERATION_TIMEOUT_VARIABLE, "5")
    assert worker_environment(board, tmp_path, sys.executable, 10)[OPERATION_TIMEOUT_VARIABLE] == "5"


def test_a_stopped_process_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor = """
import os, sys, time
from pathlib import Path
from farm.board.kinds import KINDS
from farm.board.backends.mock import mock_boards
from farm.board.worker_handle import WorkerProcess
more = [os.dup(0) for _ in range(16)]  # inside Ray, all one-digit descriptors are taken
process = WorkerProcess(mock_boards(KINDS["n150"], 1)[0], Path(sys.argv[1]))
print(process.start().pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", supervisor, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
        os.kill(pid, signal.SIGSTOP)  # else the end of its requests would end it
        started.kill()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the worker outlived its supervisor")


def test_each_run_of_a_vector_may_take_as_long_as_a_vector_may(
    process: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"vector_id": "w", "verdict": "pass", "message": "0.999"}
    replies: Iterator[Reply] = iter(
        [RunBegins(2), RunBegins(3), Finished("v", {"vector_id": "v", "verdict": "pass"}), RunBegins(2, first)]
    )
    limits = []

    def reply(timeout: float, vector_id: str | None = None, _gather: float = 0.0) -> Reply:
        limits.append(timeout)
        message = next(replies, None)
        if message is None:
            raise WorkerHung(f"no answer in {timeout:g} s", vector_id, timeout)
        return message

    monkeypatch.setattr(process, "_reply", reply)
    vectors = [vector("v", "ttnn.exp", TENSOR), vector("w", "ttnn.exp", TENSOR)]
    running = process.run(vectors, 7)
    assert next(running).verdict is Verdict.PASS
    with pytest.raises(WorkerHung, match="run 2 with the same inputs: no answer in 7 s") as hung:
        next(running)
    assert (limits, hung.value.vector_id, hung.value.preparing) == ([7, 7, 7, 7, 7], "w", "")
    outcome = end_outcome(hung.value, "w", 0.0)
    assert (outcome.verdict, outcome.message) == (Verdict.PASS, "0.999"), "a run for measuring fails no vector"
    assert outcome.measuring_notes == ("perf not available: run 2 with the same inputs: no answer in 7 s",)


@pytest.mark.parametrize(("backend", "canary"), [("silicon", "1"), ("sim", "0")])
def test_a_worker_is_told_whether_memory_is_watched_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, canary: str
) -> None:
    commands: list[list[str]] = []

    class Started:
        pid = os.getpid()

        def __init__(self, command: list[str], **_: object) -> None:
            commands.append(command)
            self.keeper = self

    monkeypatch.setattr("farm.board.worker_launch.launch", Started)
    monkeypatch.setattr("farm.board.worker_launch.MemoryWatch", lambda *_, **_options: None)
    launch_worker(Board("b", backend, KINDS["n150"]), tmp_path, sys.executable, {}, Confinement(1 << 30))
    [command] = commands
    assert command[command.index("--canary") + 1] == canary


def test_a_process_that_cannot_be_started_is_a_worker_that_died_and_leaves_no_descriptor_open(tmp_path: Path) -> None:
    [board] = mock_boards(KINDS["n150"], 1)
    process = WorkerProcess(board, tmp_path, python=str(tmp_path / "python"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(WorkerDied, match=r"can't be started: .*/python: No such file or directory"):
        process.start()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    process.close()


def test_the_log_says_how_many_processes_a_worker_left_behind() -> None:
    process = KeptProcess(os.getpid(), cast("subprocess.Popen[bytes]", None), -1, -1, "")
    assert ending(process, 0, "ERROR: old") == f"worker {os.getpid()} {describe_exit(0)}"
    process.left = 2
    text = ending(process, 1, "ERROR: new")
    assert text.endswith(": ERROR: new; it left 2 processes behind, which farm ended")


def test_vectors_that_are_too_long_for_a_request_cost_no_other(
    process: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_BODY_BYTES", 4000)
    for module in (feed, blame):
        monkeypatch.setattr(module, "LONGEST_TEXTS", 3000)
    process.open(DeviceConfig(dispatch_core_type="ETH"), 60)
    long = vector("long", "ttnn.add", TENSOR, TENSOR, **{f"argument{n}": "x" * 100 for n in range(30)})
    several = [vector(f"v{number}", "ttnn.add", TENSOR, TENSOR) for number in range(20)]
    outcomes = {outcome.vector_id: outcome for outcome in process.run([*several[:9], long, *several[9:]], 60)}
    assert (outcomes["long"].verdict, outcomes["long"].reason) == (Verdict.NOT_RUN, Reason.INVALID_VECTOR)
    assert {outcomes[each.id].verdict for each in several} == {Verdict.VALIDATED}
