"""`farm sweep --foreground`: a worker attached to the terminal, under the same supervisor as any other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.confinement import Confinement
from farm.board.kinds import KINDS
from farm.cluster.hosts.board_memory import BoardMemory
from farm.core.errors import ExitCode
from farm.core.verdicts import Reason
from farm.planning.module_vectors import Planner
from farm.running.foreground import run_foreground
from farm.sweeps.records import ModuleProblem

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

MODULES = Path(__file__).parents[2] / "sweep_modules"


def foreground(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A command in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "farm", "sweep", "--sweeps", str(MODULES), "--boards", "mock:n300"),
            *("--foreground", *words),
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_vector_that_kills_its_worker_costs_only_itself_and_ctrl_c_ends_the_next(tmp_path: Path) -> None:
    process = foreground(tmp_path, "--module", "contract.outcomes", "--suite", "deadly")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "fail_crash_hang (crash)" in line:
            break
    else:
        pytest.fail(f"the aborted vector has no outcome: {lines}, {process.stderr and process.stderr.read()}")
    os.killpg(process.pid, signal.SIGINT)  # the next one sleeps for a minute
    rest, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "true" not in rest, "no vector begins after it"
    assert "nanobind" not in errors
    assert not BoardMemory().boards(), "a mock board isn't remembered"


def test_a_held_board_is_not_used(tmp_path: Path) -> None:
    [board] = mock_boards(KINDS["n300"], 1)
    BoardMemory().hold(board, "it smokes", "Ada")
    process = foreground(tmp_path, "--module", "contract.xfail")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 3
    assert "held by Ada: it smokes" in errors


@pytest.mark.parametrize(
    ("reason", "code"),
    [(Reason.NO_VECTORS, ExitCode.NOTHING_SELECTED), (Reason.BROKEN_CONFIGURATION, ExitCode.NOT_RUN)],
)
def test_a_module_without_vectors_is_nothing_to_run(reason: Reason, code: ExitCode) -> None:
    vectors = list(Planner().plan([ModuleProblem("m", "", "m: why", reason)], [KINDS["n300"]]))
    assert run_foreground(vectors, mock_boards(KINDS["n300"], 1), Confinement(), debugger=False) is code
