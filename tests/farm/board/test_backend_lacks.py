"""What a backend lacks is not run, by name, and says nothing of the board."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.backends.mock import mock_boards, mock_environment
from farm.board.fake_worker import FakeWorker
from farm.board.held_chip import HeldChip, held_chip_of
from farm.board.holders import is_running, process_name
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.protocol import WorkerDied, WorkerHung
from farm.board.supervisor import Supervisor
from farm.core.board import Board
from farm.core.messages import Opened
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import BoardState, Cause, Transition
from tests.farm.board.supervised import ONE, VALIDATED, ends, fake, fake_supervisor, outcomes_of, report_lines_of, run
from tests.farm.board.test_last_words import MODULE, vectors
from tests.farm.payloads import encoded_vector
from tracer.device_config import DeviceConfig

LACKING = (Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND)
HELD = (Verdict.HOST_FAULT, Reason.HOST_RESOURCES)

TRACES = """
import ttnn
parameters = {"s": {"how": ["x"]}}

def run(how, *, device):
    x = ttnn.empty([1, 1, 32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    if how == "trace":
        trace = ttnn.begin_trace_capture(device, cq_id=0)
        ttnn.relu(x)
        ttnn.end_trace_capture(device, trace, cq_id=0)
    elif how == "caught":
        try:
            ttnn._ttnn.operations.trace.begin_trace_capture(device, cq_id=0)
        except Exception as error:
            return False, str(error)
    elif how == "gather":
        ttnn.all_gather(x, dim=3)
    elif how == "event":
        ttnn.wait_for_event(0, ttnn.record_event(device, 0))
    return True, ""
"""
OPENS = """
import ttnn
parameters = {"s": {"config": ["FABRIC_1D"]}}

def mesh_device_fixture():
    yield None, "run() opens it"

def run(config, *, device):
    ttnn.set_fabric_config(getattr(ttnn.FabricConfig, config))
    mesh = ttnn.open_mesh_device(ttnn.MeshShape(1, 2))
    try:
        x = ttnn.empty([1, 1, 32, 256], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=mesh)
        return list(ttnn.all_gather(x, dim=3).shape) == [1, 1, 32, 512], ""
    finally:
        ttnn.close_mesh_device(mesh)
        ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
"""


def outcomes(
    board: Board, folder: Path, module: str, *values: dict[str, object], by: str | None = None
) -> list[Outcome]:
    """The outcomes of a module's vectors on a board; `by` names the module that opens it."""
    supervisor = Supervisor(board, folder / "board", Limits())
    try:
        return outcomes_of(supervisor.run(DeviceConfig(opened_by=by), vectors(folder, module, *values)))
    finally:
        supervisor.close()


def test_a_simulator_that_cannot_do_it_costs_one_process_and_nothing_of_the_board() -> None:
    supervisor = fake_supervisor(Script(acts={"b": (Act.LACK,)}))
    lines = report_lines_of(supervisor, "a", "b", "c")
    assert [line for line in lines if ":" in line] == ["a: validated", "b: not_run", "c: validated"]
    assert "suspect" not in " ".join(lines)
    assert fake(supervisor).checks == 1, "only the one before its first vector"
    assert fake(supervisor).runs == {"a": 1, "b": 1, "c": 1}


def test_what_is_lacking_is_named() -> None:
    [outcome] = run(fake_supervisor(Script(acts={"a": (Act.LACK,)})), "a")
    assert (outcome.verdict, outcome.reason) == LACKING
    assert outcome.message == (
        "the simulator can't do this: [7] ERROR: UnsupportedFunctionality: the fake board was told to lack it"
    )


@pytest.mark.ttnn
def test_the_end_of_a_simulators_process(tmp_path: Path) -> None:
    """A real process, of a mock board that is driven as a simulated one."""
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    [mock] = mock_boards(KINDS["n150"], 1)
    simulator = replace(mock, id="sim:n150:0", backend="sim", environment=mock_environment(mock.kind))
    words = "[9552] ERROR: UnimplementedFunctionality: tensix_unpacr: last=0\n"
    simulated = outcomes(
        simulator,
        tmp_path,
        MODULE,
        {"words": words, "end": 1},
        {"words": "", "end": None},
    )
    assert ends(simulated) == [LACKING, VALIDATED]
    assert simulated[0].message == f"the simulator can't do this: {words.strip()}"
    [on_mock] = outcomes(mock, tmp_path, MODULE, {"words": words, "end": 1})
    assert (on_mock.verdict, on_mock.reason) == (Verdict.FAIL_CRASH_HANG, Reason.CRASH), "no word of a mock's"


@pytest.mark.ttnn
def test_a_mock_has_no_device_traces_no_events_and_no_fabric_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    [board] = mock_boards(KINDS["n300"], 1)
    ways: tuple[dict[str, object], ...] = tuple({"how": how} for how in ("trace", "gather", "event", "caught", "none"))
    tried = outcomes(board, tmp_path, TRACES, *ways)
    assert ends(tried) == [LACKING, LACKING, LACKING, LACKING, VALIDATED]
    assert tried[3].message == "a mock board has no device traces: ttnn.begin_trace_capture"
    assert tried[0].message == "a mock board has no device traces: ttnn.begin_trace_capture"
    assert "a mock board has no fabric unless it is opened with one: " in tried[1].message
    assert tried[2].message.endswith("a mock board has no events between command queues: ttnn.wait_for_event")


@pytest.mark.ttnn
def test_a_module_that_sets_a_fabric_itself_is_validated_on_a_mock(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    [board] = mock_boards(KINDS["n300"], 1)
    ways: tuple[dict[str, object], ...] = ({"config": "FABRIC_1D"}, {"config": "FABRIC_1D_RING"})
    assert ends(outcomes(board, tmp_path, OPENS, *ways, by="words")) == [VALIDATED, VALIDATED]


def test_a_chip_that_another_process_has_is_waited_for_and_not_reset() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"]) as holder:
        supervisor = fake_supervisor(Script(acts={"a": (Act.HELD, Act.PASS)}, holder=holder.pid))
        first, second = outcomes_of(supervisor.run(ONE, [encoded_vector("a"), encoded_vector("b")]))
        assert ends([first, second]) == [HELD, VALIDATED]
        assert f"PID: {holder.pid}" in first.message
        assert not is_running(holder.pid), "b began after its end"
    assert supervisor.health.resets_in_all == 0


class LateWorker(FakeWorker):
    """Hangs at its first opening, since another process has the chip."""

    def open(self, config: DeviceConfig, timeout: float) -> Opened:
        if not self.opened:
            self.opened.append(config)
            self._alive = False
            words = (
                f"opening\nWaiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by PID: {self.script.holder}\n"
            )
            raise WorkerHung(f"{self.board.id} didn't open in {timeout:g} s", None, timeout, printed=words)
        return super().open(config, timeout)


def test_a_board_that_does_not_open_since_its_chip_is_held_is_not_suspected() -> None:
    code = "import time; print(flush=True); time.sleep(1)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()  # before, its name may be that of this process
        [board] = fake_boards(KINDS["n300"], 1, script=Script(holder=holder.pid))
        supervisor = Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_rest: LateWorker(board))
        [held] = run(supervisor, "a", "b")
        assert (held.verdict, held.reason) == HELD
        assert held.message.startswith("the chip is in use by python")
        assert f"(pid {holder.pid}): fake:n300:0 didn't open in 120 s" in held.message
        assert not is_running(holder.pid)
        assert ends(run(supervisor, "a", "b")) == [VALIDATED, VALIDATED]
    assert supervisor.health.resets_in_all == 0


def test_a_hang_after_a_wait_for_a_chip_that_was_given_back_is_a_hang() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as holder:
        holder.wait()
    words = f"Waiting for lock 'CHIP_IN_USE_0_PCIe' which is currently held by PID: {holder.pid}\n"
    assert held_chip_of(WorkerHung("no answer", "a", 1.0, printed=words)) is None
    assert held_chip_of(WorkerDied("it ended", "a", 1, printed=words)) is not None
    assert held_chip_of(WorkerDied("it ended", "a", 1, printed=f"{words}TT_FATAL: too wide")) is None
    mine = words.replace(str(holder.pid), str(os.getpid()))
    assert held_chip_of(WorkerHung("no answer", "a", 1.0, printed=mine)) == HeldChip(
        os.getpid(), f"the chip is in use by {process_name(os.getpid())} (pid {os.getpid()})"
    )


def test_a_chip_that_is_not_given_back_holds_the_board() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as holder:
        limits = Limits(open=0.05, vector=0.05, held=0.1)
        supervisor = fake_supervisor(Script(acts={"*": (Act.HELD,)}, holder=holder.pid), limits)
        reports = list(supervisor.run(ONE, [encoded_vector("a"), encoded_vector("b")]))
        holder.kill()
    assert ends(outcomes_of(reports)) == [HELD], "the next is for another board"
    last = reports[-1]
    assert isinstance(last, Transition)
    assert (last.after, last.cause) == (BoardState.HELD, Cause.CHIP_IN_USE)
    assert f"(pid {holder.pid}), after a wait of 0.1 s" in last.message
