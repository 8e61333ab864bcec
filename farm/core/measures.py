"""What the environment of a worker must say before a board is opened, for what is asked of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PERF, PERF_WITH_CACHE, MEMORY, DEVICE_PERF = "perf", "perf_with_cache", "memory", "device_perf"


MODES = (PERF, PERF_WITH_CACHE, MEMORY, DEVICE_PERF)

PROFILER = {
    "TT_METAL_DEVICE_PROFILER": "1",
    "TT_METAL_PROFILER_MID_RUN_DUMP": "1",
    "TT_METAL_PROFILER_CPP_POST_PROCESS": "1",
}
WATCHER = {"TT_METAL_WATCHER": "120"}
"""Seconds between two looks of the watcher."""

KERNELS_VARIABLE = "TT_METAL_CACHE"
COLD = {"FARM_COLD_KERNELS": "1"}
"""The process is to keep compiled kernels in a folder of its own, since what runs in it empties that: others share."""

_NO_PROFILER = "requires a Tracy-enabled build"


def disable_profiler(error: BaseException) -> bool:
    """Takes the profiler back from this process's environment, where a board didn't open because of it.

    Args:
        error: what opening the board raised.

    Returns:
        Whether it was that, so that another try may open it.
    """
    if _NO_PROFILER not in str(error):
        return False
    asked = [name for name in PROFILER if os.environ.pop(name, None) is not None]
    return bool(asked)


def private_kernel_cache(environment: Mapping[str, str]) -> Path | None:
    """The folder of compiled kernels that a process with this environment may empty; None where others share it."""
    kept = environment.get(KERNELS_VARIABLE)
    return Path(kept) if kept and COLD.items() <= environment.items() else None
