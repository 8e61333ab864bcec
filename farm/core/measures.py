"""The measurements, and the environment variables that a worker needs for them before it opens a board."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

PERF: Final = "perf"
PERF_WITH_CACHE: Final = "perf_with_cache"
DEVICE_PERF: Final = "device_perf"
MEMORY: Final = "memory"

Mode = Literal["perf", "perf_with_cache", "device_perf", "memory"]
"""A measurement of a vector in addition to its verdict; see `farm.worker.measuring`."""
MODES: tuple[Mode, ...] = (PERF, PERF_WITH_CACHE, DEVICE_PERF, MEMORY)

PROFILER = {
    "TT_METAL_DEVICE_PROFILER": "1",
    "TT_METAL_PROFILER_MID_RUN_DUMP": "1",
    "TT_METAL_PROFILER_CPP_POST_PROCESS": "1",
}
WATCHER = {"TT_METAL_WATCHER": "120"}
"""Turns the watcher on; the value is the seconds between its polls."""

KERNELS_VARIABLE = "TT_METAL_CACHE"
"""tt-metal's variable for its kernel cache. A value that the user has set is kept."""
COLD = {"FARM_COLD_KERNELS": "1"}
"""Gives the process a kernel cache of its own, because it empties the cache; other processes share one."""

_NO_PROFILER = "requires a Tracy-enabled build"


def disable_profiler(error: BaseException) -> bool:
    """Remove the profiler from this process's environment if it kept a board from opening.

    Args:
        error: what opening the board raised.

    Returns:
        Whether the profiler was the cause, so that another try may open the board.
    """
    if _NO_PROFILER not in str(error):
        return False
    removed = [name for name in PROFILER if os.environ.pop(name, None) is not None]
    return bool(removed)


def private_kernel_cache(environment: Mapping[str, str]) -> Path | None:
    """The kernel cache that a process with this environment may empty; None if it shares its cache."""
    folder = environment.get(KERNELS_VARIABLE)
    return Path(folder) if folder and COLD.items() <= environment.items() else None
