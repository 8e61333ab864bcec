"""What tracing costs: a call that is known, beside tt-metal's own tracer, a whole zoo, and large masters."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator

from farm.board.backends.mock import DESCRIPTOR_VARIABLE, descriptor_file
from farm.board.kinds import KINDS
from tests.bench.row import ROOT, Row, measured, timed

NEWEST = "ttnn==0.81.1"
# On mock boards the tracer keeps torch out. The untraced run must, too: to import it takes longer than all tracing.
TORCHLESS = """
import sys, pytest
from tracer.capture.hidden_torch import torch_hidden
with torch_hidden():
    sys.exit(pytest.main(sys.argv[1:]))
"""


def tracer(full: bool) -> Iterator[Row]:
    """Tracing: per call, beside ttnn's own tracer, over a zoo; large masters."""
    calls = 20_000 if full else 5_000
    board = measured("tests.bench.tracer_calls", calls)
    told = f"{board['ours']:.1f} µs on top of {board['plain']:.1f}"
    yield Row("tracing a known call on a mock board", told, "≤ 15 µs", board["ours"] <= 15)
    peer = _beside_the_peer(calls)
    times = peer["theirs"] / peer["ours"]
    told = f"{peer['ours']:.1f} µs against {peer['theirs']:.0f}, {times:.0f} times less"
    yield Row(f"the same beside ttnn.operation_tracer of {NEWEST}", told, "≥ 50", times >= 50)
    plain, traced = _zoo(3 if full else 2)
    told = f"{plain:.1f} s, traced {traced / plain - 1:+.1%}"
    yield Row("the zoo on a mock n300", told, "≤ 10 %", traced <= 1.1 * plain)
    large = measured("tests.bench.masters", 10_000)
    ratio = large["load"] / large["json"]
    told = f"{large['load']:.2f} s, {ratio:.2f} times json.loads"
    yield Row(f"reading 10,000 configurations, {large['bytes'] / 1e6:.0f} MB", told, "≤ 3", ratio <= 3)
    told = f"{large['merge']:.2f} s, {large['merge'] / large['load']:.2f} of it"
    yield Row("merging 1,000 into them", told, "< 1", large["merge"] < large["load"])


def _beside_the_peer(calls: int) -> dict[str, float]:
    # one file for each call: a few thousand are enough
    script = ["python", "-m", "tests.bench.tracer_calls", str(min(calls, 5_000)), "--peer"]
    uv = ["uv", "run", "--quiet", "--isolated", "--no-project", "--python", sys.executable, "--with", NEWEST]
    _, printed = timed([*uv, *script], PYTHONPATH=str(ROOT))
    found: dict[str, float] = json.loads(printed.strip().splitlines()[-1])
    return found


def _zoo(times: int) -> tuple[float, float]:
    """Seconds of the zoo's tests without the tracer and with it, the least of several runs in turn."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            DESCRIPTOR_VARIABLE: str(descriptor_file(KINDS["n300"])),
            "FARM_BOARD_KIND": "n300",
            "FARM_BOARD_BACKEND": "mock",
            "TT_METAL_LOGS_PATH": folder,
            "PYTHONPATH": str(ROOT),
        }
        zoo = sorted((ROOT / "tracer" / "zoo").glob("test_*.py"))
        models = [str(path) for path in zoo if "parallel" not in path.name]
        command = [sys.executable, "-c", TORCHLESS, "-q", "-p", "tracer.plugin", "-p", "no:cacheprovider", *models]
        found = [
            (timed(command, **environment)[0], timed([*command, f"--trace-to={folder}/trace"], **environment)[0])
            for _ in range(times)
        ]
    return min(plain for plain, _ in found), min(traced for _, traced in found)
