"""The options of `farm sweep` that measure something beside the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farm.planning.selection import Mode

Perf = Annotated[bool, typer.Option("--perf", help="Run each vector twice and time the second run.")]
PerfWithCache = Annotated[
    bool,
    typer.Option(
        "--perf-with-cache", help="Time a run with empty caches of programs and kernels, and one with warm ones."
    ),
]
DevicePerf = Annotated[
    bool, typer.Option("--device-perf", help="Read the device profiler, where ttnn is built with it.")
]
MeasureMemory = Annotated[
    bool, typer.Option("--measure-memory", help="What each vector needs of L1, also on mock boards.")
]
Watcher = Annotated[bool, typer.Option("--watcher", help="Run under tt-metal's watcher.")]


def measures(*, perf: bool, perf_with_cache: bool, device_perf: bool, memory: bool) -> list[Mode]:
    """The modes that options ask for, as `farm.worker.measuring` names them."""
    asked: dict[Mode, bool] = {
        "perf": perf,
        "perf_with_cache": perf_with_cache,
        "device_perf": device_perf,
        "memory": memory,
    }
    return [name for name, wanted in asked.items() if wanted]
