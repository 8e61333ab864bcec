"""What the environment of a board process must say before ttnn is imported, for what is asked of it."""

PROFILER = {
    "TT_METAL_DEVICE_PROFILER": "1",
    "TT_METAL_PROFILER_MID_RUN_DUMP": "1",
    "TT_METAL_PROFILER_CPP_POST_PROCESS": "1",
}
WATCHER = {"TT_METAL_WATCHER": "120"}
"""Seconds between two looks of the watcher."""
