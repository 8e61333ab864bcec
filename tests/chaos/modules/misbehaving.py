"""A sweep module whose vectors do everything that hurts a farm. Most are good; the others name what they do."""

import ctypes
import os
import signal
import sys
import time
from typing import Any

parameters = {
    "good": {"how": ["good"], "number": list(range(int(os.environ.get("CHAOS_GOOD", "300"))))},
    "bad": {
        "how": ["raise", "exit", "segfault", "abort", "hang", "sleep_in_c", "stop", "print", "leak", "oom"],
        "number": list(range(int(os.environ.get("CHAOS_BAD", "1")))),
    },
}
TIMEOUT = 4


def run(how: str, number: int, *, device: Any) -> tuple[bool, str]:  # noqa: C901 - one branch for each way to go wrong
    """Behave as `how` says; `tests.chaos.vectors.EXPECTED` has the verdicts that may follow."""
    import ttnn

    tensor = ttnn.ones((1, 1, 32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    ttnn.add(tensor, float(number))
    time.sleep(float(os.environ.get("CHAOS_SECONDS", "0.03")))
    if how == "raise":
        raise RuntimeError("TT_FATAL: on purpose")
    if how == "oom":
        raise RuntimeError("TT_THROW: Out of Memory: Not enough space to allocate 1 B L1 buffer")
    if how == "exit":
        os._exit(3)
    if how == "segfault":
        ctypes.string_at(0)
    if how == "abort":
        os.abort()
    if how == "hang":
        while True:
            pass
    if how == "sleep_in_c":
        ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock
    if how == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    if how == "print":
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            sys.stdout.write("without end " * 100)
    if how == "leak":
        leaked = [bytes(1 << 20) for _ in range(64)]
        return len(leaked) == 64, "leaked"
    return True, ""
