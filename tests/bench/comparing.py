"""What comparing outputs of 1 MB costs: `python -m tests.bench.comparing` prints JSON.

The outputs come from the numeric double. A vector's time is that of making its inputs, computing its golden, reading
its output and comparing it, without that of the call, in which the double computes: as if a board took none.
Times are those of the processor in the main thread, which other work on the machine doesn't change; what torch and ttnn
do in threads of their own makes a vector longer, and the true share smaller. Expects the environment of a mock board.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import ttnn

from farm.core.payload import TracedCall
from farm.core.verdicts import Verdict
from farm.worker.goldens import judge as judging
from farm.worker.runner import Runner
from tests.numeric.double import Bend, Place
from tests.numeric.run import double
from tracer.values import Tensor, encode

ROUNDS = 7
SHAPES = {"BFLOAT16": (1, 1, 512, 1024), "FLOAT32": (1, 1, 256, 1024), "BFLOAT8_B": (1, 1, 1024, 1024)}
"""Outputs of 1 MB: 2, 4 and about 1 byte for an element."""
WITHIN = ("ttnn.add", "ttnn.exp", "ttnn.matmul", "ttnn.softmax")


@dataclass
class Stopwatch:
    """Sums the processor's time in the calls of functions."""

    seconds: float = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is timed."""

        def timed(*positional: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*positional, **named)
            finally:
                self.seconds += time.thread_time() - began

        return timed


def call(operation: str, dtype: str) -> TracedCall:
    """Return a call whose output is of 1 MB."""
    shape = SHAPES[dtype]
    arguments: dict[str, Any] = {"arg0": encode(Tensor(shape, dtype, "TILE"))}
    if operation in ("ttnn.add", "ttnn.matmul"):
        other = (1, 1, shape[-1], shape[-1]) if operation == "ttnn.matmul" else shape
        arguments["arg1"] = encode(Tensor(other, dtype, "TILE"))
    elif operation == "ttnn.softmax":
        arguments["arg1"] = -1
    elif operation == "ttnn.transpose":
        arguments |= {"arg1": -2, "arg2": -1}
    return TracedCall("bench", operation, arguments)


def share(
    device: Any, dtype: str, operations: tuple[str, ...], verdict: Verdict, bend: Bend | None = None
) -> dict[str, float]:
    """Return the milliseconds of comparisons and their share of the vectors' time.

    Raises:
        RuntimeError: a vector has another verdict.
    """
    computing, comparing = Stopwatch(), Stopwatch()
    execution = double(bend)(device)
    execution.call = computing.around(execution.call)  # type: ignore[method-assign]
    runner = Runner(device, computes=True, execution=execution)
    compared, total = 0.0, 0.0
    with patch.object(judging, "judge", comparing.around(judging.judge)):  # type: ignore[attr-defined]
        for operation in operations:
            best = (float("inf"), 0.0)
            for _ in range(ROUNDS):
                computing.seconds = comparing.seconds = 0.0
                began = time.thread_time()
                outcome = runner.run(call(operation, dtype))
                taken = time.thread_time() - began - computing.seconds
                if outcome.verdict is not verdict:
                    raise RuntimeError(f"{operation} of {dtype} is {outcome.verdict.value}: {outcome.message}")
                best = min(best, (taken, comparing.seconds))
            total, compared = total + best[0], compared + best[1]
    return {"milliseconds": compared / len(operations) * 1e3, "share": compared / total}


def twice(numbers: Any, place: Place) -> Any:
    """Bend an output to twice its values."""
    return 2 * numbers


def main() -> None:
    """Print for each dtype and kind of output the milliseconds of a comparison and its share."""
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
    measured = {
        dtype: {
            "equal": share(device, dtype, ("ttnn.transpose",), Verdict.PASS),
            "within": share(device, dtype, WITHIN, Verdict.PASS),
            "wrong": share(device, dtype, ("ttnn.add", "ttnn.matmul"), Verdict.FAIL_ASSERT_EXCEPTION, twice),
        }
        for dtype in SHAPES
    }
    print(json.dumps(measured))
    sys.stdout.flush()
    os._exit(0)  # without nanobind's report of leaks


if __name__ == "__main__":
    main()
