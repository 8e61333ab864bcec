"""Device traces, on a mock mesh that lacks them: the calls that make and run one do nothing."""

from __future__ import annotations

from typing import Any

import pytest

from farm.board.backends.mock import LACKS
from farm.core.lacks import lacking_functions
from tracer.capture.lacking import LACKING_VARIABLE
from tracer.capture.recorder import Capture
from tracer.formats.journal import Journal, read_journal
from tracer.signatures import overloads

pytestmark = pytest.mark.ttnn

MODEL = """
import ttnn
from ttnn import begin_trace_capture, execute_trace as replay


def model(device, tests):
    empty = lambda: ttnn.empty([1, 1, 32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    x = empty()
    tests.begin("capture")
    ttnn.relu(x)
    first = begin_trace_capture(device, cq_id=0)
    y = ttnn.relu(ttnn.relu(x))
    ttnn.end_trace_capture(device, first, cq_id=0)
    second = ttnn.begin_trace_capture(mesh_device=device)
    ttnn.relu(x)
    z = ttnn.neg(y)
    ttnn.end_trace_capture(device, second)
    assert int(first) != int(second)
    for _ in range(3):
        replay(device, first, cq_id=0, blocking=False)
    replay(mesh_device=device, trace_id=second)
    ttnn.relu(x, output_tensor=x)  # no allocation
    for _ in range(2):
        ttnn.neg(x)
    empty()
    tests.end("capture", "passed")
    tests.begin("replay")
    replay(device, second)
    ttnn.release_trace(device, first)
    ttnn.exp(x)
    ttnn.release_trace(device, second)
    ttnn.abs(x)
    replay(device, second)
    sent = ttnn.point_to_point(x, ttnn.MeshCoordinate(0, 0), ttnn.MeshCoordinate(0, 1), topology=ttnn.Topology.Linear)
    ttnn.sqrt(sent)
    tests.end("replay", "passed")
"""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory, mock_mesh: Any) -> Journal:
    import ttnn

    folder = tmp_path_factory.mktemp("model")
    (folder / "traced_model.py").write_text(MODEL)
    own = ttnn.execute_trace
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(LACKING_VARIABLE, ",".join(name for name, _ in lacking_functions(LACKS)))
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        import traced_model  # type: ignore[import-not-found]

        capture = Capture(folder / "trace.jsonl")
        capture.start()
        try:
            traced_model.model(mock_mesh, capture)
        finally:
            capture.finish(0)
            capture.stop()
    assert traced_model.replay is ttnn.execute_trace is own
    return read_journal(folder / "trace.jsonl")


def test_calls_inside_a_capture_are_traced_and_the_runs_of_their_traces_counted(journal: Journal) -> None:
    executions = {each.operation: each.executions[0] for each in journal.configurations() if len(each.executions) == 1}
    assert (executions["ttnn.neg"].count, executions["ttnn.neg"].device_trace_runs) == (3, 2)
    relus = [each for each in journal.configurations() if each.operation == "ttnn.relu" and len(each.arguments) == 1]
    # a trace with two calls of a configuration runs once for both; the last test's run is of the first test's capture
    assert [(each.executions[0].count, each.executions[0].device_trace_runs) for each in relus] == [(4, 3 + 1 + 1)]
    assert executions["ttnn.abs"].device_trace_runs == 0
    functions = ["begin_trace_capture", "end_trace_capture", "execute_trace", "release_trace"]
    assert journal.lacking == [*functions, "point_to_point"]


def test_an_operation_that_would_crash_is_traced_and_its_output_is_like_its_input(journal: Journal) -> None:
    calls = {each.operation: each.arguments for each in journal.configurations()}
    sent, root = calls["ttnn.point_to_point"], calls["ttnn.sqrt"]
    assert next(iter(sent.values())) == next(iter(root.values()))
    assert len(sent) == 4


def test_the_overloads_of_an_operation_that_was_replaced_stay(journal: Journal) -> None:
    import ttnn

    names = [each.name for each in overloads(ttnn.point_to_point)[0].parameters]
    assert journal.lacking[-1] == "point_to_point"
    assert names[:3] == ["input_tensor", "sender_coord", "receiver_coord"]


def test_allocations_while_a_trace_is_live_are_reported_with_the_model_s_line(journal: Journal) -> None:
    lines = MODEL.splitlines()
    reported = [(each.operation, each.test, lines[int(each.line.partition(":")[2]) - 1]) for each in journal.unsafe]
    assert {each.line.partition(":")[0] for each in journal.unsafe} == {"traced_model.py"}
    assert reported == [
        ("ttnn.neg", "capture", "        ttnn.neg(x)"),
        ("ttnn.empty", "capture", lines[6]),
        ("ttnn.exp", "replay", "    ttnn.exp(x)"),
    ]


def test_the_runs_are_in_the_master_and_in_no_hash(journal: Journal) -> None:
    from tracer.master.master import Master

    master = Master.of(journal.configurations())
    without = Master.of(journal.configurations())
    for each in without:
        for execution in each.executions:
            execution.device_trace_runs = 0
    written = [line for line in master.text().splitlines() if '"device_trace_runs": 5' in line]
    assert len(written) == 1
    assert [each.config_hash for each in without] == [each.config_hash for each in master]
    either, other = Master(), Master()
    either.merge(without), either.merge(master)
    other.merge(master), other.merge(without), other.merge(master)
    assert either.text() == other.text() == master.text()
