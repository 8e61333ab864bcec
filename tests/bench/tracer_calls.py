"""Measure what tracing adds to a call that was made before: `python -m tests.bench.tracer_calls CALLS [--peer]`.

With `--peer`, calls run on host tensors and are compared with `ttnn.operation_tracer`, which newer versions of ttnn
have. Without it, they run on a mock board. Prints microseconds per call, as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERIES = 25


def seconds(call: Callable[[], Any], calls: int) -> float:
    """Return the seconds of one call: the best of many short series, since other work on the machine comes and goes."""
    call()
    results, each = [], max(1, calls // SERIES)
    for _ in range(SERIES):
        start = time.perf_counter()
        for _ in range(each):
            call()
        results.append((time.perf_counter() - start) / each)
    return min(results)


def ours(call: Callable[[], Any], calls: int, folder: Path) -> float:
    """Return the seconds of one call under this project's capture."""
    from tracer.capture.recorder import Capture

    capture = Capture(folder / "trace.jsonl")
    capture.start()
    capture.begin("bench")
    try:
        return seconds(call, calls)
    finally:
        capture.end("bench", "passed")
        capture.stop()


def on_a_board(calls: int, folder: Path) -> dict[str, float]:
    """Measure an addition of two tensors on a mock n300."""
    from farm.board.backends.mock import mock_environment
    from farm.board.kinds import KINDS

    os.environ.update(mock_environment(KINDS["n300"]))
    import ttnn

    device = ttnn.open_device(device_id=0)
    one, other = (ttnn.zeros([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device) for _ in range(2))

    def call() -> None:
        ttnn.add(one, other, dtype=ttnn.bfloat16, memory_config=ttnn.L1_MEMORY_CONFIG)

    plain = seconds(call, calls)
    traced = ours(call, calls, folder)
    plain = min(plain, seconds(call, calls))
    ttnn.close_device(device)
    return {"plain": plain, "ours": traced - plain}


def beside_the_peer(calls: int, folder: Path) -> dict[str, float]:
    """Measure a reshape of a host tensor under both tracers, tt-metal's wrapped around the operation's function.

    tt-metal's tracer needs slow runtime mode, whose own cost is left out here. It uses torch only to ask whether a
    value is a torch tensor, so a stand-in will do where torch is missing.
    """
    os.environ["TTNN_OPERATION_TRACE_DIR"] = str(folder / "theirs")
    import numpy as np
    import ttnn
    import ttnn.operation_tracer

    if importlib.util.find_spec("torch") is None:
        sys.modules["torch"] = types.ModuleType("torch")
        sys.modules["torch"].Tensor = type("Tensor", (), {})  # type: ignore[attr-defined]
    tensor = ttnn.Tensor(np.zeros((1, 1, 32, 32), dtype=np.float32), ttnn.float32)
    wrapped = ttnn.operation_tracer.wrap_function_for_tracing(ttnn.reshape.function, "ttnn.reshape")

    def call() -> None:
        ttnn.reshape(tensor, (1, 32, 1, 32))

    def call_theirs() -> None:
        wrapped(tensor, (1, 32, 1, 32))

    plain = seconds(call, calls)
    bare = seconds(call_theirs, calls)
    traced = ours(call, calls, folder)
    ttnn.operation_tracer.enable_tracing(enable=True)
    theirs = seconds(call_theirs, calls)
    if not any((folder / "theirs").rglob("*.json")):
        raise RuntimeError("ttnn.operation_tracer wrote nothing")
    return {"plain": plain, "ours": traced - plain, "theirs": theirs - bare}


def main(calls: int, *, peer: bool) -> dict[str, float]:
    """Return the microseconds that tracing adds to a call."""
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)  # ttnn writes files into the working directory
        figures = (beside_the_peer if peer else on_a_board)(calls, Path(name))
        os.chdir("/")
    return {key: 1e6 * value for key, value in figures.items()}


if __name__ == "__main__":
    printed = json.dumps(main(int(sys.argv[1]), peer="--peer" in sys.argv))
    sys.stdout.write(printed + "\n")
    sys.stdout.flush()
    os._exit(0)  # skip nanobind's leak report
