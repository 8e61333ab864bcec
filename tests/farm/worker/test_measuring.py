"""Measuring a vector, where what is measured can't be had."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from farm.core.verdicts import Reason, Verdict

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.measuring import Measurements, measure

GOOD = (True, "")


class Device:
    """An open board."""


@pytest.fixture
def profiler(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A ttnn whose profiler raises what its `error` says."""
    state = SimpleNamespace(error=None)
    double = ModuleType("ttnn")

    def read(_device: Any) -> None:
        if state.error is not None:
            raise state.error

    double.synchronize_device = lambda _device: None  # type: ignore[attr-defined]
    double.ReadDeviceProfiler = read  # type: ignore[attr-defined]
    double.get_latest_programs_perf_data = dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ttnn", double)
    return state


def measured(device: Any, *, computes: bool = True, opted_out: bool = False) -> Measurements:
    measurements = Measurements()
    modes = ("perf_with_cache", "device_perf", "memory") if device is None else ("device_perf",)
    assert measure(lambda: GOOD, device, modes, measurements, computes=computes, opted_out=lambda: opted_out) == GOOD
    return measurements


def test_a_module_that_opens_the_board_itself_is_measured_as_far_as_possible() -> None:
    measurements = measured(None)
    assert set(measurements.metrics) == {"e2e_perf_cached_ms", "e2e_perf_uncached_ms"}
    missing = "not available: the module opens the board in run()"
    assert measurements.details == {"device_perf": missing, "memory": missing}
    assert measurements.complaint is None


def test_a_module_may_opt_out_and_a_mock_has_no_performance() -> None:
    assert measured(Device(), opted_out=True).details == {"device_perf": "not available: the module opts out of it"}
    assert measured(Device(), computes=False).details == {"device_perf": "not available: a mock board runs nothing"}


def test_a_profile_that_cannot_be_read_is_held_against_the_board(profiler: SimpleNamespace) -> None:
    profiler.error = RuntimeError("Invalid packet type out of DeviceProfiler::readRiscProfilerResults")
    measurements = measured(Device())
    assert measurements.suspicion == str(profiler.error)
    assert measurements.complaint is not None
    assert measurements.complaint[:2] == (Verdict.FAIL_UNSUPPORTED_DEVICE_PERF, Reason.NONE), "of one that passed"
    profiler.error = RuntimeError("built without a profiler")
    assert measured(Device()).suspicion == ""
