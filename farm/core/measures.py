"""What can be measured, and the environment variables that a worker needs for it before it opens a board."""

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
"""What can be measured of a vector beside its verdict; see `farm.worker.measuring`."""
MODES: tuple[Mode, ...] = (PERF, PERF_WITH_CACHE, DEVICE_PERF, MEMORY)

PROFILER = {
    "TT_METAL_DEVICE_PROFILER": "1",
    "TT_METAL_PROFILER_MID_RUN_DUMP": "1",
    "TT_METAL_PROFILER_CPP_POST_PROCESS": "1",
}
WATCHER = {"TT_METAL_WATCHER": "120"}
"""The watcher is on, with this many seconds between two of its polls."""

KERNELS_VARIABLE = "TT_METAL_CACHE"
COLD = {"FARM_COLD_KERNELS": "1"}
"""The process keeps compiled kernels in a folder of its own, because it empties that folder: others share one."""

_NO_PROFILER = "requires a Tracy-enabled build"


def disable_profiler(error: BaseException) -> bool:
    """Take the profiler out of this process's environment, if a board didn't open because of it.

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
    """The folder of compiled kernels that a process with this environment may empty; None where others share it."""
    folder = environment.get(KERNELS_VARIABLE)
    return Path(folder) if folder and COLD.items() <= environment.items() else None
