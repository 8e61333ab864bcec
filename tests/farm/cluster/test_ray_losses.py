"""A run when Ray itself fails: its head dies, its calls get lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Script
from farm.core.verdicts import Reason
from farm.store import RunView, Store, VectorView
from tests.chaos.monkey import descendants

pytestmark = pytest.mark.ray
VECTORS = 60


def sweep(store: Path, *arguments: str, seconds: float = 0.0, **variables: str) -> subprocess.Popen[str]:
    """Start a sweep over two fake boards."""
    return subprocess.Popen(
        [sys.executable, "-m", "farm", "sweep", *arguments, "--store", str(store), "--out", str(store) + ".out"],
        env={**os.environ, SCRIPT_VARIABLE: str(Script(seconds=seconds)), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def new(store: Path, seconds: float = 0.0, **variables: str) -> subprocess.Popen[str]:
    boards = ("--suite", "model_traced", "--boards", "fake:n300*2", "--limit", str(VECTORS))
    return sweep(store, *boards, seconds=seconds, **variables)


def stderr_of(running: subprocess.Popen[str]) -> str:
    """What a sweep printed to stderr, once it ended by itself."""
    try:
        return running.communicate(timeout=240)[1]
    except subprocess.TimeoutExpired:
        running.kill()
        pytest.fail(f"it did not end: {running.communicate()[1]}")


def view(store: Path) -> RunView | None:
    if not store.exists():
        return None
    with Store.open(store) as opened:
        runs = opened.runs()
        return opened.view(runs[0].id) if runs else None


def able(run: RunView) -> list[VectorView]:
    """The vectors that a fake n300 can run: not all of the shipped master are for it."""
    vectors = [vector for vector in run.vectors if vector.reason is not Reason.UNSATISFIABLE]
    assert len(vectors) > VECTORS / 2
    return vectors


def attempts_in(store: Path) -> int:
    run = view(store)
    return sum(len(vector.history) for vector in run.vectors) if run else 0


def test_boards_run_on_while_the_head_is_away(tmp_path: Path) -> None:
    """A run that is left over when the head was away for too long: `test_ray_fleet`, and the head of `tests.chaos`."""
    store = tmp_path / "farm.db"
    running = new(store, seconds=0.3)
    while running.poll() is None and attempts_in(store) < 4:
        time.sleep(0.1)
    [head] = [pid for pid, command in descendants(running.pid).items() if command.split(" ")[0].endswith("gcs_server")]
    os.kill(head, signal.SIGKILL)
    stderr = stderr_of(running)
    assert running.returncode == 3, stderr  # some vectors fit no board
    after = view(store)
    assert after is not None
    assert after.run.finished is not None
    for vector in able(after):
        assert vector.verdict.good
        assert len(vector.history) == 1


def test_lost_calls_cost_nothing(tmp_path: Path) -> None:
    store = tmp_path / "farm.db"
    # Ray's own hook: requests and answers of these calls are dropped by chance
    lossy = {"num_failures": 4, "req_failure_prob": 10, "resp_failure_prob": 10, "in_flight_failure_prob": 5}
    calls = ("CoreWorkerService.grpc_client.PushTask", "CoreWorkerService.grpc_client.ReportGeneratorItemReturns")
    running = new(store, RAY_testing_rpc_failure=json.dumps(dict.fromkeys(calls, lossy)))
    stderr = stderr_of(running)
    assert running.returncode in (0, 3), stderr
    after = view(store)
    assert after is not None
    for vector in able(after):
        assert sum(attempt.verdict.good for attempt in vector.history) == 1
