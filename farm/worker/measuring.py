"""Measurements of a vector besides its verdict, under tt-metal's names.

Modes: `perf` times the second of two runs; `perf_with_cache` one with empty caches, of programs and of kernels in
memory and on disk, and one with warm ones; `memory` what the call needs of L1, from a graph captured without dispatch,
which works on mocks too; `device_perf` reads the device profiler, where the build has one.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from farm.core.classify import classify_error, error_text
from farm.core.measures import DEVICE_PERF, MEMORY, PERF, PERF_WITH_CACHE, private_kernel_cache
from farm.core.verdicts import Reason, Verdict

Run: TypeAlias = Callable[[], Any]

_OPENS_ITSELF = "the module opens the board in run()"
_NANOSECONDS = 1e6  # in a millisecond


@dataclass
class Measurements:
    """What was measured.

    Attributes:
        metrics: numbers by tt-metal's names.
        details: notes on numbers that are missing or doubtful.
        complaint: the verdict of a vector that passed, where a measurement isn't possible.
        suspicion: what a measurement says against the board, which a vector that failed may be a victim of.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    complaint: tuple[Verdict, Reason, str] | None = None
    suspicion: str = ""


def measure(
    run: Run,
    device: Any | None,
    modes: Collection[str],
    measurements: Measurements,
    *,
    computes: bool,
    opted_out: Callable[[], bool] = lambda: False,
) -> Any:
    """Run a vector once, or as often as the modes need; returns the answer that counts.

    What can't be measured doesn't fail the vector, except for the device's performance on a board that computes.

    Args:
        run: runs it; answers as a module's `run()` does, `(ok, message)` or `[(ok, message), nanoseconds]`.
        device: the open board; None if the module opens it in `run()`.
        modes: of `MODES`.
        measurements: filled with the results.
        computes: whether the board computes numbers: one that doesn't has no performance.
        opted_out: whether the module says, after a run, that the device's performance can't be measured.

    Raises:
        Exception: whatever `run()` raises.
    """
    if PERF_WITH_CACHE in modes:
        if device is not None:
            _clear_caches(device)
        first, uncached = _timed(run)
        answer, cached = _timed(run)
        measurements.metrics["e2e_perf_uncached_ms"], measurements.metrics["e2e_perf_cached_ms"] = uncached, cached
        if not _good(first):
            answer = first
    elif PERF in modes:
        first, _ = _timed(run)
        answer, measurements.metrics["e2e_perf_ms"] = _timed(run)
        if not _good(first):
            answer = first
    else:
        answer = run()
    if DEVICE_PERF in modes:
        if not computes or device is None or opted_out():
            why = _OPENS_ITSELF if device is None else "the module opts out of it"
            measurements.details["device_perf"] = f"not available: {why if computes else 'a mock board runs nothing'}"
        else:
            _device_perf(device, measurements)
    if MEMORY in modes:
        if device is None:
            measurements.details["memory"] = f"not available: {_OPENS_ITSELF}"
        else:
            _memory(run, device, measurements)
    return answer


def _timed(run: Run) -> tuple[Any, float]:
    """The answer of `run()` and its milliseconds: those that it measured itself, where it does."""
    begun = time.perf_counter_ns()
    answer = run()
    nanoseconds = time.perf_counter_ns() - begun
    if isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], (int, float)):
        nanoseconds = int(answer[1])
    return answer, nanoseconds / _NANOSECONDS


def _clear_caches(device: Any) -> None:
    """Make the next run compile all its kernels, as the first one on a new host does."""
    import ttnn

    device.disable_and_clear_program_cache()
    device.enable_program_cache()
    ttnn.device.ClearKernelCache()
    cache = private_kernel_cache(os.environ)
    for folder in () if cache is None else list(cache.rglob("kernels")):
        shutil.rmtree(folder, ignore_errors=True)


def _good(answer: Any) -> bool:
    result = answer[0] if isinstance(answer, list) and answer else answer
    return isinstance(result, tuple) and bool(result) and bool(result[0])


def _memory(run: Run, device: Any, measurements: Measurements) -> None:
    """Measure what a run needs of L1, from the graph of a run that dispatches nothing."""
    import ttnn

    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
    problem = ""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - without dispatch there are no numbers, and a module may mind
        problem = error_text(error)
    finally:
        graph = ttnn.graph.end_graph_capture()
    if problem:
        measurements.details["memory"] = f"the run without dispatch raised, so it may need more: {problem}"
    grid = device.compute_with_storage_grid_size()
    cores = grid.x * grid.y
    usage = ttnn.graph.extract_resource_usage_per_core(graph, cores)
    measurements.metrics.update(
        peak_l1_memory_per_core_bytes=float(usage.peak_total),
        peak_cb_per_core_bytes=float(usage.peak_cb),
        peak_l1_buffers_per_core_bytes=float(usage.peak_l1),
        num_cores=float(cores),
        peak_l1_memory_aggregate_bytes=float(usage.peak_total * cores),
        peak_l1_memory_device_bytes=float(ttnn.graph.extract_peak_L1_memory_usage(graph)),
    )


def _device_perf(device: Any, measurements: Measurements) -> None:
    """Read the durations that the device profiler recorded: summed over programs, the longest over chips."""
    import ttnn

    try:
        ttnn.synchronize_device(device)
        ttnn.ReadDeviceProfiler(device)
        by_chip = ttnn.get_latest_programs_perf_data()
    except (AttributeError, RuntimeError) as error:
        measurements.complaint = _unsupported(error_text(error))
        if classify_error(error) == (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT):
            measurements.suspicion = error_text(error)
        return
    chips: list[dict[str, float]] = []
    for programs in by_chip.values():
        sums: dict[str, float] = {}
        for program in programs:
            for name, result in program.program_analyses_results.items():
                sums[name] = sums.get(name, 0.0) + float(result.duration)
        chips.append(sums)
    if not any(chips):
        measurements.complaint = _unsupported("the profiler recorded no program")
        return
    for name in {name for sums in chips for name in sums}:
        measurements.metrics[name] = max(sums.get(name, 0.0) for sums in chips)


def _unsupported(cause: str) -> tuple[Verdict, Reason, str]:
    return (
        Verdict.FAIL_UNSUPPORTED_DEVICE_PERF,
        Reason.NONE,
        f"passed, but its performance on the device can't be measured here: {cause}",
    )
