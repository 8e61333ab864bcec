"""Capture on the host alone, as `.ci/run` tests it with the oldest ttnn and the newest.

No device is opened. The oldest looks for chips even so: TT_METAL_MOCK_CLUSTER_DESC_PATH must name a mock's descriptor.

uv run --isolated --no-project --with ttnn==0.81.1 --with pytest python -m pytest --noconftest tests/tracer/host_side.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracer.capture import Capture
from tracer.journal import read_journal
from tracer.signatures import overloads
from tracer.values import EnumMember, MemoryConfig, Tensor

ttnn: Any = pytest.importorskip("ttnn")
np: Any = pytest.importorskip("numpy")

WEIGHTS = Tensor((2, 32), "FLOAT32", "ROW_MAJOR", storage="HOST", memory=MemoryConfig())


def test_calls_on_host_tensors_are_traced(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    capture = Capture(path, leave_out=frozenset())
    tensor = ttnn.Tensor(np.zeros((2, 32), dtype=np.float32), ttnn.float32)
    capture.start()
    capture.begin("test")
    ttnn.reshape(tensor, (1, 2, 32))
    ttnn.reshape(tensor, (1, 2, 32))
    ttnn.to_dtype(tensor, ttnn.bfloat16)
    capture.end("test", "passed")
    capture.finish(0)
    capture.stop()
    journal = read_journal(path)
    found = {each.operation: each for each in journal.master()}
    assert found["ttnn.reshape"].arguments == {"arg0": WEIGHTS, "arg1": (1, 2, 32)}
    assert found["ttnn.reshape"].executions[0].count == 2
    assert found["ttnn.reshape"].names[0] == "input_tensor"
    output = found["ttnn.reshape"].output
    assert isinstance(output, Tensor)
    assert output.shape == (1, 2, 32)
    assert found["ttnn.to_dtype"].arguments["arg1"] == EnumMember("DataType", "BFLOAT16")


def test_the_signatures_of_all_operations_read() -> None:
    names = ttnn.query_registered_operations()
    read = [overloads(each) for each in names]  # a docstring that isn't understood raises
    assert len(names) > 400
    assert sum(map(bool, read)) > 400
