"""Traces from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import farm
from farm.store import Store
from tracer.master.master import Master, shipped


@pytest.mark.ttnn
def test_a_trace_adds_to_a_master(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    test = tmp_path / "test_model.py"
    test.write_text(
        "import ttnn\n\n\ndef test_block(device):\n"
        "    x = ttnn.empty([32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)\n"
        "    ttnn.add(x, x)\n"
    )
    master = tmp_path / "master.json"
    traced = farm.trace(str(test), master=master)
    assert traced.problem is None
    assert traced.summary.added == 1
    assert farm.trace(str(test), master=master).summary.added == 0


@pytest.mark.ttnn
def test_what_a_mock_lacks_is_named_and_the_calls_of_a_device_trace_are_traced(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    test = tmp_path / "test_model.py"
    test.write_text(
        "import ttnn\n\n\ndef test_block(device):\n"
        "    x = ttnn.empty([32, 32], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)\n"
        "    trace = ttnn.begin_trace_capture(device, cq_id=0)\n"
        "    ttnn.relu(x)\n"
        "    ttnn.end_trace_capture(device, trace, cq_id=0)\n"
        "    ttnn.execute_trace(device, trace, cq_id=0, blocking=True)\n"
        "    ttnn.release_trace(device, trace)\n"
    )
    traced = farm.trace(str(test), master=tmp_path / "master.json", board="mock:n150")
    assert traced.problem is None
    assert [configuration.operation for configuration in traced.configurations] == ["ttnn.relu"]
    assert traced.lacking == [
        "a mock board has no device traces: ttnn.begin_trace_capture, ttnn.end_trace_capture, ttnn.execute_trace, "
        "ttnn.release_trace did nothing"
    ]


@pytest.mark.ttnn
@pytest.mark.ray
def test_a_master_is_verified_by_running_it_under_the_tracer(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    small = tmp_path / "master.json"
    master = Master()
    master.add(next(each for each in Master.read(shipped()) if each.operation == "ttnn.add"))
    master.write(small)
    store = tmp_path / "results.db"
    view = farm.verify(small, boards="mock:n150", store=store)
    assert (view.counts["planned"], view.counts["validated"]) == (1, 1)
    with Store.open(store) as opened:
        assert opened.payload(view.run.id, view.vectors[0].vector_id)["verify"] is True
