"""Measure what tracing costs: per call, beside tt-metal's own tracer, over a whole zoo, and on large masters."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator

from farm.board.backends.mock import mock_environment
from farm.board.kinds import KINDS
from tests.bench.row import ROOT, Row, measured, timed

NEWEST = "ttnn==0.81.1"
# On mock boards the tracer keeps torch out. The untraced run must do so, too: importing torch takes longer than all
# the tracing.
TORCHLESS = """
import sys, pytest
from tracer.capture.hidden_torch import torch_hidden
with torch_hidden():
    sys.exit(pytest.main(sys.argv[1:]))
"""


def tracer(full: bool) -> Iterator[Row]:
    """Measure tracing per call, beside ttnn's own tracer, over a zoo, and large masters."""
    calls = 20_000 if full else 5_000
    board = measured("tests.bench.tracer_calls", calls)
    cost = f"{board['ours']:.1f} µs on top of {board['plain']:.1f}"
    yield Row("tracing a known call on a mock board", cost, "≤ 15 µs", board["ours"] <= 15)
    peer = _beside_the_peer(calls)
    times = peer["theirs"] / peer["ours"]
    cost = f"{peer['ours']:.1f} µs against {peer['theirs']:.0f}, {times:.0f} times less"
    yield Row(f"the same beside ttnn.operation_tracer of {NEWEST}", cost, "≥ 50", times >= 50)
    plain, traced = _zoo(3 if full else 2)
    cost = f"{plain:.1f} s, traced {traced / plain - 1:+.1%}"
    yield Row("the zoo on a mock n300", cost, "≤ 10 %", traced <= 1.1 * plain)
    large = measured("tests.bench.masters", 10_000)
    ratio = large["load"] / large["json"]
    cost = f"{large['load']:.2f} s, {ratio:.2f} times json.loads"
    yield Row(f"reading 10,000 configurations, {large['bytes'] / 1e6:.0f} MB", cost, "≤ 3", ratio <= 3)
    ratio = large["merge"] / large["json"]
    cost = f"{large['merge']:.2f} s, {ratio:.2f} times json.loads"
    yield Row("merging 1,000 into them", cost, "≤ 1.5", ratio <= 1.5)


def _beside_the_peer(calls: int) -> dict[str, float]:
    # It writes one file per call: a few thousand are plenty.
    script = ["python", "-m", "tests.bench.tracer_calls", str(min(calls, 5_000)), "--peer"]
    uv = ["uv", "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable, "--with", NEWEST]
    _, printed = timed([*uv, *script], PYTHONPATH=str(ROOT))
    figures: dict[str, float] = json.loads(printed.strip().splitlines()[-1])
    return figures


def _zoo(times: int) -> tuple[float, float]:
    """Return the seconds of the zoo's tests without and with the tracer: the best of several runs in turn."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **mock_environment(KINDS["n300"]),
            "FARM_BOARD_KIND": "n300",
            "FARM_BOARD_COMPUTES": "0",
            "TT_METAL_LOGS_PATH": folder,
            "PYTHONPATH": str(ROOT),
        }
        zoo = sorted((ROOT / "tracer" / "zoo").glob("test_*.py"))
        models = [str(path) for path in zoo if "parallel" not in path.name]
        command = [sys.executable, "-c", TORCHLESS, "-q", "-p", "tracer.plugin", "-p", "no:cacheprovider", *models]
        runs = [
            (timed(command, **environment)[0], timed([*command, f"--trace-to={folder}/trace"], **environment)[0])
            for _ in range(times)
        ]
    return min(plain for plain, _ in runs), min(traced for _, traced in runs)
