"""What a process printed before it ended blames only the vector that was running."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.supervisor import Supervisor
from farm.core.payload import EncodedVector, ModuleVector, encode
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason, Verdict
from tests.farm.board.supervised import outcomes_of
from tracer.device_config import DeviceConfig

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

MODULE = """
import os, signal
parameters = {"s": {"words": ["x"], "end": [None]}}

def run(words, end, *, device):
    os.write(2, words.encode())
    if end == "abort":
        os.kill(os.getpid(), signal.SIGABRT)
    if end is not None:
        os._exit(end)
    return True, ""
"""


def vectors(folder: Path, module: str, *values: dict[str, object]) -> list[EncodedVector]:
    """Vectors of a module with these values, numbered from 0."""
    file = folder / "words.py"
    file.write_text(module, encoding="utf-8")
    sweep_module = SweepModule("words", file, (folder,))
    payloads = [ModuleVector(str(n), sweep_module, "s", n, values=each) for n, each in enumerate(values)]
    return [EncodedVector(payload.id, "words", encode(payload)) for payload in payloads]


def test_an_error_that_an_earlier_vector_printed_is_not_the_cause_of_an_end(tmp_path: Path) -> None:
    [board] = mock_boards(KINDS["n150"], 1)
    supervisor = Supervisor(board, tmp_path / "board", Limits())
    wedged = "RuntimeError: Read 0xffffffff over PCIe ID 1: the board should be reset.\n"
    tried = vectors(
        tmp_path,
        MODULE,
        {"words": wedged, "end": None},
        {"words": "", "end": "abort"},
        {"words": wedged, "end": "abort"},
        {"words": f"Watcher detected tripped assert and stopped device.\n{wedged}", "end": None},
        {"words": "last\n", "end": 3},
    )
    outcomes = outcomes_of(supervisor.run(DeviceConfig(), tried))
    supervisor.close()
    assert [(each.verdict, each.reason) for each in outcomes] == [
        (Verdict.VALIDATED, Reason.NONE),
        (Verdict.FAIL_CRASH_HANG, Reason.CRASH),
        (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED),
        (Verdict.VALIDATED, Reason.NONE),
        (Verdict.FAIL_CRASH_HANG, Reason.CRASH),
    ]
    assert outcomes[1].message == "the worker was killed by SIGABRT"
    assert outcomes[4].message == "the worker ended with exit code 3: last"


COMPILES = """
import os, subprocess, time
parameters = {"s": {"compiler": ["x"]}}

def run(compiler, *, device):
    if compiler:
        subprocess.run([compiler, "3"])
    else:
        time.sleep(600)
    return True, ""
"""


def test_a_deadline_counts_compiling_and_ends_a_vector_that_only_waits(tmp_path: Path) -> None:
    compiler = tmp_path / "riscv-tt-elf-g++"
    compiler.symlink_to("/bin/sleep")
    [board] = mock_boards(KINDS["n150"], 1)
    supervisor = Supervisor(board, tmp_path / "board", Limits(vector=1.0))
    tried = vectors(tmp_path, COMPILES, {"compiler": str(compiler)}, {"compiler": ""})
    outcomes = outcomes_of(supervisor.run(DeviceConfig(), tried))
    supervisor.close()
    assert [(each.verdict, each.reason) for each in outcomes] == [
        (Verdict.VALIDATED, Reason.NONE),
        (Verdict.FAIL_CRASH_HANG, Reason.HANG),
    ]
    assert outcomes[0].seconds >= 3
