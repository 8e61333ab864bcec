"""A stop signal ends every command as Ctrl-C does, and nothing of it stays behind."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from farm.core.process_table import all_processes, has_variable
from farm.store import RunInfo, Store
from tests.farm.stop_moments import Moment, stopped_command
from tests.farm.store_helpers import Planned
from tracer.master.master import shipped

MARK = "FARM_TEST_COMMAND"
STORE = ("last", "--store", "FOLDER/farm.db")
MERGE = ["master", "merge", str(shipped()), "--out", "FOLDER/m.json"]
MODEL = """
import ttnn

device = ttnn.open_device(device_id=0)
ttnn.relu(ttnn.ones((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
ttnn.close_device(device)
"""
IN_EXEC = """
import signal, sys
import farm.__main__

def stopped_in_a_definition():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        sys.exit(130)

import farm.cli
farm.cli.main = stopped_in_a_definition
farm.__main__.main()
"""


def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(IN_EXEC, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def stop(
    words: Sequence[str], moment: Moment, number: signal.Signals, environment: dict[str, str], *, code: int = 130
) -> str:
    """Stop a command at a moment: it ends cleanly, and no process of it is left. Return what it printed to stderr."""
    mark = secrets.token_hex(8)
    stopped = stopped_command(words, moment, number, {MARK: mark, **environment})
    assert stopped.sent, stopped.errors
    assert stopped.code == code, stopped.errors
    assert "Traceback" not in stopped.errors
    assert "***" not in stopped.errors
    assert not [pid for pid in all_processes() if has_variable(pid, MARK, mark)]
    return stopped.errors


@pytest.mark.parametrize(
    ("number", "moment", "words"),
    [
        (
            signal.SIGTERM,
            Moment("scheduler.simulation", "simulate"),
            ["simulate", "--boards", "n300", "--vectors", "9"],
        ),
        (signal.SIGHUP, Moment("farm.store", "Store.copy_to"), ["store", "copy", "FOLDER/farm.db", "FOLDER/b.db"]),
        (signal.SIGTERM, Moment("farm.report.json_text", "json_text"), ["report", *STORE, "--out", "FOLDER"]),
        (signal.SIGTERM, Moment("farm.running.watch", "Watcher.look", after=True), ["watch", *STORE]),
        (signal.SIGHUP, Moment("tracer.master.master", "Master.write"), MERGE),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_stops(words: list[str], moment: Moment, number: signal.Signals, tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = store.start_run(RunInfo("test"))
        store.plan(run_id, [Planned("v0")])
    stop([word.replace("FOLDER", str(tmp_path)) for word in words], moment, number, {})
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=str)
def test_a_signal_is_the_usual_end_of_a_watched_list(form: list[str], number: signal.Signals) -> None:
    stop(["boards", "--watch", *form], Moment("time", "sleep"), number, {}, code=0)


@pytest.mark.ttnn
@pytest.mark.ray
@pytest.mark.parametrize(
    ("moment", "number", "line"),
    [
        (Moment("farm.planning.sweep_plan", "plan_sweep"), signal.SIGINT, "farm: stopped"),
        (Moment("farm.store", "Store.record"), signal.SIGTERM, "shows how far this run got"),
    ],
    ids=str,
)
def test_a_fit_stops(moment: Moment, number: signal.Signals, line: str, tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    out = tmp_path / "out"
    words = ["fit", "--op", "add", "--limit", "2", "--kinds", "n150,p150", "--store", str(tmp_path / "farm.db")]
    errors = stop([*words, "--out", str(out)], moment, number, {})
    assert line in errors
    assert "kind 2 of 2" not in errors
    assert not list(out.glob("*"))


@pytest.mark.ttnn
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (Moment("farm.board.trace_run", "launch"), signal.SIGINT),
        (Moment("farm.board.trace_run", "launch", after=True), signal.SIGTERM),
        (Moment("farm.board.trace_run", "read_whole"), signal.SIGHUP),
        (Moment("farm.api.traces", "update"), signal.SIGTERM),
    ],
    ids=str,
)
def test_a_trace_stops(moment: Moment, number: signal.Signals, tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    script, folder = tmp_path / "model.py", tmp_path / "temporary"
    folder.mkdir()
    script.write_text(MODEL, encoding="utf-8")
    words = ["trace", str(script), "--board", "mock:n150", "--master", str(tmp_path / "master.json")]
    stop(words, moment, number, {"TMPDIR": str(folder)})
    assert not (tmp_path / "master.json").exists()
    left = [entry.name for entry in folder.iterdir()]
    assert [name for name in left if not name.startswith("ompi.")] == [], "OpenMPI, which ttnn loads, keeps its folder"


@pytest.mark.ray
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (Moment("farm.cluster.nodes.node", "_wait_for_start"), signal.SIGTERM),
        (Moment("farm.cluster.nodes.node", "_launch", after=True), signal.SIGINT),
        (Moment("farm.cluster.hosts.supervision", "supervise_in_background"), signal.SIGHUP),
        (Moment("farm.cluster.hosts.supervision", "supervise_in_background", after=True), signal.SIGTERM),
    ],
    ids=str,
)
def test_a_host_that_stops_joining_leaves_nothing(moment: Moment, number: signal.Signals, tmp_path: Path) -> None:
    port, jobs_port = free_ports(2)
    words = ["up", "--head", "--boards", "fake:n300", "--address", "127.0.0.1"]
    state = {"FARM_STATE": str(tmp_path / "state"), "FARM_TOKEN_FILE": str(tmp_path / "token")}
    stop([*words, "--port", str(port), "--jobs-port", str(jobs_port)], moment, number, state)
    assert not (tmp_path / "state" / "host.json").exists()
    assert not (tmp_path / "state" / "up.json").exists()
