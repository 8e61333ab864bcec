"""Measuring a vector: tt-metal's names, and what is said where something can't be measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.measuring import Measurements, measure

GOOD = (True, "")
TIMED = [(True, ""), 2_000_000]


class Device:
    """An open board."""

    def disable_and_clear_program_cache(self) -> None:
        pass

    def enable_program_cache(self) -> None:
        pass


@pytest.fixture
def ttnn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A ttnn whose profiler raises what `error` says, or gives what `by_chip` holds."""
    state = SimpleNamespace(error=None, by_chip={})
    double = ModuleType("ttnn")

    def read(_device: Any) -> None:
        if state.error is not None:
            raise state.error

    double.synchronize_device = lambda _device: None  # type: ignore[attr-defined]
    double.ReadDeviceProfiler = read  # type: ignore[attr-defined]
    double.get_latest_programs_perf_data = lambda: state.by_chip  # type: ignore[attr-defined]
    double.device = SimpleNamespace(ClearKernelCache=lambda: None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ttnn", double)
    return state


def program(number: int, nanoseconds: float) -> SimpleNamespace:
    """What the profiler tells of a program on one chip."""
    execution = SimpleNamespace(runtime_id=number, trace_id=0, trace_id_counter=0)
    analyses = {"DEVICE KERNEL DURATION [ns]": SimpleNamespace(duration=nanoseconds)}
    return SimpleNamespace(program_execution_uid=execution, program_analyses_results=analyses, core_count=8 * number)


def measured(
    answers: list[Any], *modes: str, device: Any = None, computes: bool = False, opted_out: bool = False
) -> tuple[Any, Measurements]:
    """Measure a vector whose runs give or raise these answers; return the one that counts, and what was measured."""
    left: Iterator[Any] = iter(answers)

    def run() -> Any:
        answer = next(left)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    measurements = Measurements()
    answer = measure(run, device, modes, measurements, computes=computes, opted_out=lambda: opted_out)
    assert next(left, None) is None, "every run was made"
    return answer, measurements


def test_the_only_run_of_tt_metal_and_a_warm_one() -> None:
    answer, measurements = measured([TIMED, [(True, ""), 500_000]], "perf")
    assert answer == TIMED
    assert (measurements.metrics, measurements.notes) == ({"e2e_perf_ms": 2.0, "e2e_perf_warm_ms": 0.5}, [])


def test_a_run_with_empty_caches_and_one_with_warm_ones(ttnn: SimpleNamespace) -> None:
    _, measurements = measured([TIMED, TIMED], "perf_with_cache", device=Device())
    assert (measurements.metrics, measurements.notes) == (
        dict.fromkeys(("e2e_perf_uncached_ms", "e2e_perf_cached_ms"), 2.0),
        [],
    )


@pytest.mark.parametrize(
    ("answers", "note"),
    [
        ([GOOD, GOOD], "run() returned no time"),
        ([TIMED, TypeError("run() uses its values up")], "a second run raised: TypeError: run() uses its values up"),
        ([TIMED, SystemExit(3)], "a second run raised: SystemExit: 3"),
        ([TIMED, [True, "1.0"]], "a second run returned something else: run() returned [True, '1.0']"),
    ],
)
def test_what_cannot_be_timed_keeps_its_answer(answers: list[Any], note: str) -> None:
    answer, measurements = measured(answers, "perf")
    assert answer == answers[0]
    [said] = measurements.notes
    assert said.startswith(f"perf not available: {note}")


def test_the_first_run_counts_with_all_that_it_raises() -> None:
    with pytest.raises(TypeError):
        measured([TypeError("no such argument")], "perf")
    assert measured(["nothing"], "perf") == ("nothing", Measurements())
    assert measured([(False, "0.2")], "perf", computes=True)[0] == (False, "0.2"), "and no other run is made"


def test_a_further_run_may_blame_the_board() -> None:
    with pytest.raises(RuntimeError, match="run_mailbox"):
        measured([TIMED, RuntimeError("unexpected run_mailbox value 0x40")], "perf")


def test_wrong_numbers_with_warm_caches_count_where_both_were_asked_for(ttnn: SimpleNamespace) -> None:
    answer, _ = measured([TIMED, (False, "0.2")], "perf_with_cache", device=Device(), computes=True)
    assert answer == (False, "wrong with warm caches, right with empty ones: 0.2")
    answer, measurements = measured([TIMED, (False, "0.2")], "perf", computes=True)
    assert answer == TIMED
    assert "the second run failed: 0.2" in measurements.notes


def test_a_module_that_opens_the_board_itself_is_measured_as_far_as_possible(ttnn: SimpleNamespace) -> None:
    answer, measurements = measured([TIMED, TIMED], "perf_with_cache", "device_perf", "memory", computes=True)
    assert answer == TIMED
    assert set(measurements.metrics) == {"e2e_perf_cached_ms", "e2e_perf_uncached_ms"}
    why = "the module opens the board itself"
    assert measurements.notes == [
        f"the first run may find cached programs: {why}",
        f"device perf not available: {why}",
        f"memory not available: {why}",
    ]


def test_a_module_may_opt_out_and_a_mock_has_no_performance() -> None:
    notes = [
        measured([GOOD], "device_perf", device=Device(), computes=True, opted_out=True)[1].notes,
        measured([GOOD], "device_perf", device=Device())[1].notes,
    ]
    assert notes == [
        ["device perf not available: the module opts out of it"],
        ["device perf not available: a mock board runs nothing"],
    ]


def test_a_program_takes_as_long_as_its_slowest_chip(ttnn: SimpleNamespace) -> None:
    ttnn.by_chip = {0: [program(1, 10.0), program(2, 5.0)], 1: [program(1, 30.0), program(2, 1.0)]}
    name = "device_DEVICE KERNEL DURATION [ns]"
    _, measurements = measured([GOOD], "device_perf", device=Device(), computes=True)
    assert measurements.metrics == {name: 35.0, "device_CORE COUNT": 16.0}
    _, measurements = measured([TIMED, TIMED], "perf_with_cache", "device_perf", device=Device(), computes=True)
    assert (measurements.metrics[f"{name}_uncached"], measurements.metrics[f"{name}_cached"]) == (35.0, 35.0)


def test_a_profile_that_cannot_be_read_fails_nothing(ttnn: SimpleNamespace) -> None:
    ttnn.error = RuntimeError("Invalid packet type out of DeviceProfiler::readRiscProfilerResults")
    answer, measurements = measured([GOOD], "device_perf", device=Device(), computes=True)
    assert answer == GOOD
    assert measurements.suspicion == str(ttnn.error), "where the vector failed, the board is suspect"
    ttnn.error = RuntimeError("built without a profiler")
    _, measurements = measured([GOOD], "device_perf", device=Device(), computes=True)
    assert (measurements.suspicion, measurements.notes) == ("", [f"device perf not available: {ttnn.error}"])
    ttnn.error = None
    _, measurements = measured([GOOD], "device_perf", device=Device(), computes=True)
    assert measurements.notes == ["device perf not available: the profiler recorded no program"]
