"""Targets traced in processes of their own: real ttnn on mock boards."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.trace_run import TraceRun, trace
from farm.board.trace_target import TraceTarget
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.payload import TracedCall
from farm.planning.vectors import plan
from tests.farm.traced_model import MODEL
from tracer.device_config import DeviceConfig
from tracer.master.master import Master, update
from tracer.value_statistics import ValueStatistics
from tracer.values.configuration import Execution

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
pytestmark = pytest.mark.ttnn


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
    return trace(TraceTarget(str(model), ("-k", tests, *arguments)), board(kind), workdir)


def executions_of(traced: TraceRun) -> dict[str, list[Execution]]:
    """The executions of each test."""
    executions: dict[str, list[Execution]] = {}
    for each in traced.journal.configurations():
        for execution in each.executions:
            executions.setdefault(execution.source.partition("::")[2], []).append(execution)
    return executions


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> TraceRun:
    """The whole model on a mock n300."""
    path = tmp_path_factory.mktemp("models") / "models" / "test_model.py"
    path.parent.mkdir()
    path.write_text(MODEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent.parent)
        return run(path, "not killed")


def test_only_passed_tests_count(traced: TraceRun) -> None:
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
    assert {each.operation for each in traced.journal.configurations()} == {"ttnn.relu", "ttnn.all_gather"}
    assert [execution.count for execution in executions_of(traced)["test_good"]] == [3]


def test_a_run_keeps_its_output_and_leaves_no_files(traced: TraceRun) -> None:
    assert "the model is wrong" in traced.output
    assert "nanobind" not in traced.output
    assert sorted(each.name for each in traced.path.parent.parent.iterdir()) == ["models", "work"]
    assert not (traced.path.parent.parent / "models" / "generated").exists()


def test_how_each_board_was_opened_is_kept(traced: TraceRun) -> None:
    # A mock n300 dispatches on ethernet cores as a real one does, when the fixture opens it. ttnn 0.66 must be
    # told; for later ones it is the default, which a device config leaves out.
    eth = DeviceConfig(dispatch_core_type="ETH" if metadata.version("ttnn").startswith("0.66.") else None)
    mesh = replace(eth, mesh_shape=(1, 2), fabric="FABRIC_1D", fabric_manager="ENABLED")
    assert {
        test: [each.device_config for each in executions] for test, executions in executions_of(traced).items()
    } == {
        "test_good": [eth],
        "test_params[device_params0]": [replace(eth, l1_small_size=8192, num_command_queues=2)],
        "test_direct": [DeviceConfig(l1_small_size=16384), DeviceConfig(worker_l1_size=1345000)],
        "test_mesh[device_params0]": [mesh],
    }


def test_the_machine_is_named_as_tt_metal_does(traced: TraceRun) -> None:
    wormhole = {"board_type": "Wormhole", "device_series": "n300", "card_count": 1}
    executions = executions_of(traced)
    assert executions["test_good"][0].machine == {**wormhole, "device_count": 1, "mesh_device_shape": [1, 1]}
    assert executions["test_mesh[device_params0]"][0].machine == {
        **wormhole,
        "device_count": 2,
        "mesh_device_shape": [1, 2],
    }


def test_another_board_and_other_excluded_operations(model: Path) -> None:
    (configuration,) = run(
        model, "good", "p150", "--trace-also", "empty", "--trace-without", "ttnn.relu"
    ).journal.configurations()
    assert configuration.operation == "ttnn.empty"
    assert configuration.executions[0].machine == {
        "board_type": "Blackhole",
        "device_series": "p150b",
        "card_count": 1,
        "device_count": 1,
        "mesh_device_shape": [1, 1],
    }
    assert configuration.executions[0].device_config == DeviceConfig()


def test_the_problem_of_a_dead_process_names_its_test_and_operation(model: Path) -> None:
    traced = run(model, "good or killed")
    assert traced.problem is not None
    assert "SIGKILL in" in traced.problem
    assert traced.problem.endswith("test_model.py::test_killed, calling ttnn.fatal")
    # what was traced before it is kept
    assert [each.executions[0].count for each in traced.journal.configurations()] == [3]


@pytest.mark.skipif(find_spec("torch") is None, reason="ttnn's slow runtime mode needs torch")
def test_with_fast_runtime_mode_off_a_trace_is_the_same(
    model: Path, traced: TraceRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTNN_CONFIG_OVERRIDES", '{"enable_fast_runtime_mode": false}')
    (slow,) = run(model, "good").journal.configurations()
    fast = next(each for each in traced.journal.configurations() if each.operation == "ttnn.relu")
    assert (slow.content_hash, slow.output, slow.executions[0].count) == (fast.content_hash, fast.output, 3)


def test_the_summary_tells_what_was_read_to_keep_values(model: Path) -> None:
    traced = run(model, "good", "n150", "--trace-values")
    assert "tracer: values: 0 tensors read, which took " in traced.output
    assert "tracer: values: a board that computes no numbers gives" in traced.output
    assert traced.journal.reading is not None
    assert not traced.journal.reading.computes


DOUBLE = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
import numpy as np
import tracer.plugin
from tests.tracer.capture.device_double import DeviceDouble
from tracer.capture.value_reader import ValueReader

numbers = np.full((32, 64), 2.5)
numbers[0, :16] = 0
tracer.plugin.ValueReader = lambda computes: ValueReader(computes=True, to_host=DeviceDouble(numbers, numbers - 1))
"""


def test_numbers_on_the_device_come_as_far_as_the_vectors_of_a_sweep(model: Path, tmp_path: Path) -> None:
    model.with_name("conftest.py").write_text(DOUBLE)
    traced = run(model, "good", "n150", "--trace-values")
    assert traced.problem is None, traced.output
    update(tmp_path / "master.json", Master.of(traced.journal.configurations()))
    [vector] = plan(Master.read(tmp_path / "master.json"))
    assert isinstance(vector.payload, TracedCall)
    # the first call got the first numbers, the second call the others
    assert vector.payload.statistics == {"arg0": ValueStatistics(4096, -1, 2.5, 1.98046875, zeros=0.00390625)}


def test_each_worker_of_xdist_writes_a_trace(model: Path) -> None:
    traced = run(model, "good or killed", "n300", "-n", "2")
    counts = {test: [each.count for each in executions] for test, executions in executions_of(traced).items()}
    assert counts == {"test_good": [3]}
    assert [(test.source.partition("::")[2], test.outcome) for test in traced.journal.left_out] == [
        ("test_killed", "died")
    ]
    assert "each of pytest-xdist's workers wrote a trace of its own" in traced.output


def test_the_boards_python_runs_the_test_and_ttnn_imports_no_torch(tmp_path: Path) -> None:
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
    other = replace(board(), python=str(python))
    traced = trace(TraceTarget(str(model), environment={"PYTHONPATH": str(tmp_path)}), other, tmp_path)
    assert traced.problem is None, traced.output
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    (tmp_path / "trace.jsonl").unlink()
    with pytest.raises(NotRunnable, match="No module named pytest"):
        trace(TraceTarget(str(model)), other, tmp_path)


def test_a_fixture_of_conftest_has_priority(tmp_path: Path) -> None:
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
    (configuration,) = trace(TraceTarget(str(model)), board(), tmp_path).journal.configurations()
    assert configuration.executions[0].device_config == DeviceConfig(trace_region_size=4096)


def test_an_error_without_ttnn_says_how_to_install_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotRunnable, match="ttnn can't be imported"):
        run(model, "good")
    with pytest.raises(FarmError, match="no such file"):
        trace(TraceTarget("no/such.py"), board(), model.parent)


def test_a_ttnn_that_fails_to_import_is_not_runnable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ttnn").mkdir()
    (tmp_path / "ttnn" / "__init__.py").write_text("raise ImportError('libmpi.so is missing')")
    (tmp_path / "test_a.py").write_text("def test_it():\n    import ttnn\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NotRunnable, match=r"libmpi\.so is missing"):
        trace(TraceTarget(str(tmp_path / "test_a.py")), board(), tmp_path)
