"""Traces from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import farm


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
