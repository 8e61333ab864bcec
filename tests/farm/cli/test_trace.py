"""`farm trace` from the command line: real ttnn on mock boards, in processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.cli import main
from farm.cluster.hosts.board_memory import BoardMemory
from tests.farm.traced_model import MODEL
from tracer.master.master import Master
from tracer.value_statistics import ValueStatistics

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "test_model.py"
    path.parent.mkdir()
    path.write_text(MODEL)
    return path


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


def test_the_command_adds_to_a_master_and_reports_what_is_new(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    master = model.parent / "master.json"
    target = f"{model}::test_good"
    code, out, _ = command(capfd, target, "--board", "mock:n300", "--master", master)
    assert code == 0
    assert [line.split() for line in out.splitlines()[1:3]] == [["ttnn.relu", "1", "0", "3"], ["total", "1", "0", "3"]]
    assert out.splitlines()[-1].endswith("master.json: 1 configuration of 1 operation")
    written = master.read_text()
    code, out, err = command(capfd, model, "--board", "mock:n300", "--master", master, "-k", "good or bad")
    assert (code, "::test_bad failed: AssertionError: the model is wrong" in err) == (1, True), err
    assert err.splitlines()[-1].endswith("; its configurations were left out")
    assert ["total", "0", "1", "3"] in [line.split() for line in out.splitlines()]
    assert "left out, since failed: " in out
    assert master.read_text() == written


@pytest.mark.parametrize(
    ("target", "text", "code", "message"),
    [
        ("none.py::test_x", None, 2, "none.py: no such file or folder"),
        ("test_a.py::test_x", "def test_y(): ...", 2, "not found"),
        ("test_a.py", "x = 1", 4, "finds no test"),
        ("test_a.py", "import no_such_module", 3, "not_run (missing_package): "),
        ("test_a.py", "def test_y(): assert False", 1, "test_y failed"),
        ("test_a.py", "import pytest\ndef test_y(): pytest.skip()", 3, "every test was skipped"),
    ],
)
def test_bad_targets_end_in_a_line_and_touch_no_master(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, target: str, text: str | None, code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "test_a.py").write_text(text)
    master = tmp_path / "master.json"
    status, _, err = command(capfd, tmp_path / target, "--board", "mock:n150", "--master", master)
    assert (status, message in err.splitlines()[-1]) == (code, True), err
    assert "Traceback" not in err
    assert "unchanged" not in err
    assert not master.exists()


def test_an_option_that_no_one_takes_is_named(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capfd, model, "--borad", "mock:n150", "--board", "mock:n150")
    assert (code, "--borad" in err.splitlines()[-1]) == (2, True), err
    code, _, err = command(capfd, model, "--board", "n300")
    assert (code, "farm: --board n300: " in err) == (2, True), err


def test_a_failed_script_is_named_once_with_its_exit_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, master = tmp_path / "model.py", tmp_path / "m.json"
    script.write_text("raise SystemExit(7)")
    code, _, err = command(capfd, script, "--board", "mock:n150", "--master", master)
    assert code == 1
    assert err.splitlines()[-1] == f"farm: {script}: the script ended with status 7; {master} was not written"


@pytest.mark.parametrize(
    ("conftest", "argument", "message"),
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
    tmp_path: Path, conftest: str, argument: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_a.py").write_text("def test_y(): ...")
    master = tmp_path / "master.json"
    code, _, err = command(capfd, tmp_path / "test_a.py", "--board", "mock:n150", "--master", master, argument)
    assert (code in {1, 3}, message in err.splitlines()[-1], master.exists()) == (True, True, False), err


def test_a_raw_trace_that_can_t_be_kept_is_not_lost(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, blocked = tmp_path / "model.py", tmp_path / "blocked"
    script.write_text(f"import pathlib\npathlib.Path({str(blocked)!r}).touch()\n")  # in the way only once it runs
    code, _, err = command(
        capfd, script, "--board", "mock:n150", "--master", tmp_path / "master.json", "--store", blocked
    )
    kept = Path(err.split("farm trace --load ")[1].strip())
    assert (code, [path.name for path in kept.glob("*.jsonl")]) == (2, ["trace.jsonl"])
    shutil.rmtree(kept)


def test_a_broken_master_is_reported_before_the_model_runs(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    master = model.parent / "master.json"
    master.write_text('{"operations": ')
    code, out, err = command(capfd, model, "--board", "mock:n150", "--master", master)
    assert (code, out) == (2, "")
    assert "cut off" in err
    assert master.read_text() == '{"operations": '


def test_one_board_at_a_time(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capfd, model, "--board", "mock:n150*2")
    assert (code, "one board" in err) == (2, True)


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
    (configuration,) = Master.read(master)
    assert configuration.arguments["arg0"].shape == (32, 64)  # type: ignore[union-attr]
    assert configuration.sources[0].endswith("model.py")
    assert len(list(kept.iterdir())) == 1
    code, out, err = command(capfd, script, *given, "96", "--fail")
    assert (code, "the script is wrong" in out, "unchanged" in err) == (1, True, True)
    code, out, err = command(capfd, script, *given, "--include-failed", "96", "--fail")
    assert (code, len(Master.read(master))) == (1, 2)
    assert "left out" not in out + err


def test_a_script_prints_as_it_would_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, master = tmp_path / "model.py", tmp_path / "master.json"
    script.write_text("print('from the script')")
    code, out, err = command(capfd, script, "--board", "mock:n150", "--master", master)
    assert (code, out) == (4, "from the script\n")
    assert "it called no ttnn operation that is traced" in err
    assert err.endswith("master.json was not written\n")
    assert not master.exists()


MEASURED = """
import numpy as np
import ttnn

WEIGHTS = np.array([[-3.25, 0.0, 4.0, 0.0]] * 2, np.float32)

def reshaped(scale):
    ttnn.reshape(ttnn.to_dtype(ttnn.Tensor(WEIGHTS * scale, ttnn.float32), ttnn.bfloat16), (4, 2))

def test_model(device):
    x = ttnn.empty([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    for scale in (1, 2, 100, 4):
        reshaped(scale)
        ttnn.relu(x)
"""


def test_values_of_tensors_are_kept_where_they_mean_something(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, master, kept = tmp_path / "test_model.py", tmp_path / "master.json", tmp_path / "kept"
    model.write_text(MEASURED)
    options = ("--board", "mock:n150", "--master", master)
    plain, again = tmp_path / "plain.json", tmp_path / "again.json"
    code, out, _ = command(capfd, model, *options, "--values", "--store", kept)
    assert code == 0
    assert "values: statistics for 1 of 2 configurations" in out
    assert "values: 3 tensors read, which took " in out
    assert "values: a board that computes no numbers gives statistics of tensors on the host alone" in out
    relu, reshape = sorted(Master.read(master), key=lambda each: each.operation)
    assert relu.statistics == {}
    # the 1st, 2nd and 4th of four calls
    assert reshape.statistics == {"arg0": ValueStatistics(24, -13, 16, 0.4375, 0.5)}
    monkeypatch.setattr(sys, "argv", ["farm", "ops", "reshape", "--master", str(master)])
    with pytest.raises(SystemExit):
        main()
    assert "\n    values -13 to 16, mean 0.438, 50 % zeros\n" in capfd.readouterr().out
    # a trace without values is of the same configurations
    assert command(capfd, model, "--board", "mock:n150", "--master", plain)[0] == 0
    assert "value_statistics" not in plain.read_text()
    hashes = [{each.content_hash for each in Master.read(path)} for path in (plain, master)]
    assert hashes[0] == hashes[1]
    assert command(capfd, "--load", kept, "--master", again)[0] == 0
    assert again.read_text() == master.read_text()
    code, _, err = command(capfd, "--load", kept, "--master", again, "--values")
    assert (code, err.startswith("farm: --values is for tracing"), err.count("\n")) == (2, True, 1)


def test_values_of_a_script_are_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script, master = tmp_path / "model.py", tmp_path / "master.json"
    script.write_text(MEASURED.partition("def test_model")[0] + "import sys\nreshaped(int(sys.argv[1]))\n")
    code, out, _ = command(capfd, script, "--board", "mock:n150", "--master", master, "--values", "2")
    assert (code, "values: statistics for 1 of 1 configuration" in out) == (0, True)
    [reshape] = Master.read(master)
    assert reshape.statistics == {"arg0": ValueStatistics(8, -6.5, 8, 0.375, 0.5)}


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


def test_a_hanging_test_is_ended_and_its_earlier_tests_count(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model.write_text(
        MODEL + "\ndef test_slow(device):\n    import time\n    ttnn.exp(tensor(device))\n    time.sleep(99)\n"
    )
    master = model.parent / "master.json"
    # what Ray starts has it blocked, and so have the processes that it starts
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        code, out, err = command(
            capfd, model, "--board", "mock:n300", "--master", master, "--timeout", "8", "-k", "good or slow"
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    assert (code, "ended after 8 s in" in err) == (1, True)
    assert "left out, since interrupted" in out
    assert {each.operation for each in Master.read(master)} == {"ttnn.relu"}


def test_one_thing_to_trace_is_needed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments in ((), ("-k", "x"), ("test_a.py", "--load", tmp_path)):
        code, _, err = command(capfd, *arguments)
        assert (code, "give one thing to trace" in err, err.count("\n")) == (2, True, 1)
    code, _, err = command(capfd, "--load", tmp_path / "none", "--master", tmp_path / "m.json")
    assert (code, "no such file or folder" in err) == (2, True)


def test_a_held_board_is_not_used(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    [board] = mock_boards(KINDS["n300"], 1)
    BoardMemory().hold(board, "it smokes", "Ada")
    code, _, err = command(capfd, model, "--board", "mock:n300", "--master", model.parent / "master.json")
    assert (code, "held by Ada: it smokes" in err) == (3, True), err


def test_the_interpreter_of_the_settings_runs_the_model(
    model: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    python, proof = model.parent / "python", model.parent / "proof"
    python.write_text(f'#!/bin/sh\ntouch {proof}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("FARM_PYTHON", str(python))
    master = model.parent / "master.json"
    code, _, err = command(capfd, f"{model}::test_good", "--board", "mock:n300", "--master", master)
    assert (code, proof.exists()) == (0, True), err
