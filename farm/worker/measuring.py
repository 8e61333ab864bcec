"""Measurements of a vector besides its verdict, under tt-metal's names.

Modes: `perf` is the time of a vector's only run, and of a warm one after it; `perf_with_cache` of a run with empty
caches, of programs and of kernels in memory and on disk, and of one with warm caches; `memory` is what the call needs
of L1, from a graph captured without dispatch, which works on mocks too; `device_perf` reads the device profiler, where
the build has one. The first run decides the verdict. What can't be measured is said in a note.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from farm.core.answers import Answer, NoAnswer, read_answer
from farm.core.classify import classify_error, error_text
from farm.core.errors import WorkerInterrupted
from farm.core.measures import DEVICE_PERF, MEMORY, PERF, PERF_WITH_CACHE, private_kernel_cache

Run: TypeAlias = Callable[[], Any]
Announce: TypeAlias = Callable[[int, Any], None]
"""Announces a further run: its number, and the answer that is final even if it fails; None if this run counts."""

_OPENS_ITSELF = "the module opens the board itself"
_NANOSECONDS = 1e6  # in a millisecond
_CACHES = ("_uncached", "_cached")
_DEVICE = "device_"
"""tt-metal's prefix of the profiler's names."""


@dataclass
class Measurements:
    """What was measured.

    Attributes:
        metrics: numbers by tt-metal's names.
        notes: what is missing or doubtful, and why.
        suspicion: what a measurement says against the board, which a vector that failed may be a victim of.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    suspicion: str = ""

    def lacks(self, measure: str, why: str) -> None:
        """Note that something could not be measured."""
        note = f"{measure} not available: {why}"
        if note not in self.notes:
            self.notes.append(note)


def measure(
    run: Run,
    device: Any | None,
    modes: Collection[str],
    measurements: Measurements,
    *,
    computes: bool,
    opted_out: Callable[[], bool] = lambda: False,
    announce: Announce = lambda _run, _answer: None,
) -> Any:
    """Run a vector once, or as often as the modes need; returns the answer that counts.

    That is the first one. Only where a run with empty caches and one with warm caches were asked for, and a board
    computes both, the second one must be right as well, as in tt-metal.

    Args:
        run: runs it, and returns what a module's `run()` does, `(ok, message)` or `[(ok, message), nanoseconds]`.
        device: the open board; None if the module opens it in `run()`.
        modes: of `MODES`.
        measurements: filled with the results.
        computes: whether the board computes numbers: one that doesn't has no performance.
        opted_out: whether the module says, after a run, that the device's performance can't be measured.
        announce: called before each further run.

    Raises:
        Exception: what the first run raises; what another one does, only where it blames the board or the host.
    """
    return _Measuring(run, device, frozenset(modes), measurements, computes, opted_out, announce).answer()


@dataclass
class _Measuring:
    """The runs of one vector."""

    run: Run
    device: Any | None
    modes: frozenset[str]
    measurements: Measurements
    computes: bool
    opted_out: Callable[[], bool]
    announce: Announce
    runs: int = 0

    def answer(self) -> Any:
        """The answer that counts."""
        twice = PERF_WITH_CACHE in self.modes
        if twice:
            self._clear_caches()
        returned = self.run()
        self.runs = 1
        try:
            first = read_answer(returned)
        except NoAnswer:
            return returned
        if twice or PERF in self.modes:
            self._note_time(first, "e2e_perf_uncached_ms" if twice else "e2e_perf_ms")
        if DEVICE_PERF in self.modes:
            self._device_perf(_CACHES[0] if twice else "")
        if self.computes and not first.good:
            return returned  # a wrong result needs no further measurements
        if twice or PERF in self.modes:
            second = self._again("the warm run" if twice else "a second run", returned)
            if second is not None:
                self._note_time(second, "e2e_perf_cached_ms" if twice else "e2e_perf_warm_ms")
            if twice and DEVICE_PERF in self.modes:
                self._device_perf(_CACHES[1])
            if self.computes and second is not None and not second.good:
                if twice:
                    returned = (False, f"wrong with warm caches, right with empty ones: {second.message}")
                else:
                    self.measurements.notes.append(f"the second run failed: {second.message}")
        if MEMORY in self.modes:
            self._memory(returned)
        return returned

    def _again(self, which: str, first: Any) -> Answer | None:
        """Run the vector again; return its answer, or None if it has none."""
        self.runs += 1
        self.announce(self.runs, None if self.computes and PERF_WITH_CACHE in self.modes else first)
        try:
            return read_answer(self.run())
        except WorkerInterrupted:
            raise
        except NoAnswer as error:
            self.measurements.lacks("perf", f"{which} returned something else: {error}")
        except BaseException as error:
            if classify_error(error)[0].fault:
                raise
            self.measurements.lacks("perf", f"{which} raised: {error_text(error)}")
        return None

    def _note_time(self, answer: Answer, name: str) -> None:
        if answer.nanoseconds is None:
            self.measurements.lacks("perf", "run() returned no time")
        else:
            self.measurements.metrics[name] = answer.nanoseconds / _NANOSECONDS

    def _clear_caches(self) -> None:
        """Make the next run compile all its kernels, as the first one on a new host does."""
        import ttnn

        try:
            if self.device is None:
                self.measurements.notes.append(f"the first run may find cached programs: {_OPENS_ITSELF}")
            else:
                self.device.disable_and_clear_program_cache()
                self.device.enable_program_cache()
            ttnn.device.ClearKernelCache()
        except Exception as error:  # noqa: BLE001 - a failed measurement fails no vector
            self.measurements.notes.append(f"the first run may find warm caches: {error_text(error)}")
        cache = private_kernel_cache(os.environ)
        for folder in () if cache is None else list(cache.rglob("kernels")):
            shutil.rmtree(folder, ignore_errors=True)

    def _memory(self, answer: Any) -> None:
        """Measure what a run needs of L1, from the graph of a run that dispatches nothing."""
        import ttnn

        if self.device is None:
            self.measurements.lacks("memory", _OPENS_ITSELF)
            return
        problem = ""
        try:
            grid = self.device.compute_with_storage_grid_size()
            self.runs += 1
            self.announce(self.runs, answer)
            ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
            try:
                self.run()
            except WorkerInterrupted:
                raise
            except BaseException as error:  # noqa: BLE001 - without dispatch there are no numbers: a module may mind
                problem = error_text(error)
            finally:
                graph = ttnn.graph.end_graph_capture()
            cores = grid.x * grid.y
            usage = _usage_per_core(graph, cores)
            device_peak = float(ttnn.graph.extract_peak_L1_memory_usage(graph))
        except Exception as error:  # noqa: BLE001 - a failed measurement fails no vector
            self.measurements.lacks("memory", error_text(error))
            return
        if problem:
            self.measurements.notes.append(f"memory may be more: the run without dispatch raised: {problem}")
        self.measurements.metrics.update(
            peak_l1_memory_per_core_bytes=float(usage.peak_total),
            peak_cb_per_core_bytes=float(usage.peak_cb),
            peak_l1_buffers_per_core_bytes=float(usage.peak_l1),
            num_cores=float(cores),
            peak_l1_memory_aggregate_bytes=float(usage.peak_total * cores),
            peak_l1_memory_device_bytes=device_peak,
        )

    def _without_device_perf(self) -> str:
        """Why there is nothing to read from the device profiler; empty where there may be."""
        if not self.computes:
            return "a mock board runs nothing"
        if self.device is None:
            return _OPENS_ITSELF
        return "the module opts out of it" if self.opted_out() else ""

    def _device_perf(self, suffix: str) -> None:
        """Read the durations that the device profiler recorded since it was last read.

        Every program counts as its slowest chip; those of several programs add up.
        """
        why = self._without_device_perf()
        durations: dict[str, float] = {}
        if not why:
            try:
                durations = _durations(self.device)
            except Exception as error:  # noqa: BLE001 - a failed measurement fails no vector
                why = error_text(error)
                if classify_error(error)[0].fault:
                    self.measurements.suspicion = why
            else:
                why = "" if durations else "the profiler recorded no program"
        if why:
            self.measurements.lacks("device perf", why)
        for name, duration in durations.items():
            self.measurements.metrics[f"{_DEVICE}{name}{suffix}"] = duration


def _usage_per_core(graph: Any, cores: int) -> Any:
    import ttnn

    try:
        return ttnn.graph.extract_resource_usage_per_core(graph)
    except TypeError:  # the ttnn of early 2026 wants the number of cores, too
        return ttnn.graph.extract_resource_usage_per_core(graph, cores)


def forget_programs(device: Any) -> None:
    """Read what the device profiler recorded, so that only later programs count."""
    import ttnn

    with contextlib.suppress(Exception):  # the next reading says it
        ttnn.synchronize_device(device)
        ttnn.ReadDeviceProfiler(device)


def _durations(device: Any) -> dict[str, float]:
    import ttnn

    ttnn.synchronize_device(device)
    ttnn.ReadDeviceProfiler(device)
    cores = 0
    by_program: dict[tuple[int, int, int], dict[str, float]] = {}
    for programs in ttnn.get_latest_programs_perf_data().values():
        for program in programs:
            execution = program.program_execution_uid
            key = execution.runtime_id, execution.trace_id, execution.trace_id_counter
            slowest = by_program.setdefault(key, {})
            for name, result in program.program_analyses_results.items():
                slowest[name] = max(slowest.get(name, 0.0), float(result.duration))
            cores = max(cores, program.core_count)
    sums: dict[str, float] = {}
    for slowest in by_program.values():
        for name, duration in slowest.items():
            sums[name] = sums.get(name, 0.0) + duration
    return {**sums, "CORE COUNT": float(cores)} if sums else {}
