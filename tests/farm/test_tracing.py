"""Tracing whole runs of pytest: real ttnn on mock boards, in processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from farm.boards.base import Board
from farm.boards.kinds import KINDS
from farm.boards.mock import mock_boards
from farm.cli import main
from farm.errors import FarmError, NotRunnable
from farm.tracing import TraceRun, trace
from tracer.configuration import Execution
from tracer.device_config import DeviceConfig
from tracer.master import Master

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn

MODEL = """
import pytest, ttnn
from ttnn import relu

def tensor(device):
    return ttnn.empty([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)

def test_good(device):
    for _ in range(3):
        relu(tensor(device))

def test_bad(device):
    ttnn.gelu(tensor(device))
    assert False, "the model is wrong"

def test_skipped(device):
    ttnn.exp(tensor(device))
    pytest.skip("not today")

@pytest.mark.parametrize("device_params", [{"l1_small_size": 8192, "num_command_queues": 2}], indirect=True)
def test_params(device):
    ttnn.relu(tensor(device))

def test_direct():
    device = ttnn.CreateDevice(0, l1_small_size=16384)
    ttnn.relu(tensor(device))
    ttnn.close_device(device)
    device = ttnn.open_device(device_id=0, worker_l1_size=1345000)
    ttnn.relu(tensor(device))
    ttnn.close_device(device)

@pytest.mark.parametrize("device_params", [{"fabric_config": ttnn.FabricConfig.FABRIC_1D}], indirect=True)
def test_mesh(mesh_device):
    ttnn.all_gather(tensor(mesh_device), dim=0)

def test_killed(device):
    import os, signal
    from ttnn.decorators import FastOperation
    fatal = FastOperation("ttnn.fatal", lambda x: os.kill(os.getpid(), signal.SIGKILL), None, None, None, False, False)
    relu(tensor(device))
    fatal(tensor(device))
"""


def board(kind: str = "n300") -> Board:
    return mock_boards(KINDS[kind], 1)[0]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "test_model.py"
    path.parent.mkdir()
    path.write_text(MODEL)
    return path


def run(model: Path, tests: str, kind: str = "n300", *arguments: str) -> TraceRun:
    workdir = model.parent.parent / "work"
    workdir.mkdir(exist_ok=True)
    return trace(str(model), board(kind), workdir, ["-k", tests, *arguments])


def seen_in(traced: TraceRun) -> dict[str, list[Execution]]:
    """Every test's executions of `ttnn.relu`, or whatever it calls."""
    found: dict[str, list[Execution]] = {}
    for each in traced.journal.master():
        for execution in each.executions:
            found.setdefault(execution.source.partition("::")[2], []).append(execution)
    return found


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> TraceRun:
    """The whole model on a mock n300."""
    path = tmp_path_factory.mktemp("models") / "models" / "test_model.py"
    path.parent.mkdir()
    path.write_text(MODEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent.parent)
        return run(path, "not killed")


def test_only_tests_that_passed_count(traced: TraceRun) -> None:
    assert [test.partition("::")[2] for test in traced.passed] == [
        "test_good",
        "test_params[device_params0]",
        "test_direct",
        "test_mesh[device_params0]",
    ]
    assert [(test.source.partition("::")[2], test.outcome) for test in traced.journal.left_out] == [
        ("test_bad", "failed"),
        ("test_skipped", "skipped"),
    ]
    assert traced.problem is not None
    assert traced.problem.endswith("::test_bad failed")
    assert set(traced.journal.master().configurations) == {"ttnn.relu", "ttnn.all_gather"}
    assert [seen.count for seen in seen_in(traced)["test_good"]] == [3]


def test_the_run_shows_its_output_and_leaves_nothing_behind(traced: TraceRun) -> None:
    assert "the model is wrong" in traced.output
    assert "nanobind" not in traced.output
    assert sorted(each.name for each in traced.path.parent.parent.iterdir()) == ["models", "work"]
    assert not (traced.path.parent.parent / "models" / "generated").exists()


def test_how_each_board_was_opened_is_kept(traced: TraceRun) -> None:
    # a mock n300 dispatches on ethernet cores as a real one does, when it is the fixture that opens it
    eth = DeviceConfig(dispatch_core_type="ETH")
    mesh = replace(eth, mesh_shape=(1, 2), fabric="FABRIC_1D", fabric_manager="ENABLED")
    assert {test: [seen.device_config for seen in found] for test, found in seen_in(traced).items()} == {
        "test_good": [eth],
        "test_params[device_params0]": [replace(eth, l1_small_size=8192, num_command_queues=2)],
        "test_direct": [DeviceConfig(l1_small_size=16384), DeviceConfig(worker_l1_size=1345000)],
        "test_mesh[device_params0]": [mesh],
    }


def test_the_machine_is_named_as_tt_metal_does(traced: TraceRun) -> None:
    wormhole = {"board_type": "Wormhole", "device_series": "n300", "card_count": 1}
    found = seen_in(traced)
    assert found["test_good"][0].machine == {**wormhole, "device_count": 1, "mesh_device_shape": [1, 1]}
    assert found["test_mesh[device_params0]"][0].machine == {
        **wormhole,
        "device_count": 2,
        "mesh_device_shape": [1, 2],
    }


def test_other_boards_and_another_list_of_plumbing(model: Path) -> None:
    (found,) = run(model, "good", "p150", "--trace-also", "empty", "--trace-without", "ttnn.relu").journal.master()
    assert found.operation == "ttnn.empty"
    assert found.executions[0].machine == {
        "board_type": "Blackhole",
        "device_series": "p150b",
        "card_count": 1,
        "device_count": 1,
        "mesh_device_shape": [1, 1],
    }
    assert found.executions[0].device_config == DeviceConfig()


def test_a_process_that_dies_is_named_with_its_test_and_operation(model: Path) -> None:
    traced = run(model, "good or killed")
    assert traced.problem is not None
    assert "SIGKILL in" in traced.problem
    assert traced.problem.endswith("test_model.py::test_killed, calling ttnn.fatal")
    # what was traced before it is kept
    assert [each.executions[0].count for each in traced.journal.master()] == [3]


def test_the_workers_of_xdist_each_trace_what_they_run(model: Path) -> None:
    traced = run(model, "good or killed", "n300", "-n", "2")
    counts = {source: [seen.count for seen in found] for source, found in seen_in(traced).items()}
    assert counts == {"test_good": [3]}
    assert [(test.source.partition("::")[2], test.outcome) for test in traced.journal.left_out] == [
        ("test_killed", "died")
    ]
    assert "each of pytest-xdist's workers wrote a trace of its own" in traced.output


def test_the_board_s_own_python_runs_the_test_and_ttnn_s_import_finds_no_torch(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("imported = True")
    model = tmp_path / "test_model.py"
    model.write_text(
        "import os, sys, ttnn\n"
        "def test_it():\n"
        "    assert os.environ['STARTED_BY'] == 'wrapper'\n"
        "    assert 'torch' not in sys.modules\n"
        "    import torch\n"
        "    assert torch.imported\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nSTARTED_BY=wrapper exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    there = replace(board(), python=str(python))
    traced = trace(str(model), there, tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    assert traced.problem is None, traced.output
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    (tmp_path / "trace.jsonl").unlink()
    with pytest.raises(NotRunnable, match="No module named pytest"):
        trace(str(model), there, tmp_path)


def test_a_conftest_s_own_fixture_comes_first(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest, ttnn\n"
        "@pytest.fixture\n"
        "def device():\n"
        "    opened = ttnn.open_device(device_id=0, trace_region_size=4096)\n"
        "    yield opened\n"
        "    ttnn.close_device(opened)\n"
    )
    model = tmp_path / "test_model.py"
    model.write_text("import ttnn\ndef test_it(device):\n    ttnn.ones([32, 32], device=device)\n")
    (found,) = trace(str(model), board(), tmp_path).journal.master()
    assert found.executions[0].device_config == DeviceConfig(trace_region_size=4096)


def command(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Runs `farm trace` in this process; its exit code, output and errors."""
    given, sys.argv = sys.argv, ["farm", "trace", *map(str, arguments)]
    try:
        main()
        code: object = 0
    except SystemExit as error:
        code = error.code
    finally:
        sys.argv = given
    captured = capfd.readouterr()
    assert isinstance(code, int)
    return code, captured.out, captured.err


def test_the_command_adds_to_a_master_and_says_what_is_new(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    master = model.parent / "master.json"
    target = f"{model}::test_good"
    code, out, _ = command(capfd, target, "--board", "mock:n300", "--master", master)
    assert code == 0
    assert [line.split() for line in out.splitlines()[1:3]] == [["ttnn.relu", "1", "0", "3"], ["total", "1", "0", "3"]]
    assert out.splitlines()[-1].endswith("master.json: 1 configurations of 1 operations")
    written = master.read_text()
    code, out, err = command(capfd, model, "--board", "mock:n300", "--master", master, "-k", "good or bad")
    assert (code, "test_bad failed; its configurations were left out" in err) == (1, True)
    assert ["total", "0", "1", "3"] in [line.split() for line in out.splitlines()]
    assert "left out, since failed: " in out
    assert master.read_text() == written


@pytest.mark.parametrize(
    ("target", "text", "code", "told"),
    [
        ("none.py::test_x", None, 2, "none.py: no such file or folder"),
        ("test_a.py::test_x", "def test_y(): ...", 2, "not found"),
        ("test_a.py", "x = 1", 2, "finds no test"),
        ("test_a.py", "import no_such_module", 1, "pytest can't collect it"),
        ("test_a.py", "def test_y(): assert False", 1, "test_y failed"),
        ("test_a.py", "import pytest\ndef test_y(): pytest.skip()", 3, "every test was skipped"),
    ],
)
def test_bad_targets_end_in_a_line_and_touch_no_master(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, target: str, text: str | None, code: int, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "test_a.py").write_text(text)
    master = tmp_path / "master.json"
    found, _, err = command(capfd, tmp_path / target, "--board", "mock:n150", "--master", master)
    assert (found, told in err.splitlines()[-1]) == (code, True), err
    assert "Traceback" not in err
    assert not master.exists()


@pytest.mark.parametrize(
    ("conftest", "argument", "told"),
    [
        (
            "def pytest_addoption(parser): parser.addoption('--trace-to')",
            "-q",
            "another plugin has an option --trace-to",
        ),
        (
            "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(session): return True",
            "-q",
            "no test that the tracer sees: another plugin",
        ),
        ("", "-pno:tracer.plugin", "without the tracer's plugin"),
    ],
)
def test_plugins_in_conflict(
    tmp_path: Path, conftest: str, argument: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_a.py").write_text("def test_y(): ...")
    master = tmp_path / "master.json"
    code, _, err = command(capfd, tmp_path / "test_a.py", "--board", "mock:n150", "--master", master, argument)
    assert (code in {1, 3}, told in err.splitlines()[-1], master.exists()) == (True, True, False), err


def test_a_raw_trace_that_can_t_be_kept_is_not_lost(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, blocked = tmp_path / "model.py", tmp_path / "blocked"
    script.write_text("print('it ran')")
    blocked.touch()
    code, _, err = command(
        capfd, script, "--board", "mock:n150", "--master", tmp_path / "master.json", "--store", blocked
    )
    kept = Path(err.split("farm trace --load ")[1].strip())
    assert (code, [path.name for path in kept.glob("*.jsonl")]) == (2, ["trace.jsonl"])
    shutil.rmtree(kept)


def test_a_broken_master_is_told_before_the_model_runs(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    master = model.parent / "master.json"
    master.write_text('{"operations": ')
    code, out, err = command(capfd, model, "--board", "mock:n150", "--master", master)
    assert (code, out) == (2, "")
    assert "cut off" in err
    assert master.read_text() == '{"operations": '


def test_one_board_at_a_time(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capfd, model, "--board", "mock:n150*2")
    assert (code, "one board" in err) == (2, True)


def test_without_ttnn_it_says_how_to_get_one(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotRunnable, match="no ttnn for this Python"):
        run(model, "good")
    with pytest.raises(FarmError, match="no such file"):
        trace("no/such.py", board(), model.parent)


def test_a_ttnn_that_does_not_import_is_not_runnable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ttnn").mkdir()
    (tmp_path / "ttnn" / "__init__.py").write_text("raise ImportError('libmpi.so is missing')")
    (tmp_path / "test_a.py").write_text("def test_it():\n    import ttnn\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NotRunnable, match=r"libmpi\.so is missing"):
        trace(str(tmp_path / "test_a.py"), board(), tmp_path)


def test_an_interrupt_ends_the_test_s_process_too(model: Path) -> None:
    pid = model.parent / "pid"
    endless = model.parent / "test_endless.py"
    endless.write_text(
        "import os, pathlib, time\n"
        "def test_it(device):\n"
        f"    pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "farm",
            "trace",
            str(endless),
            "--board",
            "mock:n150",
            "--master",
            str(model.parent / "m"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not (model.parent / "m").exists()


SCRIPT = """
import sys, ttnn
from ttnn import relu

device = ttnn.open_device(device_id=0)
relu(ttnn.empty([32, int(sys.argv[1])], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
ttnn.close_device(device)
if "--fail" in sys.argv:
    sys.exit("the script is wrong")
"""


def test_a_plain_script_with_its_arguments(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, master, kept = tmp_path / "model.py", tmp_path / "master.json", tmp_path / "kept"
    script.write_text(SCRIPT)
    given = ("--board", "mock:n150", "--master", master)
    code, out, _ = command(capfd, script, *given, "--store", kept, "64")
    assert (code, ["total", "1", "0", "1"] in [line.split() for line in out.splitlines()]) == (0, True)
    (found,) = Master.read(master)
    assert found.arguments["arg0"].shape == (32, 64)  # type: ignore[union-attr]
    assert found.sources[0].endswith("model.py")
    assert len(list(kept.iterdir())) == 1
    code, out, err = command(capfd, script, *given, "96", "--fail")
    assert (code, "the script is wrong" in out, "untouched" in err) == (1, True, True)
    code, *_ = command(capfd, script, *given, "--include-failed", "96", "--fail")
    assert (code, len(Master.read(master))) == (1, 2)


def test_traces_made_elsewhere_are_merged_and_half_a_file_costs_nothing_else(
    model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept, first, again = model.parent / "kept", model.parent / "first.json", model.parent / "again.json"
    board = ("--board", "mock:n300")
    assert command(capfd, f"{model}::test_good", *board, "--master", first, "--store", kept)[0] == 0
    (raw,) = kept.iterdir()
    assert command(capfd, "--load", kept, "--master", again)[0] == 0
    assert again.read_text() == first.read_text()
    half = raw.read_bytes()[: raw.stat().st_size // 2]
    (kept / "half.jsonl").write_bytes(half)
    (kept / "none.jsonl").write_text("")
    code, out, err = command(capfd, "--load", kept, "--master", again)
    assert (code, "half.jsonl: breaks off" in err, "none.jsonl: it is no raw trace" in err) == (3, True, True)
    assert "left out, since died" in out
    assert again.read_text() == first.read_text()


def test_a_test_that_hangs_is_ended_and_what_was_traced_before_counts(
    model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model.write_text(
        MODEL + "\ndef test_slow(device):\n    import time\n    ttnn.exp(tensor(device))\n    time.sleep(99)\n"
    )
    master = model.parent / "master.json"
    code, out, err = command(
        capfd, model, "--board", "mock:n300", "--master", master, "--timeout", "8", "-k", "good or slow"
    )
    assert (code, "ended after 8 s in" in err) == (1, True)
    assert "left out, since interrupted" in out
    assert {each.operation for each in Master.read(master)} == {"ttnn.relu"}


def test_one_thing_to_trace_is_needed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in ((), ("-k", "x"), ("test_a.py", "--load", tmp_path)):
        code, _, err = command(capfd, *arguments)
        assert (code, "give one thing to trace" in err, err.count("\n")) == (2, True, 1)
    code, _, err = command(capfd, "--load", tmp_path / "none", "--master", tmp_path / "m.json")
    assert (code, "no such folder" in err) == (2, True)
