"""Tracing on a host where ttnn finds no board: one line in place of ttnn's backtrace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tracer.capture.no_board import advice, lacks_board

MESSAGE = "TT_FATAL @ tt_cluster.cpp:117: num_chips > 0\ninfo:\nNo chips detected in the cluster\nbacktrace:\n --- x.so"
ERROR = f"RuntimeError({MESSAGE!r})"


def run(folder: Path, module: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_cause_of_an_error_counts() -> None:
    lack = RuntimeError(MESSAGE)
    wrapped = ImportError("while importing")
    wrapped.__cause__ = lack
    assert lacks_board(lack)
    assert lacks_board(wrapped)
    assert not lacks_board(RuntimeError("TT_FATAL: another fault"))
    assert not lacks_board(None)


def test_a_script_ends_with_the_advice(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(f"raise {ERROR}")
    code, output = run(tmp_path, "tracer.script", "t.jsonl", "model.py")
    assert (code, output) == (1, f"tracer: {advice('model.py')}\n")


def test_a_module_that_asks_for_the_board_when_it_is_collected(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(f"raise {ERROR}")
    code, output = run(tmp_path, "pytest", "-p", "tracer.plugin", "--trace-to", "t.jsonl", "test_a.py")
    assert code == pytest.ExitCode.INTERRUPTED
    assert f"\n{advice('test_a.py')}\n" in output
    assert "TT_FATAL" not in output


@pytest.mark.ttnn
def test_a_fixture_that_opens_the_board(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    text = f"import pytest\n@pytest.fixture\ndef device(): raise {ERROR}\ndef test_a(device): pass\ndef test_b(): pass"
    (tmp_path / "test_a.py").write_text(text)
    code, output = run(tmp_path, "pytest", "-p", "tracer.plugin", "--trace-to", "t.jsonl", "test_a.py")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert f"\n{advice('test_a.py::test_a')}\n" in output
    assert "TT_FATAL" not in output
    assert "1 passed, 1 error" in output
