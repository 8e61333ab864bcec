"""Compare the speed of a sweep module on the farm with that of a bare loop: `python tests/bench/modules.py`.

The same module and the same vectors run on mock boards: in a loop that imports the module, opens the device and calls
`run` on each vector; in two such loops side by side, which is the machine's limit; then by `farm sweep` on one board
and on two. Rates cover the time in which vectors run; the time of the whole command is shown beside them. Each is the
best of several rounds, since other work on the machine only ever slows one down.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from farm.board.backends.mock import mock_environment
from farm.board.environment import QUIET
from farm.board.kinds import KINDS

MODULE = '''
"""A typical elementwise sweep: random numbers, a golden, the operation, a comparison."""

import numpy as np
import ttnn

parameters = {
    "nightly": {
        "shape": [[1, 1, 32 * rows, 32 * columns] for rows in range(1, 11) for columns in range(1, SHAPES + 1)],
        "dtype": [ttnn.bfloat16, ttnn.float32],
        "memory_config": [ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG],
        "operation": ["relu", "gelu", "exp", "sqrt"],
    }
}


def run(shape, dtype, memory_config, operation, *, device):
    values = np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)
    golden = np.maximum(values, 0)
    tensor = ttnn.to_layout(ttnn.Tensor(values, ttnn.float32), ttnn.TILE_LAYOUT)
    tensor = ttnn.to_device(ttnn.to_dtype(tensor, dtype), device, memory_config=memory_config)
    output = getattr(ttnn, operation)(tensor, memory_config=memory_config)
    result = np.asarray(ttnn.to_dtype(output.cpu(), ttnn.float32).to_list())
    pcc = np.corrcoef(golden.ravel(), result.ravel() + values.ravel() * 1e-9)[0, 1]
    return bool(pcc > 0.999), str(pcc)
'''

LOOP = """
import itertools, sys, time
sys.path.insert(0, sys.argv[1])
import bench_module as module
import ttnn
device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
suite = module.parameters["nightly"]
vectors = [dict(zip(suite, values)) for values in itertools.product(*suite.values())]
start = time.perf_counter()
for vector in vectors:
    module.run(**vector, device=device)
print(len(vectors), time.perf_counter() - start)
ttnn.close_mesh_device(device)
"""


def environment() -> dict[str, str]:
    """The environment of a process that opens a mock n300."""
    return {**os.environ, **QUIET, **mock_environment(KINDS["n300"])}


def bare(folder: Path, loops: int = 1) -> tuple[int, float]:
    """Run bare loops side by side.

    Returns:
        The vectors of one loop, and the vectors per second of all loops together.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOOP, str(folder)],
            env=environment(),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(loops)
    ]
    printed = [process.communicate()[0].split() for process in processes]
    return int(printed[0][0]), sum(int(count) / float(seconds) for count, seconds in printed)


def swept(folder: Path, boards: int) -> tuple[int, float, float]:
    """Run the module by `farm sweep`.

    Returns:
        The number of vectors, the seconds in which they ran, and the seconds of the whole command.
    """
    out = folder / "out"
    start = time.perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-m", "farm", "sweep", "--sweeps", str(folder / "bench_module.py")),
            *("--boards", f"mock:n300*{boards}", "--out", str(out), "--store", str(folder / "farm.db")),
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    whole = time.perf_counter() - start
    vectors = json.loads((out / "report.json").read_text())["vectors"]
    attempts = [attempt for vector in vectors for attempt in vector["history"]]
    starts = [_seconds(attempt["started"]) for attempt in attempts]
    ends = [begin + attempt["seconds"] for begin, attempt in zip(starts, attempts, strict=True)]
    return len(vectors), max(ends) - min(starts), whole


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each; the best one counts")
    parser.add_argument("--shapes", type=int, default=13, help="shapes, with 160 vectors each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="farm-speed-") as name:
        folder = Path(name)
        (folder / "bench_module.py").write_text(MODULE.replace("SHAPES", str(options.shapes)))
        # In turn, so that other work on the machine slows all of them alike.
        results = [(bare(folder), bare(folder, 2), swept(folder, 1), swept(folder, 2)) for _ in range(options.rounds)]
    loops, pairs, one, two = zip(*results, strict=True)
    count = loops[0][0]
    loop, pair = max(rate for _, rate in loops), max(rate for _, rate in pairs)
    single, double = (max(count / seconds for count, seconds, _ in rounds) for rounds in (one, two))
    print(f"{count} vectors, best of {options.rounds}, {os.cpu_count()} cores")
    print(f"{'':24}{'vectors/s':>10}{'of the loop':>13}{'of one board':>14}{'command, s':>12}")
    print(f"{'bare loop':24}{loop:10.0f}{1:13.2f}{'':>14}{'':>12}")
    print(f"{'two bare loops':24}{pair:10.0f}{pair / loop:13.2f}")
    print(f"{'farm, one board':24}{single:10.0f}{single / loop:13.2f}{1:14.2f}{min(o[2] for o in one):12.1f}")
    print(
        f"{'farm, two boards':24}{double:10.0f}{double / loop:13.2f}{double / single:14.2f}"
        f"{min(t[2] for t in two):12.1f}"
    )


if __name__ == "__main__":
    main()
