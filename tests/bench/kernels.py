"""Cold kernels of the null toolchain: `python -m tests.bench.kernels` runs operations twice and prints JSON.

Expects the environment of a mock board whose kernel cache is empty.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import ttnn

from farm.core.measures import KERNELS_VARIABLE


def kernels(folder: Path) -> int:
    """How many kernels a cache has: each has a folder for each of its processors."""
    return len(
        {path.parent.parent for path in folder.rglob("*.elf") if path.parent.parent.parent.parent.name == "kernels"}
    )


def main() -> None:
    """Print the seconds of the operations' first calls and of the second ones, and how many kernels were built."""
    cache = Path(os.environ[KERNELS_VARIABLE])
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
    tensor = ttnn.ones((1, 1, 64, 64), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    calls: list[Callable[[], object]] = [
        *(partial(getattr(ttnn, name), tensor) for name in ("relu", "exp", "sqrt", "gelu", "neg", "abs")),
        *(partial(getattr(ttnn, name), tensor, tensor) for name in ("add", "multiply", "subtract", "matmul")),
        partial(ttnn.softmax, tensor, -1),
        partial(ttnn.transpose, tensor, -1, -2),
    ]
    before, seconds = kernels(cache), []
    for _ in range(2):
        began = time.perf_counter()
        for call in calls:
            call()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"cold": seconds[0], "warm": seconds[1], "kernels": kernels(cache) - before}))
    sys.stdout.flush()
    os._exit(0)  # without nanobind's report of leaks


if __name__ == "__main__":
    main()
