"""The whole time of a sweep module from nothing, over that of a generator and a serial runner like tt-metal's.

On both sides, no kernel is in a cache yet, and nothing compiles one: both have the null toolchain.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from farm.board.backends.mock import mock_environment
from farm.board.kinds import KINDS
from farm.core.measures import KERNELS_VARIABLE
from tests.bench.row import Row, timed

VECTORS = 440
IDLE_SECONDS = 5
"""How long the child of tt-metal's runner waited for a further vector, until the runner of 2026 told it to end."""

MODULE = '''
"""An elementwise sweep of two suites, as typical ones are: random numbers, a golden, the operation, a comparison."""

import numpy
import torch
import ttnn

TIMEOUT = 30

_BOTH = {
    "shape": [[1, 1, 32 * rows, 128 * columns] for rows in range(1, 12) for columns in range(1, 11)],
    "dtype": [ttnn.bfloat16, ttnn.float32],
}
parameters = {
    "dram": {**_BOTH, "memory_config": [ttnn.DRAM_MEMORY_CONFIG]},
    "l1": {**_BOTH, "memory_config": [ttnn.L1_MEMORY_CONFIG]},
}


def run(shape, dtype, memory_config, *, device):
    torch.manual_seed(0)
    values = torch.rand(shape)
    golden = torch.relu(values)
    tensor = ttnn.from_torch(values, dtype=dtype, layout=ttnn.TILE_LAYOUT, device=device, memory_config=memory_config)
    output = ttnn.to_torch(ttnn.relu(tensor, memory_config=memory_config)).to(torch.float32)
    pcc = numpy.corrcoef(golden.flatten().numpy(), (output + values * 1e-6).flatten().numpy())[0, 1]
    return bool(pcc > 0.999), str(pcc)
'''


def whole(full: bool) -> Iterator[Row]:
    """Measure in turns the whole time of a module by farm, and by both ways in which a serial runner's child ends."""
    rounds = [_round() for _ in range(3 if full else 1)]
    generated, told, idle, ours = (min(each) for each in zip(*rounds, strict=True))
    yield Row(f"a sweep module of {VECTORS} vectors from nothing, one mock board", f"{ours:.1f} s")
    for name, runner in (
        ("a generator and a serial runner", told),
        (f"the same, ending after {IDLE_SECONDS} s without a vector", idle),
    ):
        ratio = ours / (generated + runner)
        value = f"{generated:.1f} + {runner:.1f} s; farm takes {ratio:.2f} of it"
        yield Row(f"  {name}", value, "≤ 0.5", ratio <= 0.5)


def _round() -> tuple[float, float, float, float]:
    """Seconds of the generator, of the runner whose child is told to end, of the one whose child idles, and of farm."""
    with tempfile.TemporaryDirectory(prefix="farm-whole-") as name:
        folder = Path(name)
        module = folder / "bench_module.py"
        module.write_text(MODULE)
        serial = [sys.executable, "-m", "tests.bench.serial_runner"]
        export, results = folder / "export.json", folder / "results.json"
        environment = {**mock_environment(KINDS["n300"])}
        generated, _ = timed([*serial, "generate", str(module), str(export)], **environment)
        runs: list[float] = []
        for idle in ([], [str(IDLE_SECONDS)]):
            environment[KERNELS_VARIABLE] = str(folder / f"kernels{len(runs)}")
            command = [*serial, "run", str(module), str(export), str(results), *idle]
            runs.append(timed(command, **environment)[0])
            _require({record["status"] for record in json.loads(results.read_text())} == {"pass"}, "serial runner")
        out = folder / "out"
        command = [sys.executable, "-m", "farm", "sweep", "--sweeps", str(module), "--boards", "mock:n300"]
        ours, _ = timed(
            [*command, "--store", str(folder / "farm.db"), "--out", str(out)], XDG_CACHE_HOME=str(folder / "cache")
        )
        verdicts = Counter(each["verdict"] for each in json.loads((out / "report.json").read_text())["vectors"])
        _require(verdicts == {"validated": VECTORS}, f"farm: {dict(verdicts)}")
    return generated, runs[0], runs[1], ours


def _require(good: bool, what: str) -> None:
    if not good:
        raise RuntimeError(f"not all vectors of the {what} are good")
