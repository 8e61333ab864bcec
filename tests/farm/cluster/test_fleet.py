"""Boards held by real Ray actors, and the `farm sweep` command on top of them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster.bare_node import UNUSED
from farm.cluster.ray_client import ray
from farm.cluster.ray_fleet import RayFleet
from farm.cluster.ray_processes import start_nothing
from farm.core.attempt import Attempt
from farm.core.board import Board
from farm.core.errors import StoreError
from farm.core.verdicts import Verdict
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, RunView, Store
from scheduler import BoardState
from tests.chaos.monkey import descendants
from tests.farm.cluster.listening import is_loopback, listening
from tests.farm.cluster.strangers import grpc_answers, grpc_methods
from tests.farm.clusters import cluster_of
from tests.farm.running.driver_helpers import vector

pytestmark = pytest.mark.ray
N300 = KINDS["n300"]


@pytest.fixture(scope="module")
def ray_address() -> Iterator[str]:
    """A cluster of this test alone, with four boards."""
    with cluster_of(4) as address:
        yield address


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def test_the_cluster_listens_on_loopback_and_asks_for_its_token(ray_address: str) -> None:
    addresses = listening({os.getpid(), *descendants(os.getpid())})
    assert {ray_address.rpartition(":")[2]} <= {str(port) for _, port in addresses}
    assert [address for address, _ in addresses if not is_loopback(address)] == []
    host, port = ray_address.rpartition(":")[::2]
    pytest.importorskip("grpc")
    methods = ["/ray.rpc.JobInfoGcsService/GetAllJobInfo", "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo"]
    assert not set(methods) - set(grpc_methods())
    assert grpc_answers(host, int(port), methods) == []


BRIEF = Limits(open=1.0, vector=0.5)


def run(
    store: Store,
    boards: list[Board],
    count: int,
    *names: str,
    progress: PlainProgress | None = None,
    limits: Limits = BRIEF,
) -> RunView:
    vectors = [vector(name) for name in (*(f"v{n}" for n in range(count)), *names)]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    fleet = RayFleet(limits)
    driver = Driver(run_id, boards, fleet, store, progress or PlainProgress(io.StringIO()))
    try:
        driver.start()
        driver.run(vectors)
    finally:
        fleet.close(10)
    view = store.view(run_id)
    assert sum(view.counts.values()) == 2 * view.counts["planned"]
    return view


@pytest.mark.usefixtures("ray_address")
def test_boards_share_the_work(store: Store) -> None:
    view = run(store, fake_boards(N300, 2, script=Script(seconds=0.02)), 300)
    assert view.counts["validated"] == 300
    attempts = {board.id: 0 for board in view.run.boards}
    for each in view.vectors:
        attempts[each.history[0].board] += 1
    assert min(attempts.values()) > 10


@pytest.mark.usefixtures("ray_address")
def test_crashes_hangs_and_dead_actors_cost_only_their_own_vectors(store: Store) -> None:
    script = Script(acts={"crashes": (Act.CRASH,), "hangs": (Act.HANG,), "once": (Act.CRASH, Act.PASS)})
    deadly = Script(acts={**script.acts, "v7": (Act.LOSE,)})
    boards = fake_boards(N300, 1, script=deadly) + fake_boards(N300, 1, first=1, script=script)
    view = run(store, boards, 60, "crashes", "hangs", "once")
    vectors = {each.vector_id: each for each in view.vectors}
    assert vectors["crashes"].verdict is Verdict.FAIL_CRASH_HANG
    assert vectors["hangs"].verdict is Verdict.FAIL_CRASH_HANG
    assert {attempt.board for attempt in vectors["hangs"].history} == {"fake:n300:0", "fake:n300:1"}
    assert [vectors[f"v{n}"].verdict for n in range(60)] == [Verdict.VALIDATED] * 60


@pytest.mark.usefixtures("ray_address")
def test_a_dead_actor_is_replaced(store: Store) -> None:
    view = run(store, fake_boards(N300, 1, script=Script(acts={"bad": (Act.LOSE,)})), 5, "bad")
    vectors = {each.vector_id: each for each in view.vectors}
    bad = vectors.pop("bad")
    assert bad.verdict is Verdict.BOARD_FAULT
    assert len(bad.history) == 3
    assert {each.verdict for each in vectors.values()} == {Verdict.VALIDATED}
    # an outcome that came just before may be lost with the actor; its vector is tried again
    tried_again = sum(len(each.history) - 1 for each in vectors.values())
    states = [event.state for event in view.run.boards[0].events]
    causes = [event.details.get("cause") for event in view.run.boards[0].events]
    assert states.count(BoardState.LOST) == causes.count("answered") == len(bad.history) + tried_again


@pytest.mark.usefixtures("ray_address")
def test_a_board_that_does_not_start_gives_its_reason(store: Store) -> None:
    view = run(store, fake_boards(N300, 1, script=Script(starts=False)), 1)
    [single] = view.vectors
    assert single.reason.value == "board_lost"
    assert single.message.endswith("WorkerDied: fake:n300:0 was told not to start")


def test_no_cluster_at_an_address(tmp_path: Path) -> None:
    process = _farm(tmp_path, "--boards", "fake:t3000", "--address", "127.0.0.1:1")
    assert process.returncode == 3
    assert "no farm at 127.0.0.1:1" in process.stderr
    assert "Traceback" not in process.stderr


def test_an_invalid_address(tmp_path: Path) -> None:
    process = _farm(tmp_path, "--boards", "fake:t3000", "--address", "auto")
    assert process.returncode == 2
    assert "give the head's HOST:PORT" in process.stderr


def test_ctrl_c_once_ends_the_run_cleanly(tmp_path: Path) -> None:
    with _started(tmp_path) as process:
        _until_running(tmp_path)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    view = _last(tmp_path)
    assert process.returncode == 3, stderr
    assert view.run.ended is not None
    assert view.run.ended.value == "stopped"
    assert view.counts["validated"] + view.counts["not_run"] == view.counts["planned"]
    assert view.counts["not_run"] > 0
    assert (tmp_path / "out" / "report.json").exists()


def test_ctrl_c_twice_ends_the_run_at_once(tmp_path: Path) -> None:
    with _started(tmp_path, slow=600.0) as process:
        _until_running(tmp_path, attempts=0)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, stderr = process.communicate(timeout=300)
    assert time.monotonic() - began < 300, "it waited for no vector"
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    view = _last(tmp_path)
    assert view.run.ended is not None
    assert view.run.ended.value == "stopped"
    assert view.counts["not_run"] == view.counts["planned"]
    reasons = {each.reason.value for each in view.vectors}
    assert reasons - {"unsatisfiable"} == {"stopped"}, "not all of the master is for a t3000"


def test_a_local_cluster_ignores_other_clusters_and_leaves_nothing(tmp_path: Path) -> None:
    # Ray's sockets need a short path
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="t") as scratch:
        abandoned = Path(scratch) / "farm-ray-of-a-killed-run"
        abandoned.mkdir()
        process = _farm(tmp_path, "--boards", "fake:t3000,fake:p150", RAY_ADDRESS="127.0.0.1:1", TMPDIR=scratch)
        assert process.returncode == 0, process.stderr
        printed = (process.stdout + process.stderr).replace("farm: starting Ray, then 2 boards\n", "")
        assert "ray" not in printed.lower()
        assert list(Path(scratch).rglob("*")) == []
        assert _processes_naming(scratch) == []


def test_an_embedded_ray_is_bare(ray_address: str) -> None:
    commands = " ".join(descendants(os.getpid()).values())
    assert "raylet" in commands
    others = ("dashboard.py", "log_monitor.py", "monitor.py", "agent/main.py")
    assert not [each for each in others if f"/{each}" in commands.replace("_command=", "_command ")]
    assert not any(vars(ray._private.node.Node)[each] is start_nothing for each in UNUSED), "for its start alone"


def test_a_stopped_actor_is_detected_and_replaced(
    ray_address: str,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("farm.cluster.ray_fleet.PING_SECONDS", 0.3)
    others = _actors()  # of tests before, which Ray may still be ending

    class Stopper(PlainProgress):
        """Stops the actor at its first outcome; the time limit is short only until that costs an attempt."""

        stopped = False

        def attempt(self, attempt: Attempt, operation: str) -> None:
            super().attempt(attempt, operation)
            if not self.stopped:
                self.stopped = True
                [actor] = _actors() - others
                os.kill(actor, signal.SIGSTOP)
                monkeypatch.setattr(RayFleet, "silence_limit", 2.0)
            elif not attempt.outcome.verdict.good:
                monkeypatch.setattr(RayFleet, "silence_limit", 300.0)

    boards = fake_boards(N300, 1, script=Script(seconds=0.08))
    view = run(store, boards, 100, progress=Stopper(io.StringIO()), limits=Limits())
    assert {each.verdict for each in view.vectors} == {Verdict.VALIDATED}
    [lost] = [attempt for each in view.vectors for attempt in each.history if not attempt.verdict.good]
    assert "has not answered for 2 s" in lost.message
    assert sum(len(each.history) for each in view.vectors) == 101, "only what it ran is tried again"


def _actors() -> set[int]:
    return {pid for pid, command in descendants(os.getpid()).items() if "ray::BoardActor" in command}


def _farm(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "farm", "sweep", "--suite", "model_traced", "--op", "add"),
            *("--store", str(folder / "farm.db"), *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


@contextmanager
def _started(folder: Path, *arguments: str, slow: float = 0.3) -> Iterator[subprocess.Popen[str]]:
    """Start a sweep that takes a while; its store and report are in `folder`."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "farm", "sweep", "--suite", "model_traced", "--boards", "fake:t3000"),
            *("--store", str(folder / "farm.db"), "--out", str(folder / "out"), *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, SCRIPT_VARIABLE: str(Script(seconds=slow))},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_running(folder: Path, attempts: int = 1) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with suppress(StoreError):  # there is no run yet
            view = _last(folder)
            ready = any(event.state is BoardState.UNVERIFIED for board in view.run.boards for event in board.events)
            if ready and sum(len(each.history) for each in view.vectors) >= attempts:
                return
        time.sleep(0.1)
    pytest.fail("the sweep did not begin in 300 s")


def _last(folder: Path) -> RunView:
    with Store.open(folder / "farm.db", create=False) as opened:
        return opened.view(opened.find("last"))


def _processes_naming(text: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in line:
                found.append(line)
    return found
