"""Measure how long listing a tree of sweep modules takes: `python -m tests.bench.listing MODULES COMMAND`.

The tree is laid out as a checkout's sweeps, with about 3,100 vectors a module. A third of the modules names the
products of values itself, as tuples, and half of them call some vectors invalid. The command is `import`, which imports
all in one process, or a command of farm that lists them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from farm.board.environment import QUIET
from tests.bench.row import ROOT, Row, measured

COMMANDS = {
    "modules": ("modules", "--json"),
    "count": ("vectors", "--count"),
    "plan": ("sweep", "--module", "*", "--dry-run", "--json"),
}
"""What lists a tree, by name."""

HEAD = """import itertools

import ttnn

TIMEOUT = 30
SHAPES = [[1, 1, 32 * rows, 32 * columns] for rows, columns in itertools.product(range(1, 14), range(1, 11))]
DTYPES = [ttnn.bfloat16, ttnn.bfloat8_b, ttnn.float32]
LAYOUTS = [ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT]
MEMORY = [ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG]
"""

PRODUCT = """
parameters = {
    "nightly": {
        "input_shape": SHAPES,
        "input_a_dtype": DTYPES,
        "input_a_layout": LAYOUTS,
        "input_a_memory_config": MEMORY,
        "scalar": [0.5, NUMBER.25],
    },
    "xfail_empty": {
        "input_shape": [[0, 32]],
        "input_a_dtype": DTYPES[:1],
        "input_a_layout": LAYOUTS[:1],
        "input_a_memory_config": MEMORY[:1],
        "scalar": [1.0],
    },
}
"""

TUPLES = """
parameters = {
    "nightly": {
        "input_shape,input_a_dtype,input_a_layout,input_a_memory_config,scalar": list(
            itertools.product(SHAPES, DTYPES, LAYOUTS, MEMORY, [0.5, NUMBER.25])
        ),
    },
}
"""

JUDGE = """

def invalidate_vector(test_vector):
    if test_vector["input_a_layout"] == ttnn.ROW_MAJOR_LAYOUT and test_vector["input_a_dtype"] == ttnn.bfloat8_b:
        return True, "bfloat8_b needs tiles"
    return False, None
"""

RUN = """

def run(input_shape, input_a_dtype, input_a_layout, input_a_memory_config, scalar, *, device):
    options = {"layout": input_a_layout, "device": device, "memory_config": input_a_memory_config}
    output = ttnn.multiply(ttnn.ones(input_shape, dtype=input_a_dtype, **options), scalar)
    return list(output.shape) == input_shape, ""
"""

IMPORT = """
import importlib.util, sys
from pathlib import Path
import ttnn
for number, file in enumerate(sorted(Path(sys.argv[1]).rglob("*.py"))):
    spec = importlib.util.spec_from_file_location(f"module_{number}", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
"""


def write_tree(folder: Path, modules: int) -> None:
    """Write a tree of modules."""
    for number in range(modules):
        file = folder / f"group_{number // 50}" / f"operation_{number}" / f"operation_{number}.py"
        file.parent.mkdir(parents=True)
        suites = PRODUCT if number % 3 else TUPLES
        judge = JUDGE if number % 2 else ""
        file.write_text(HEAD + suites.replace("NUMBER", str(number + 1)) + judge + RUN, encoding="utf-8")


def measure(modules: int, command: str) -> dict[str, float]:
    """What a command takes for a tree of modules: seconds, seconds of processors, megabytes of its largest process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder, modules)
        words = [sys.executable, "-c", IMPORT, name]
        environment = {**os.environ, **QUIET}
        # the first time compiles the modules
        subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True)
        if command != "import":
            farm = (sys.executable, "-m", "farm")
            words = [*farm, *COMMANDS[command], "--sweeps", name, "--boards", "mock:n300*2"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True)
        seconds = time.perf_counter() - start
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = usage.ru_utime + usage.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor": processor, "megabytes": usage.ru_maxrss / 1024}


def listing(full: bool) -> Iterator[Row]:
    """Compare listing a tree of sweep modules to importing its modules, in time and in memory."""
    modules = 600 if full else 200
    commands = {"import": "importing", "modules": "farm modules", "count": "farm vectors --count", "plan": "a dry run"}
    best: dict[str, dict[str, float]] = {}
    for _ in range(3 if full else 1):
        for command in commands:
            figures = measured("tests.bench.listing", modules, command)
            best[command] = min(best.get(command, figures), figures, key=lambda each: each["seconds"])
    alone = best["import"]
    what = f"{modules} modules, {modules * 3_120:,} vectors"
    yield Row(f"{what}: importing the modules in one process", f"{alone['seconds']:.1f} s, {alone['megabytes']:.0f} MB")
    for command, words in list(commands.items())[1:]:
        figures = best[command]
        times, more = figures["seconds"] / alone["seconds"], figures["megabytes"] / alone["megabytes"]
        value = f"{figures['seconds']:.1f} s, {times:.2f} x; {figures['megabytes']:.0f} MB"
        yield Row(f"{what}: {words}", value, "≤ 2 x, in as much memory", times <= 2 and more <= 1.1)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2])))
